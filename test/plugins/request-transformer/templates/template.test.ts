import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileTemplate, type Environment } from "../../../../src/plugins/request-transformer/templates/template.js";
import { fromHost, TemplateError } from "../../../../src/plugins/request-transformer/templates/values.js";

const values: Readonly<Record<string, unknown>> = {
  headers: { apikey: "k1", host: "client.test" },
  query_params: { q: "ä", n: "7", flag: true, list: ["1", "2"] },
};
const environment: Environment = { lookUp: (name) => fromHost(Object.hasOwn(values, name) ? values[name] : undefined) };

/** What an expression gives. */
function evaluate(code: string): string {
  return compileTemplate(`$(${code})`).render(environment);
}

/** The body of a function. */
function run(code: string): string {
  return evaluate(`(function() ${code} end)()`);
}

describe("expressions", () => {
  it.each([
    ["1 + 2 * 3 ^ 2", "19"],
    ["-2 ^ 2", "-4"],
    ["7 % -3", "-2"],
    ["1 / 3", "0.33333333333333"],
    ["2 ^ 53", "9.007199254741e+15"],
    ["0x10 + '0x10' + ' 1e1 '", "42"],
    ["1e15", "1e+15"],
    ["1 / 0", "inf"],
    ["'a' .. 1 .. 'b'", "a1b"],
    ["'10' == 10", ""],
    ["1 < 2 and 'b' > 'a' and 2 >= 2 and 1 ~= 2", "true"],
    ["not nil", "true"],
    ["nil and 1 or 'else'", "else"],
    ["false or nil", ""],
    ["#'abc' + #query_params.q", "5"],
    ["({ 'a', 'b', x = 'c', ['y z'] = 'd' })[2]", "b"],
    ["({ x = 'c', ['y z'] = 'd' })['y z']", "d"],
    ["#{ 1, 2, nil, 4 }", "2"],
    ["[[long 'text']]", "long 'text'"],
    ["'\\65\\n' == 'A\\10'", "true"],
    ["tostring(nil) .. tostring(true) .. tostring(1.5)", "niltrue1.5"],
    ["tonumber('ff', 16) + tonumber('1e1')", "265"],
    ["tonumber('x')", ""],
    ["type(headers) .. type(type) .. type(1) .. type(nil) .. type('')", "tablefunctionnumbernilstring"],
    ["math.floor(1.7) + math.max(1, 5, 3) + math.abs(-1)", "7"],
    ["query_params.flag", "true"],
    ["headers.apikey == headers['apikey']", "true"],
  ])("%s", (code, expected) => {
    expect(evaluate(code)).toBe(expected);
  });
});

describe("the string library", () => {
  it.each([
    ["('hello'):sub(2, -2)", "ell"],
    ["('hello'):sub(-3)", "llo"],
    ["('hello'):sub(0)", "hello"],
    ["('hello'):sub(4, 2)", ""],
    ["('Hello'):upper() .. ('Hello'):lower() .. ('ab'):reverse() .. ('ab'):rep(2)", "HELLOhellobaabab"],
    ["string.len('abc') .. string.byte('A') .. string.char(66, 67)", "365BC"],
    ["('a.b'):find('.', 1, true)", "2"],
    ["('a.b'):find('%.')", "2"],
    ["('key=value'):match('(%w+)=(%w+)')", "key"],
    ["('2024-01-02'):gsub('(%d+)-(%d+)-(%d+)', '%3/%2/%1')", "02/01/2024"],
    ["('abc'):gsub('%w', '%0%0')", "aabbcc"],
    ["('abc'):gsub('', '-')", "-a-b-c-"],
    ["('hello world'):gsub('o', { o = '0' }, 1)", "hell0 world"],
    ["('abc'):gsub('b', function(c) return c:upper() end)", "aBc"],
    ["('THE (quick) fox'):match('%b()')", "(quick)"],
    ["('THE (quick) fox'):gsub('%f[%a]%a+', 'w')", "w (w) w"],
    ["('  trim  '):match('^%s*(.-)%s*$')", "trim"],
    ["('abab'):match('^(ab)%1$')", "ab"],
    ["('abc'):match('()b()')", "2"],
    ["('[x]'):match('[]]')", "]"],
    ["('a-b'):gsub('[^%w]', '')", "ab"],
    ["('x'):format()", "x"],
    ["('%5.2f|%-4s|%04d|%x|%%|%q'):format(3.14159, 'ab', 42, 255, 'a\"b')", ' 3.14|ab  |0042|ff|%|"a\\"b"'],
    ["('%g %e %s'):format(1e20, 12345.678, nil)", "1e+20 1.234568e+04 nil"],
  ])("%s", (code, expected) => {
    expect(evaluate(code)).toBe(expected);
  });
});

