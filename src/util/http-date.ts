const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** `Sun, 06 Nov 1994 08:49:37 GMT`, and with dashes and two digits of the year the older `Sunday, 06-Nov-94 08:49:37 GMT`. */
const standard = /^[A-Za-z]+, *(\d{2})[ -]([A-Za-z]{3})[ -](\d{4}|\d{2}) (\d{2}):(\d{2}):(\d{2})/;
/** `Sun Nov  6 08:49:37 1994` */
const asctime = /^[A-Za-z]+ ([A-Za-z]{3}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})/;

/**
 * Reads a date of HTTP, in any of its three forms (RFC 9110 section 5.6.7). The time is GMT, whatever stands after it: nginx does not
 * look at that either.
 *
 * @returns milliseconds since the epoch, or `undefined` for other text and for days and times that there are not
 */
export function parseHttpDate(text: string): number | undefined {
  const usual = standard.exec(text);
  if (usual !== null) {
    const [, day, month, year = "", hour, minute, second] = usual;
    return timeOf(year.length === 2 ? fullYear(Number(year)) : Number(year), month, day, hour, minute, second);
  }
  const old = asctime.exec(text);
  if (old === null) return undefined;
  const [, month, day, hour, minute, second, year] = old;
  return timeOf(Number(year), month, day, hour, minute, second);
}

/** Two digits are of the years from 1970 to 2069, as nginx has it. */
function fullYear(digits: number): number {
  return digits + (digits < 70 ? 2000 : 1900);
}

function timeOf(year: number, month = "", ...rest: readonly (string | undefined)[]): number | undefined {
  const [day = 0, hour = 0, minute = 0, second = 0] = rest.map(Number);
  const time = Date.UTC(year, months.indexOf(month.toLowerCase()), day, hour, minute, second);
  const date = new Date(time);
  // `Date.UTC` counts on from the 31st of April to the 1st of May.
  const exists = date.getUTCMonth() === months.indexOf(month.toLowerCase()) && date.getUTCDate() === day;
  return exists && hour < 24 && minute < 60 && second < 61 ? time : undefined;
}
