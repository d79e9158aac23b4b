/**
 * What upstreams are told about the caller, in any spelling that one of them could take for it: many read `X_Consumer_ID` as
 * `X-Consumer-ID`.
 */
const aboutCaller = /^x[-_](?:consumer|credential|authenticated)[-_]|^x[-_]anonymous[-_]consumer$/;

/**
 * True for the name of a header that tells an upstream who is calling.
 *
 * @param lower - in lower case
 */
export function saysWhoCalls(lower: string): boolean {
  return lower.charCodeAt(0) === 120 && aboutCaller.test(lower);
}
