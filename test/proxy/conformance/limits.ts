/** Where a transport knowingly differs, because of what it is built on. */
export interface TransportLimits {
  /** Takes an interim 100 without a request that expects it for a malformed response. undici does, on purpose. */
  readonly refusesContinue?: boolean;
}
