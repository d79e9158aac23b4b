/** The value of a query or form argument: `true` when it has no `=`, a list when it is repeated. */
export type ArgumentValue = string | true | (string | true)[];

/** Decoded arguments by name. Has no prototype, so that no name can reach one. */
export type Arguments = Record<string, ArgumentValue>;

/** Decodes `+` and percent triplets; a triplet that is not valid UTF-8 stays as it is. */
export function decodeArgument(text: string): string {
  if (!text.includes("%") && !text.includes("+")) return text;
  const spaced = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => {
      try {
        return decodeURIComponent(run);
      } catch {
        return run;
      }
    });
  }
}

/** Walks the raw pieces of a query, decoded. An empty piece (`a&&b`) is passed over. */
export function forEachArgument(query: string, visit: (name: string, value: string | true) => void): void {
  if (query === "") return;
  for (const piece of query.split("&")) {
    if (piece === "") continue;
    const equals = piece.indexOf("=");
    if (equals === -1) visit(decodeArgument(piece), true);
    else visit(decodeArgument(piece.slice(0, equals)), decodeArgument(piece.slice(equals + 1)));
  }
}

/**
 * Parses a query or a form body.
 *
 * @param query - without the `?`
 * @param max - arguments read at most; the rest is left out (Kong's default is 100)
 */
export function parseArguments(query: string, max = 100): Arguments {
  const result: Arguments = Object.create(null);
  let count = 0;
  forEachArgument(query, (name, value) => {
    if (count >= max || name === "") return;
    count += 1;
    const before = result[name];
    if (before === undefined) result[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else result[name] = [before, value];
  });
  return result;
}

/**
 * Removes every argument of that (decoded) name. The others keep their order and are encoded anew, as Kong does it: `+` becomes
 * `%20`, and an argument without `=` gets one.
 */
export function removeArgument(query: string, name: string): string {
  const kept: string[] = [];
  forEachArgument(query, (candidate, value) => {
    if (candidate !== name) kept.push(`${encodeURIComponent(candidate)}=${value === true ? "" : encodeURIComponent(value)}`);
  });
  return kept.join("&");
}

/** Encodes arguments: pieces sorted as text, lists in their order, `true` without `=`. */
export function encodeArguments(
  args: Readonly<Record<string, string | number | boolean | readonly (string | number | boolean)[]>>,
): string {
  const pieces: string[] = [];
  for (const [name, value] of Object.entries(args)) {
    const key = encodeURIComponent(name);
    const values = Array.isArray(value)
      ? (value as readonly (string | number | boolean)[])
      : [value as string | number | boolean];
    const piece = values
      .filter((item) => item !== false)
      .map((item) => (item === true ? key : `${key}=${encodeURIComponent(String(item))}`))
      .join("&");
    if (piece !== "") pieces.push(piece);
  }
  return pieces.sort().join("&");
}
