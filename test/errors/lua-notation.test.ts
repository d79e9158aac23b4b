import { describe, expect, it } from "vitest";
import { luaBlock, luaText } from "../../src/errors/lua-notation.js";

describe("luaText", () => {
  it.each([
    [{ services: [{ port: "bad", host: "required field missing" }] }, '{services={{host="required field missing",port="bad"}}}'],
    [{ services: [null, "taken"] }, '{services={[2]="taken"}}'],
    [{ plugins: ["a", null, "c"] }, '{plugins={"a",[3]="c"}}'],
    [{ error: 'say "hi" \\' }, '{error="say \\"hi\\" \\\\"}'],
    [{ text: "two\nlines" }, "{text=[[two\nlines]]}"],
    [{ "my-key": 1, end: true, ok: false }, '{["end"]=true,["my-key"]=1,ok=false}'],
    [{ 1: "one", 3: "three", name: "x" }, '{"one",name="x",[3]="three"}'],
    [{}, "{}"],
    [{ id: null }, '{id="userdata: NULL"}'],
  ])("prints %j", (value, text) => {
    expect(luaText(value)).toBe(text);
  });

  it("prints null as asked", () => {
    expect(luaText({ consumer: null, name: "x" }, { nullText: "null" })).toBe('{consumer=null,name="x"}');
  });
});

describe("luaBlock", () => {
  it("indents by two spaces a level", () => {
    expect(luaBlock({ b: { c: "x" }, a: ["y"] })).toBe('{\n  a = {\n    "y"\n  },\n  b = {\n    c = "x"\n  }\n}');
  });
});
