import type { Arguments } from "./arguments.js";
import { cExponent, generalForm, luaText, TemplateError } from "./values.js";

interface Directive {
  readonly flags: string;
  readonly width: number;
  /** `undefined`: none was given. */
  readonly precision: number | undefined;
}

/** Lua's `string.format`. */
export function formatText(args: Arguments): string {
  let position = 1;
  return args.text(1).replace(/%(?:%|([-+ #0]*)(\d*)(?:\.(\d*))?([A-Za-z]?))/g, (whole, flags, width, precision, conversion) => {
    if (whole === "%%") return "%";
    if (width.length > 2 || (precision ?? "").length > 2) throw new TemplateError("invalid format (width or precision too long)");
    position += 1;
    const directive = { flags, width: Number(width), precision: precision === undefined ? undefined : Number(precision) };
    return convert(args, position, conversion, directive);
  });
}

function convert(args: Arguments, position: number, conversion: string, directive: Directive): string {
  const { flags, precision } = directive;
  switch (conversion) {
    case "c":
      return pad(String.fromCharCode(args.integer(position) & 255), directive);
    case "d":
    case "i":
      return number(args.integer(position), directive, (value) => value.toFixed(0).padStart(precision ?? 0, "0"));
    case "u":
    case "o":
    case "x":
    case "X": {
      const digits = BigInt.asUintN(64, BigInt(args.integer(position))).toString(
        conversion === "o" ? 8 : conversion === "u" ? 10 : 16,
      );
      const prefix = flags.includes("#") && digits !== "0" ? { o: "0", x: "0x", X: "0x", u: "" }[conversion] : "";
      const text = pad(prefix + digits.padStart(precision ?? 0, "0"), directive, true);
      return conversion === "X" ? text.toUpperCase() : text;
    }
    case "e":
    case "E":
    case "f":
    case "g":
    case "G": {
      const text = number(args.number(position), directive, (value) => floating(value, conversion.toLowerCase(), precision ?? 6));
      return conversion === "E" || conversion === "G" ? text.toUpperCase() : text;
    }
    case "q":
      return quoted(args.text(position));
    case "s": {
      const text = luaText(args.any(position));
      return pad(precision === undefined ? text : text.slice(0, precision), directive);
    }
    default:
      throw new TemplateError(`invalid option '%${conversion}' to 'format'`);
  }
}

function floating(value: number, conversion: string, precision: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : "inf";
  if (conversion === "f") return value.toFixed(precision);
  return conversion === "e" ? cExponent(value.toExponential(precision)) : generalForm(value, precision);
}

function number(value: number, directive: Directive, digits: (value: number) => string): string {
  const negative = value < 0 || Object.is(value, -0);
  const sign = negative ? "-" : directive.flags.includes("+") ? "+" : directive.flags.includes(" ") ? " " : "";
  return pad(sign + digits(Math.abs(value)), directive, true);
}

/** @param zeros - the flag `0` has a meaning: zeros go between sign and digits */
function pad(text: string, { flags, width }: Directive, zeros = false): string {
  if (flags.includes("-")) return text.padEnd(width);
  if (!zeros || !flags.includes("0")) return text.padStart(width);
  const [sign = ""] = /^[-+ ]?/.exec(text) ?? [];
  return sign + text.slice(sign.length).padStart(width - sign.length, "0");
}

function quoted(text: string): string {
  const escapes: Readonly<Record<string, string>> = { '"': '\\"', "\\": "\\\\", "\n": "\\\n", "\r": "\\r", "\0": "\\000" };
  return `"${text.replace(/["\\\n\r\0]/g, (char) => escapes[char] as string)}"`;
}