describe("functions", () => {
  it.each([
    ["local a, b = 1 return a == 1 and b == nil", "true"],
    ["local a, b = ('x=y'):match('(.)=(.)') return b .. a", "yx"],
    ["local s = 0 for i = 1, 10, 3 do s = s + i end return s", "22"],
    ["local s = '' for i = 3, 1, -1 do s = s .. i end return s", "321"],
    ["local s = '' for i, v in ipairs(query_params.list) do s = s .. i .. v end return s", "1122"],
    ["local n = 0 for k, v in pairs({ a = 1, b = 2, 3 }) do n = n + v end return n", "6"],
    ["local s = '' for w in ('a b c'):gmatch('%a') do if w == 'c' then break end s = s .. w end return s", "ab"],
    ["local i = 0 while true do i = i + 1 if i == 3 then return i end end", "3"],
    ["local i = 0 repeat local done = i == 2 i = i + 1 until done return i", "3"],
    ["local function fact(n) if n == 0 then return 1 else return n * fact(n - 1) end end return fact(5)", "120"],
    [
      "local t = {} table.insert(t, 'b') table.insert(t, 1, 'a') t[#t + 1] = 'c' return table.concat(t, ',') .. table.remove(t)",
      "a,b,cc",
    ],
    ["local x = 1 do local x = 2 end return x", "1"],
    ["local f = {} for i = 1, 2 do f[i] = function() return i end end return f[1]() .. f[2]()", "12"],
    ["local x = 0 local function add() x = x + 1 end add() add() return x", "2"],
    ["if false then return 1 elseif nil then return 2 else return 3 end", "3"],
    ["return", ""],
  ])("%s", (code, expected) => {
    expect(run(code)).toBe(expected);
  });
});

describe("refusals", () => {
  it.each([
    ["a b", "expected"],
    ["x = 1", "expected"],
    ["(function() x = 1 end)()", "cannot assign to 'x'"],
    ["(function() function f() end end)()", "cannot assign to 'f'"],
    ["(function() goto done ::done:: end)()", "not supported"],
    ["(function(...) return ... end)()", "'...' is not supported"],
    ["...", "'...' is not supported"],
    ["(function() break end)()", "break"],
    ["1, 2", "expected"],
    ["", "expected"],
  ])("at load: %s", (code, reason) => {
    expect(() => compileTemplate(`$(${code})`)).toThrow(TemplateError);
    expect(() => compileTemplate(`$(${code})`)).toThrow(reason);
  });

  it.each([
    ["nothing.x", "attempt to index a nil value"],
    ["nothing()", "attempt to call 'nothing' (a nil value)"],
    ["headers.apikey:nothing()", "attempt to call method 'nothing' (a nil value)"],
    ["1 + {}", "attempt to perform arithmetic on a table value"],
    ["'a' .. nil", "attempt to concatenate a nil value"],
    ["1 < 'a'", "attempt to compare number with string"],
    ["#nil", "attempt to get length of a nil value"],
    ["('x'):rep()", "bad argument #2 to 'rep' (number expected, got no value)"],
    ["('x'):match('[a')", "malformed pattern"],
    ["('x'):match(string.char(40) .. 'x')", "unfinished capture"],
    ["('x'):format('%y')", ""],
    ["os.time()", "attempt to index a nil value"],
    ["require('os')", "attempt to call 'require'"],
    ["(function() headers.x = 1 end)()", "this environment is read-only"],
    ["(function() string.sub = nil end)()", "this environment is read-only"],
    ["(function() for i = 1, 'x' do end end)()", "'for' limit must be a number"],
  ])("at run time: %s", (code, reason) => {
    const render = () => evaluate(code);
    if (reason === "") expect(render()).toBe("x");
    else {
      expect(render).toThrow(TemplateError);
      expect(render).toThrow(reason);
    }
  });

  it("reaches nothing of JavaScript's", () => {
    const names = ["constructor", "__proto__", "prototype", "toString", "hasOwnProperty", "length"];
    for (const name of names) {
      for (const base of ["headers", "query_params", "query_params.list", "string", "('x')", "({})", "type", "nothing"]) {
        const found = (): string => evaluate(`(${base}).${name}`);
        if (base === "type" || base === "nothing") expect(found).toThrow(TemplateError);
        else expect(found()).toBe("");
      }
      expect(evaluate(name)).toBe("");
    }
  });
});

