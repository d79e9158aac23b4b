/** What {@link pluginSkeleton} writes. */
export interface PluginSkeletonOptions {
  /** JavaScript in place of TypeScript. */
  readonly js: boolean;
  /** The version of the library that the plugin is made for. */
  readonly postern: string;
}

/** The files of a new plugin by name: they work as they are, and every line is there to be changed. */
export function pluginSkeleton(name: string, { js, postern }: PluginSkeletonOptions): Readonly<Record<string, string>> {
  const extension = js ? "js" : "ts";
  return {
    [`schema.${extension}`]: schema,
    [`index.${extension}`]: handler(name),
    [`index.test.${extension}`]: test,
    "README.md": readme(name, extension),
    "package.json": `${JSON.stringify(packageOf(name, { js, postern }), null, 2)}\n`,
    ...(js ? {} : { "tsconfig.json": `${JSON.stringify(tsconfig, null, 2)}\n` }),
  };
}

const schema = `import { str } from "postern";

/** What the plugin can be told. From here come the checks of documents, their error messages, and the type of \`config\`. */
export const schema = {
  header_name: str({ required: true, default: "X-Hello", description: "The header that the upstream and the client get." }),
  greeting: str({ required: true, default: "hello", description: "Its value." }),
};
`;

const handler = (name: string): string => `import { definePlugin } from "postern";
import { schema } from "./schema.js";

/** Greets the upstream and the client. */
export default definePlugin({
  name: "${name}",
  version: "0.1.0",
  // Plugins with a higher priority run first: authentication is above 1000, what changes requests below.
  priority: 500,
  config: schema,

  // Before the upstream is asked. To answer in its place: return pdk.response.exit(403, { message: "not today" });
  access(pdk, config) {
    pdk.service.request.setHeader(config.header_name, config.greeting);
  },

  // When the head of the answer is about to be sent.
  headerFilter(pdk, config) {
    pdk.response.setHeader(config.header_name, config.greeting);
  },
});
`;

const test = `import { runPlugin } from "postern/testing";
import { expect, it } from "vitest";
import plugin from "./index.js";

it("greets the upstream and the client", async () => {
  const { status, headers, upstream } = await runPlugin(plugin, { config: { greeting: "good day" } });
  expect(status).toBe(200);
  expect(upstream?.headers["x-hello"]).toBe("good day");
  expect(headers["x-hello"]).toBe("good day");
});

it("has a greeting of its own", async () => {
  const { upstream } = await runPlugin(plugin, { config: { header_name: "X-Greeting" } });
  expect(upstream?.headers["x-greeting"]).toBe("hello");
});

it("refuses an empty greeting", async () => {
  await expect(runPlugin(plugin, { config: { greeting: "" } })).rejects.toThrow("length must be at least 1");
});
`;

const readme = (name: string, extension: string): string => `# ${name}

Greets the upstream and the client.

## Config

| field         | type   | default   | meaning                                     |
| ------------- | ------ | --------- | ------------------------------------------- |
| \`header_name\` | string | \`X-Hello\` | the header that the upstream and client get |
| \`greeting\`    | string | \`hello\`   | its value                                   |

## Use

\`\`\`js
import { createGateway } from "postern";
import plugin from "./${name}/index.js";

const gateway = createGateway({ plugins: [plugin], declarativeConfig: "./gateway.yml" });
\`\`\`

\`\`\`yaml
# gateway.yml
_format_version: "3.0"
plugins:
  - name: ${name}
    config:
      greeting: good day
\`\`\`

The option \`plugins\` takes the path of a file as well; with \`watch: true\` the file is loaded again whenever it changes${
  extension === "ts" ? ". Run it with tsx, or compile it first" : ""
}.

## Develop

\`\`\`sh
npm install
npm test
\`\`\`
`;

function packageOf(name: string, { js, postern }: PluginSkeletonOptions): object {
  return {
    name: `postern-plugin-${name}`,
    version: "0.1.0",
    private: true,
    type: "module",
    exports: js ? "./index.js" : "./index.ts",
    scripts: { test: "vitest run", ...(js ? {} : { types: "tsc" }) },
    peerDependencies: { postern: `^${postern}` },
    devDependencies: { ...(js ? {} : { "@types/node": "*", typescript: "^5.9.0" }), vitest: "^4.0.0" },
  };
}

const tsconfig = {
  compilerOptions: { target: "ES2023", module: "NodeNext", strict: true, skipLibCheck: true, noEmit: true },
};
