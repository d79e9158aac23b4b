import { createGateway, DeclarativeConfigError, definePlugin } from "postern";
import { describe, expect, it } from "vitest";

const documentWith = (name: string) => ({ _format_version: "3.0", plugins: [{ name, config: {} }] });

function refusalOf(name: string, plugins: readonly string[] = ["bundled"]): DeclarativeConfigError {
  try {
    createGateway({ plugins, declarativeConfig: documentWith(name) });
  } catch (error) {
    if (error instanceof DeclarativeConfigError) return error;
  }
  throw new Error(`'${name}' was not refused`);
}

describe("a plugin that is not there", () => {
  it.each(["pre-function", "post-function"])("%s: the message says what to do with its Lua code", (name) => {
    const message =
      `plugin '${name}' not enabled; it holds Lua code, which is not run here: ` +
      "write it as a plugin of your own, with definePlugin";
    const error = refusalOf(name);
    expect(error.message).toContain(message);
    expect(error.fields).toEqual({ plugins: [{ name: message }] });
    expect(error.issues[0]?.hint).toBeUndefined();
  });

  it("may be there as somebody's own", () => {
    const own = definePlugin({ name: "pre-function", version: "1.0.0", priority: 1_000_000, config: {} });
    expect(createGateway({ plugins: [own], declarativeConfig: documentWith("pre-function") }).config.counts).toEqual({
      plugins: 1,
    });
  });

  it("is told from a slip of the pen", () => {
    const error = refusalOf("zipkin");
    expect(error.fields).toEqual({
      plugins: [{ name: "plugin 'zipkin' not enabled; add it to the 'plugins' configuration property" }],
    });
    expect(error.issues[0]?.hint).toBe("'zipkin' is not part of this library yet");
    expect(refusalOf("key-atuh").issues[0]?.hint).toBe("did you mean 'key-auth'?");
  });

  it("is not called missing when it is only switched off", () => {
    for (const name of createGateway().plugins.names()) {
      expect(refusalOf(name, ["off"]).issues[0]?.hint ?? "").not.toContain("not part of this library");
    }
  });
});
