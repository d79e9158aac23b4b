// Documents of format 1.1 and 2.1 come from a time when a path was taken for a regular expression if it looked like one. Since
// format 3.0 a regular expression starts with "~".

const plainPath = /^[a-zA-Z0-9.\-_~/%]*$/;
const triplet = /%([0-9a-fA-F]{2})/g;
const reserved = new Set("!#$%&'()*+,/:;=?@[]");
const needsEscape = new Set(".^-{}\\|");

/** Rewrites the paths of one route of an old document. What is no list of paths stays as it is. */
export function migratePaths(paths: unknown): unknown {
  if (!Array.isArray(paths)) return paths;
  return paths.map((path: unknown) => (typeof path === "string" ? migratePath(path) : path));
}

/** The same path in the notation of format 3.0. */
export function migratePath(path: string): string {
  return plainPath.test(path) ? normalize(path) : `~${decodeRegex(path)}`;
}

function decodeRegex(path: string): string {
  return decode(path, (char) => (needsEscape.has(char) ? `\\${char}` : char));
}

function normalize(path: string): string {
  const decoded = decode(path, (char) => char);
  const rooted = decoded.startsWith("/");
  const kept: string[] = [];
  const segments = decoded.split("/");
  for (const segment of segments) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  const last = segments.at(-1);
  const folder = kept.length > 0 && (last === "" || last === "." || last === "..");
  return `${rooted ? "/" : ""}${kept.join("/")}${folder ? "/" : ""}`;
}

/**
 * Decodes triplets byte by byte, since one character beyond ASCII takes several of them; reserved characters keep theirs in upper
 * case.
 */
function decode(path: string, show: (char: string) => string): string {
  return path.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => {
    let text = "";
    let pending: number[] = [];
    const flush = (): void => {
      text += Buffer.from(pending).toString("utf8");
      pending = [];
    };
    for (const [whole, hex] of run.matchAll(triplet)) {
      const code = Number.parseInt(hex as string, 16);
      const char = String.fromCharCode(code);
      if (code >= 0x80) {
        pending.push(code);
        continue;
      }
      flush();
      text += reserved.has(char) ? whole.toUpperCase() : show(char);
    }
    flush();
    return text;
  });
}
