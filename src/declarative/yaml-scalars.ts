import type { ScalarTag } from "yaml";

// Kong's reader is close to YAML 1.1, unlike the `yaml` package's own 1.1 schema in `y` and `n` (text here), dates (text), and
// decimal numbers with leading zeros. The first tag whose `test` matches an unquoted scalar decides.

const octal = /^[-+]?0[0-7_]+$/;
const decimal = /^[-+]?[0-9][0-9_]*$/;
const hexadecimal = /^[-+]?0x[0-9a-fA-F_]+$/;
const binary = /^[-+]?0b[01_]+$/;
const sexagesimal = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const float = /^[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?$/;

function signed(text: string, read: (digits: string) => number): number {
  const digits = text.replaceAll("_", "");
  if (digits[0] === "-") return -read(digits.slice(1));
  return read(digits[0] === "+" ? digits.slice(1) : digits);
}

function base60(digits: string): number {
  return digits.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}

function tag(kind: "null" | "bool" | "int" | "float", test: RegExp, resolve: (text: string) => unknown): ScalarTag {
  return { tag: `tag:yaml.org,2002:${kind}`, default: true, test, resolve };
}

/** How unquoted scalars are read, in order of trial. */
export const scalarTags: ScalarTag[] = [
  tag("null", /^(?:~|null|Null|NULL)?$/, () => null),
  tag("bool", /^(?:true|True|TRUE|yes|Yes|YES|on|On|ON)$/, () => true),
  tag("bool", /^(?:false|False|FALSE|no|No|NO|off|Off|OFF)$/, () => false),
  tag("int", octal, (text) => signed(text, (digits) => Number.parseInt(digits, 8))),
  tag("int", decimal, (text) => signed(text, Number)),
  tag("int", hexadecimal, (text) => signed(text, Number)),
  tag("int", binary, (text) => signed(text, Number)),
  tag("int", sexagesimal, (text) => signed(text, base60)),
  tag("float", float, (text) => signed(text, Number)),
  tag("float", /^[-+]?\.(?:inf|Inf|INF)$/, (text) => (text[0] === "-" ? -Infinity : Infinity)),
  tag("float", /^\.(?:nan|NaN|NAN)$/, () => Number.NaN),
];