describe("any template", () => {
  const leaf = fc.oneof(
    fc.constantFrom(
      "nil",
      "true",
      "false",
      "headers",
      "query_params",
      "headers.apikey",
      "query_params.list",
      "nothing",
      "string",
      "type",
    ),
    fc.integer({ min: -5, max: 5 }).map(String),
    fc.string({ maxLength: 6 }).map((text) => `'${text.replace(/['\\\n\r()]/g, "")}'`),
  );
  const { expression } = fc.letrec<{ expression: string }>((tie) => ({
    expression: fc.oneof(
      { depthSize: "small" },
      leaf,
      fc
        .tuple(
          tie("expression"),
          fc.constantFrom("+", "-", "*", "/", "%", "^", "..", "==", "~=", "<", "<=", "and", "or"),
          tie("expression"),
        )
        .map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
      fc.tuple(fc.constantFrom("-", "not ", "#"), tie("expression")).map(([operator, value]) => `${operator}(${value})`),
      fc
        .tuple(
          tie("expression"),
          fc.constantFrom("sub", "gsub", "match", "find", "format", "rep", "upper", "constructor"),
          tie("expression"),
        )
        .map(([value, method, argument]) => `(${value}):${method}(${argument}, '%1', 2)`),
      fc.tuple(tie("expression"), tie("expression")).map(([value, key]) => `(${value})[${key}]`),
      fc.tuple(tie("expression"), tie("expression")).map(([key, value]) => `{ ${value}, [${key}] = ${value} }`),
      fc
        .tuple(tie("expression"), tie("expression"))
        .map(
          ([first, second]) => `(function(a) local b = a for i = 1, 3 do b = ${second} end if b then return b end end)(${first})`,
        ),
    ),
  }));

  it("of Lua gives a text or its own error, and changes nothing", () => {
    const before = JSON.stringify(values);
    fc.assert(
      fc.property(expression, (code) => {
        try {
          expect(typeof evaluate(code)).toBe("string");
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateError);
        }
      }),
      { numRuns: 500 },
    );
    expect(JSON.stringify(values)).toBe(before);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it("of any text compiles to what renders, or is refused by its own error", () => {
    const text = fc.oneof(
      fc.string(),
      fc.string().map((code) => `$(${code})`),
      fc
        .array(fc.constantFrom("$(", ")", "(", "'", "function() ", " end", "return ", "x", "..", "[", "]", "{", "}", "1", "="))
        .map((pieces) => pieces.join("")),
    );
    fc.assert(
      fc.property(text, (source) => {
        try {
          compileTemplate(source).render(environment);
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("without an expression is itself", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (source) => {
        fc.pre(!source.includes("$("));
        expect(Buffer.from(compileTemplate(source).render(environment), "latin1").toString("utf8")).toBe(source);
      }),
    );
  });

  it.each([
    "(".repeat(50_000),
    "$(".repeat(100_000),
    `$(${"(".repeat(20_000)}1${")".repeat(20_000)})`,
    `$(${"1+".repeat(50_000)}1)`,
    `$(${"-".repeat(9_999)}1)`,
  ])("of great depth gives a text or its own error", (source) => {
    try {
      expect(typeof compileTemplate(source).render(environment)).toBe("string");
    } catch (error) {
      expect(error).toBeInstanceOf(TemplateError);
    }
  });
});

describe("Lua patterns", () => {
  /** The same pattern for JavaScript, where both mean the same. */
  const item = fc.constantFrom(
    ["a", "a"],
    ["b", "b"],
    [".", "[^]"],
    ["%d", "[0-9]"],
    ["%a", "[A-Za-z]"],
    ["[ab]", "[ab]"],
    ["[^a-c]", "[^a-c]"],
    ["%W", "[^0-9A-Za-z]"],
    ["%.", "\\."],
  );
  const repeated = fc.tuple(item, fc.constantFrom(["", ""], ["*", "*"], ["+", "+"], ["-", "*?"], ["?", "?"]));

  it("match as regular expressions do where both say the same", () => {
    fc.assert(
      fc.property(
        fc.array(repeated, { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        fc.boolean(),
        fc.string({ unit: fc.constantFrom("a", "b", "c", "1", ".", " "), maxLength: 12 }),
        (pieces, first, last, text) => {
          const lua = pieces.map(([[luaItem], [luaSign]]) => luaItem + luaSign).join("");
          const js = pieces.map(([[, jsItem], [, jsSign]]) => jsItem + jsSign).join("");
          const match = new RegExp(`${first ? "^" : ""}(${js})${last ? "$" : ""}`).exec(text);
          const found = evaluate(`('${text}'):match('${first ? "^" : ""}(${lua})${last ? "$" : ""}') or 'nothing'`);
          expect(found).toBe(match === null ? "nothing" : match[1]);
        },
      ),
      { numRuns: 500 },
    );
  });
});
