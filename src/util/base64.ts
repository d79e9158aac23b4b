const plain = /^[A-Za-z0-9+/]*={0,2}$/;
const urlSafe = /^[A-Za-z0-9_+/-]*={0,2}$/;

/** Decodes base64; missing padding does not matter. `undefined` for text that is not base64, of which Node would skip parts. */
export function decodeBase64(text: string): Buffer | undefined {
  return plain.test(text) && hasWholeBytes(text) ? Buffer.from(text, "base64") : undefined;
}

/** As {@link decodeBase64}; takes both alphabets, as Kong does with tokens. */
export function decodeBase64Url(text: string): Buffer | undefined {
  return urlSafe.test(text) && hasWholeBytes(text) ? Buffer.from(text, "base64url") : undefined;
}

/** A single character left over holds six bits: not a byte. */
function hasWholeBytes(text: string): boolean {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return (text.length - padding) % 4 !== 1;
}
