import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDocument } from "../../src/declarative/parse.js";
import { DeclarativeConfigError } from "../../src/errors/dao-errors.js";

const read = (text: string): unknown => parseDocument(text).document;
const scalar = (text: string): unknown => (read(`value: ${text}`) as { value: unknown }).value;

function failure(text: string, filename?: string): DeclarativeConfigError {
  try {
    parseDocument(text, filename === undefined ? {} : { filename });
  } catch (error) {
    if (error instanceof DeclarativeConfigError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

describe("unquoted YAML scalars", () => {
  it.each([
    ["", null],
    ["~", null],
    ["NULL", null],
    ["yes", true],
    ["On", true],
    ["OFF", false],
    ["No", false],
    ["y", "y"],
    ["N", "N"],
    ["010", 8],
    ["-010", -8],
    ["08", 8],
    ["1_000", 1000],
    ["+5", 5],
    ["0x1F", 31],
    ["0b1_01", 5],
    ["3.0", 3],
    ["1e3", 1000],
    [".5", 0.5],
    ["-.inf", -Infinity],
    [".NaN", Number.NaN],
    ["1:30", 90],
    ["1:30:15.5", 5415.5],
    ["2024-01-01", "2024-01-01"],
    ["1.2.3", "1.2.3"],
    ["_", "_"],
    ["127.0.0.1:80", "127.0.0.1:80"],
    ["'yes'", "yes"],
    ['"010"', "010"],
    ["!!str 5", "5"],
    ["!!int '7'", 7],
    ["!!bool yes", true],
  ])("reads %s as %s", (text, value) => {
    expect(scalar(text)).toEqual(value);
  });
});

describe("YAML structure", () => {
  it("merges maps: written keys win over merged ones before and after", () => {
    const text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  x: 0\n  <<: [*a, *b]\n  z: 9\n";
    expect(read(text)).toMatchObject({ c: { x: 0, y: 1, z: 9 } });
  });

  it("leaves a quoted merge key alone", () => {
    expect(read('c: {"<<": {x: 1}}')).toEqual({ c: { "<<": { x: 1 } } });
  });

  it("lets the last of duplicate keys win, in JSON too", () => {
    expect(read("a: 1\na: 2\n")).toEqual({ a: 2 });
    expect(read('{"a": 1, "a": 2}')).toEqual({ a: 2 });
  });

  it("copes with a byte order mark and CRLF", () => {
    expect(read("\ufeffa: 1\r\nb:\r\n  - x\r\n")).toEqual({ a: 1, b: ["x"] });
    expect(read('\ufeff{"a": 1}')).toEqual({ a: 1 });
  });

  it("uses the first of several documents and still reads the others", () => {
    expect(read("a: 1\n---\nb: 2\n")).toEqual({ a: 1 });
    expect(failure("a: 1\n---\nb: [\n").message).toContain("failed parsing declarative configuration: ");
  });

  it("allows an anchor to be used as often as a large file needs it", () => {
    const text = `a: &a {x: 1}\nlist:\n${"- *a\n".repeat(5000)}`;
    expect((read(text) as { list: unknown[] }).list).toHaveLength(5000);
  });
});

describe("refused texts", () => {
  it.each(["", "   ", "just text", "5", "null", "# only a comment"])("%j is no object", (text) => {
    expect(failure(text).fields).toEqual({ error: "failed parsing declarative configuration: expected an object" });
  });

  it("says where YAML is broken", () => {
    const error = failure("a: 1\nb: [1, 2\nc: 3\n");
    expect(error.message).toMatch(/^declarative config is invalid: \{error="failed parsing declarative configuration: \d+:\d+: /);
    expect(error.issues[0]).toMatchObject({ line: 3 });
  });

  it("goes by the end of the file name when there is one", () => {
    expect(failure("a: 1", "kong.json").fields.error).toMatch(/^failed parsing declarative configuration: /);
    expect(failure("a: 1", "kong.toml").fields.error).toBe("unknown file type: kong.toml. (Accepted types: json, yaml)");
    expect(parseDocument("a: 1", { filename: "kong.yml" }).document).toEqual({ a: 1 });
    expect(parseDocument('{"a": 1}', { filename: "kong.yaml" }).document).toEqual({ a: 1 });
  });

  it("stops alias bombs early", () => {
    const levels = Array.from({ length: 12 }, (_, n) => `l${n}: &l${n} [${`*l${n - 1}, `.repeat(n === 0 ? 0 : 9)}x]`);
    expect(failure(levels.join("\n")).fields.error).toContain("too many values come from aliases");
    const merges = `a: &a {${Array.from({ length: 2000 }, (_, n) => `k${n}: 1`).join(", ")}}\nb: {<<: [${"*a, ".repeat(2000)}]}`;
    expect(failure(merges).fields.error).toContain("too many values come from aliases");
  });

  it("refuses values that contain themselves and bottomless nesting", () => {
    expect(failure("a: &a [*a]").fields.error).toContain("anchor contains itself");
    expect(failure(`{"a": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`).fields.error).toContain("nested too deeply");
    expect(failure(`a: ${"[".repeat(50_000)}${"]".repeat(50_000)}x: {`).fields.error).toContain("failed parsing");
    expect(failure(`a: ${"[".repeat(1500)}${"]".repeat(1500)}`).fields.error).toContain("nested too deeply");
  });

  it("never touches a prototype", () => {
    const texts = ['{"__proto__": {"polluted": 1}}', "__proto__: {polluted: 1}", "a: &a {__proto__: {polluted: 1}}\nb: {<<: *a}"];
    for (const text of texts) {
      const document = read(text) as Record<string, Record<string, unknown>>;
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      expect(document.polluted ?? document.b?.polluted).toBeUndefined();
    }
  });
});

describe("places", () => {
  it("finds keys and items in YAML", () => {
    const { locate } = parseDocument("services:\n- name: a\n  routes:\n  - paths: [/x, /y]\n- name: b\n");
    expect(locate(["services", 1, "name"])).toEqual({ line: 5, column: 3 });
    expect(locate(["services", 0, "routes", 0, "paths", 1])).toEqual({ line: 4, column: 17 });
    expect(locate(["services", 1, "host"])).toEqual({ line: 5, column: 3 });
  });

  it("finds the same in JSON", () => {
    const { locate } = parseDocument('{\n  "a": "x\\"]",\n  "services": [\n    {"name": "a,{"}, {\n      "host": 5 } ] }');
    expect(locate(["services", 1, "host"])).toEqual({ line: 5, column: 7 });
    expect(locate(["services", 1, "port"])).toEqual({ line: 4, column: 22 });
    expect(locate(["services"])).toEqual({ line: 3, column: 3 });
    expect(locate([])).toEqual({ line: 1, column: 1 });
  });

  it("finds every path of any JSON text at the value that is there", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.nat(2), (json, indent) => {
        const value = JSON.parse(json) as unknown;
        if (typeof value !== "object" || value === null) return;
        const text = JSON.stringify(value, null, indent);
        const lines = text.split("\n");
        const { locate } = parseDocument(text);
        const visit = (member: unknown, path: (string | number)[]): void => {
          if (typeof member !== "object" || member === null) return;
          for (const key of Object.keys(member)) {
            const part = Array.isArray(member) ? Number(key) : key;
            const child = (member as Record<string, unknown>)[key];
            const place = locate([...path, part]);
            const rest = lines
              .slice((place?.line ?? 0) - 1)
              .join("\n")
              .slice((place?.column ?? 0) - 1);
            const shown = typeof part === "number" ? JSON.stringify(child, null, indent).slice(0, 1) : JSON.stringify(key);
            expect(rest.startsWith(shown)).toBe(true);
            visit(child, [...path, part]);
          }
        };
        visit(value, []);
      }),
    );
  });

  it.each([
    ['{"a": [}', 1, 8],
    ['{\n  "a": 1,\n}', 3, 1],
    ['{"a": 1\n "b": 2}', 2, 2],
    ["[1, 2,]", 1, 7],
    ["{\"a\": 'x'}", 1, 7],
    ["{a: 1}", 1, 2],
    ['{"a" 1}', 1, 6],
    ['{"a": 01}', 1, 7],
    ['{"a": tru}', 1, 7],
    ['{"a": "x\ny"}', 1, 9],
    ['{"a": "\\x"}', 1, 8],
    ['{"a": 1} {', 1, 10],
    ['{"a": [1]', 1, 10],
    ['{"a": "b', 1, 9],
    ["{]", 1, 2],
    ["", 1, 1],
  ])("finds where %j stops being JSON", (text, line, column) => {
    expect(failure(text, "gateway.json").issues).toMatchObject([{ file: "gateway.json", line, column }]);
  });

  it("finds what may not stand in any JSON text, or the word that it is in", () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (json, at) => {
        const offset = at % (json.length + 1);
        const text = `${json.slice(0, offset)}\u0001${json.slice(offset)}`;
        const found = (failure(text, "gateway.json").issues[0]?.column ?? 0) - 1;
        expect(text.slice(found, offset)).toMatch(/^[\w.+\\-]*$/);
        expect(found).toBeLessThanOrEqual(offset);
      }),
    );
  });
});
