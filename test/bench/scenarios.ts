/** What is asked of every contender. The upstream answers by `kind`, which is part of the path. */
export interface Scenario {
  readonly name: ScenarioName;
  readonly label: string;
  readonly method: "GET" | "POST";
  readonly kind: "small" | "ack" | "large";
  /** Bytes of the request's body. */
  readonly requestBytes: number;
  /** Bytes of the response's body. */
  readonly responseBytes: number;
}

export type ScenarioName = "small" | "post" | "download";

export const scenarios: readonly Scenario[] = [
  { name: "small", label: "small GET", method: "GET", kind: "small", requestBytes: 0, responseBytes: 100 },
  { name: "post", label: "10 KB JSON POST", method: "POST", kind: "ack", requestBytes: 10_240, responseBytes: 100 },
  { name: "download", label: "1 MB download", method: "GET", kind: "large", requestBytes: 0, responseBytes: 1_048_576 },
];

/** API keys that the load uses in turn; a contender with consumers has one consumer for each. */
export const apiKeyCount = 100;

/** A JSON text of exactly `bytes` bytes. */
export function jsonOfLength(bytes: number): string {
  const frame = '{"data":""}';
  return `{"data":"${"x".repeat(Math.max(0, bytes - frame.length))}"}`;
}

/** The path prefix of route `index`. All have one length, so that no contender gets shorter requests than another. */
export function routePath(index: number): string {
  return `/api/${String(index).padStart(5, "0")}`;
}

/** The API key of consumer `index`. */
export function apiKey(index: number): string {
  return `key-${String(index).padStart(3, "0")}`;
}
