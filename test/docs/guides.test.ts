import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import * as postern from "postern";
import * as adminClient from "postern/admin-client";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import * as testing from "../../src/testing/index.js";

const guides = ["dao", "custom-entities", "testing-plugins", "plugins-from-kong", "admin-client"];
const AsyncFunction = (async () => undefined).constructor as new (...parts: string[]) => (...args: unknown[]) => Promise<void>;

/** The code blocks of a guide, in order. */
function blocksOf(guide: string): string[] {
  const text = readFileSync(new URL(`../../docs/guide/${guide}.md`, import.meta.url), "utf8");
  return [...text.matchAll(/^```[jt]s\n(.*?)^```$/gms)].map(([, code]) => code as string);
}

/** What the comments of a block promise: `// → orders` says that this is printed next. */
function promised(code: string): string[] {
  return [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, text]) => text as string);
}

/** Runs a block as a module of its own and returns what it prints. */
async function printed(code: string): Promise<string[]> {
  const lines: string[] = [];
  const log = (...values: unknown[]): void => {
    lines.push(values.map((value) => (typeof value === "string" ? value : inspect(value))).join(" "));
  };
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023 };
  const { outputText } = ts.transpileModule(code, { compilerOptions });
  const gateways: postern.Gateway[] = [];
  const createGateway = (options?: postern.GatewayOptions): postern.Gateway => {
    const gateway = postern.createGateway(options as object) as postern.Gateway;
    gateways.push(gateway);
    return gateway;
  };
  const modules: Readonly<Record<string, object>> = {
    postern: { ...postern, createGateway },
    "postern/admin-client": adminClient,
    "postern/testing": testing,
  };
  await new AsyncFunction("require", "exports", "console", outputText)((name: string) => modules[name], {}, { log });
  for (const gateway of gateways) await gateway.close();
  return lines;
}

describe.each(guides)("docs/guide/%s.md", (guide) => {
  it.each(blocksOf(guide).map((code, index) => [index + 1, code] as const))(
    "example %i prints what it says",
    async (_number, code) => {
      expect(promised(code).length).toBeGreaterThan(0);
      expect(await printed(code)).toEqual(promised(code));
    },
  );
});
