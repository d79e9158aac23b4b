import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHttpDate } from "../../src/util/http-date.js";

const MOMENT = Date.UTC(1994, 10, 6, 8, 49, 37);

describe("parseHttpDate", () => {
  it.each(["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])("reads %j", (text) => {
    expect(parseHttpDate(text)).toBe(MOMENT);
  });

  it("reads every date that it is given in the usual form", () => {
    const dates = fc.date({ min: new Date(0), max: new Date(Date.UTC(9999, 0)), noInvalidDate: true });
    fc.assert(
      fc.property(dates, (date) => {
        expect(parseHttpDate(date.toUTCString())).toBe(Math.floor(date.getTime() / 1000) * 1000);
      }),
    );
  });

  it.each([
    "",
    "soon",
    "784111777",
    "1994-11-06T08:49:37Z",
    "Sun, 06 Nov 1994",
    "Sun, 31 Apr 1994 08:49:37 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT",
    "Sun, 06 Foo 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:00:00 GMT",
    "Sun, 06 Nov 1994 08:60:00 GMT",
  ])("does not read %j", (text) => {
    expect(parseHttpDate(text)).toBeUndefined();
  });

  it("answers every text", () => {
    fc.assert(fc.property(fc.string(), (text) => void parseHttpDate(text)));
  });
});
