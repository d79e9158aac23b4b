import { randomBytes } from "node:crypto";

type Change = readonly [name: string, value: string];

/** What is to be done to the parts of a form, step by step. */
export interface PartChanges {
  readonly rename?: readonly Change[];
  readonly remove?: readonly string[];
  readonly replace?: readonly Change[];
  readonly add?: readonly Change[];
}

interface Part {
  readonly name: string | undefined;
  /** Header lines and content, as they came. */
  readonly bytes: Buffer;
  readonly content: Buffer;
}

/** A changed body, and the type that goes with it. */
export interface ChangedForm {
  readonly body: Buffer;
  readonly contentType: string;
}

const boundaryParameter = /;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i;

/**
 * Changes the parts of a multipart form. Parts that are not touched stay as they are, byte for byte; new ones are plain fields.
 *
 * @returns `undefined` for a body that is no multipart form
 */
export function changeMultipart(body: Buffer, contentType: string, changes: PartChanges): ChangedForm | undefined {
  const [, quoted, bare] = boundaryParameter.exec(contentType) ?? [];
  const boundary = quoted ?? bare;
  const before = boundary === undefined ? undefined : partsOf(body, boundary);
  if (boundary === undefined || before === undefined) return undefined;

  const parts = changeParts(before, changes);
  const fresh = parts.filter((part) => !before.includes(part));
  // A new value that holds the boundary would end its part and begin others.
  if (!fresh.some(({ content }) => content.includes(`--${boundary}`))) return { body: encode(parts, boundary), contentType };
  const other = `----------------------------${randomBytes(16).toString("hex")}`;
  return { body: encode(parts, other), contentType: contentType.replace(boundaryParameter, `; boundary=${other}`) };
}

function changeParts(
  before: readonly Part[],
  { rename = [], remove = [], replace = [], add = [] }: PartChanges,
): readonly Part[] {
  let parts = before;
  const find = (name: string): Part | undefined => parts.find((part) => part.name === name);
  const without = (name: string): readonly Part[] => parts.filter((part) => part.name !== name);
  // Kong renames before it removes here.
  for (const [from, to] of rename) {
    const part = find(from);
    if (part !== undefined && from !== to) parts = [...without(from), field(to, part.content)];
  }
  for (const name of remove) parts = without(name);
  for (const [name, value] of replace) if (find(name) !== undefined) parts = [...without(name), field(name, Buffer.from(value))];
  for (const [name, value] of add) if (find(name) === undefined) parts = [...parts, field(name, Buffer.from(value))];
  return parts;
}

/** The parts between the delimiters (RFC 2046 section 5.1.1). */
function partsOf(body: Buffer, boundary: string): Part[] | undefined {
  const parts: Part[] = [];
  if (body.length === 0) return parts;
  // The first delimiter has no line end before it when the body begins with it.
  const bytes = Buffer.concat([Buffer.from("\r\n"), body]);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  let found = nextDelimiter(bytes, delimiter, 0);
  while (found !== undefined && !found.last) {
    const next = nextDelimiter(bytes, delimiter, found.end - 2);
    if (next === undefined) return undefined;
    parts.push(partOf(bytes.subarray(found.end, Math.max(next.start, found.end))));
    found = next;
  }
  return found === undefined ? undefined : parts;
}

interface Delimiter {
  readonly start: number;
  /** Behind its line end. */
  readonly end: number;
  readonly last: boolean;
}

function nextDelimiter(bytes: Buffer, delimiter: Buffer, from: number): Delimiter | undefined {
  for (let start = bytes.indexOf(delimiter, from); start !== -1; start = bytes.indexOf(delimiter, start + 2)) {
    let end = start + delimiter.length;
    if (bytes.toString("latin1", end, end + 2) === "--") return { start, end: end + 2, last: true };
    while (bytes[end] === 0x20 || bytes[end] === 0x09) end += 1;
    if (bytes.toString("latin1", end, end + 2) === "\r\n") return { start, end: end + 2, last: false };
  }
  return undefined;
}

function partOf(bytes: Buffer): Part {
  const noHead = bytes.toString("latin1", 0, 2) === "\r\n";
  const headEnd = noHead ? 0 : bytes.indexOf("\r\n\r\n");
  const head = bytes.toString("utf8", 0, Math.max(headEnd, 0));
  const disposition = /^content-disposition:(.*)$/im.exec(head)?.[1] ?? "";
  const [, quoted, bare] = /;\s*name=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i.exec(disposition) ?? [];
  const content = headEnd === -1 ? bytes.subarray(bytes.length) : bytes.subarray(headEnd + (noHead ? 2 : 4));
  return { name: quoted?.replace(/\\(.)/g, "$1") ?? bare, bytes, content };
}

function field(name: string, content: Buffer): Part {
  // How browsers write such names (HTML, "multipart form data").
  const escaped = name.replace(/["\r\n]/g, encodeURIComponent);
  return {
    name,
    content,
    bytes: Buffer.concat([Buffer.from(`Content-Disposition: form-data; name="${escaped}"\r\n\r\n`), content]),
  };
}

function encode(parts: readonly Part[], boundary: string): Buffer {
  const pieces = parts.flatMap(({ bytes }) => [Buffer.from(`--${boundary}\r\n`), bytes, Buffer.from("\r\n")]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}
