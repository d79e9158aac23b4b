import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FormEntry, formValues } from "../../src/admin/form.js";
import { forEachArgument } from "../../src/util/query.js";

function read(form: string): unknown {
  const entries: FormEntry[] = [];
  forEachArgument(form, (name, value) => entries.push([name, value]));
  return formValues(entries);
}

describe("names of form fields", () => {
  it.each<[string, unknown]>([
    ["a.b.c=v", { a: { b: { c: "v" } } }],
    ["a[1]=x&a[2]=y", { a: ["x", "y"] }],
    ["a%5B%5D=x&a%5B%5D=y", { a: ["x", "y"] }],
    ["a=x&a=y&a=z", { a: ["x", "y", "z"] }],
    ["a[name]=v&a[other]=w", { a: { name: "v", other: "w" } }],
    ["a[b.c]=v", { a: { "b.c": "v" } }],
    ["a.b[1].c=v&a.b[1].d=w", { a: { b: [{ c: "v", d: "w" }] } }],
    ["a[].b=v", { a: { b: "v" } }],
    [".a=1&b.=2", { ".a": "1", "b.": "2" }],
    ["a[900]=x", { a: ["x"] }],
    ["a[3]=z&a[1]=x", { a: ["x", "z"] }],
    ["a[2]=y&a[]=z&a[1]=x", { a: ["x", "y", "z"] }],
    ["a[1].b=x&a[3].b=z", { a: [{ b: "x" }, { b: "z" }] }],
    // Nothing is lost where a form contradicts itself: the checks refuse such lists.
    ["a=x&a[1]=y", { a: [["x", "y"]] }],
    ["a[1]=x&a[1]=y", { a: [["x", "y"]] }],
    ["a=x&a.b=1", { a: ["x", { b: "1" }] }],
    ["a.b=1&a=x", { a: [{ b: "1" }, "x"] }],
    ["a[b]=1&a[1]=x", { a: [[{ b: "1" }, "x"]] }],
    ["a", { a: true }],
  ])("%s", (form, values) => {
    expect(read(form)).toEqual(values);
  });

  it("that are absurdly long are one name", () => {
    const name = "a.".repeat(1_000_000).slice(0, -1);
    expect(Object.keys(formValues([[name, "v"]]))).toEqual([name]);
  });

  it("never reach a prototype, and never throw", () => {
    const piece = fc.constantFrom("a", "b", ".", "[", "]", "[]", "[1]", "[2]", "__proto__", "constructor", "=");
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.array(piece, { minLength: 1 }).map((pieces) => pieces.join("")),
            fc.string(),
          ),
        ),
        (entries) => {
          const values = formValues(entries);
          expect(Object.getPrototypeOf(values)).toBe(Object.prototype);
          expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain("a");
          JSON.stringify(values);
        },
      ),
    );
  });
});
