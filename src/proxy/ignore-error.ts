/** Listens to an `error` that concerns nobody any more, so that it does not bring the process down. */
export function ignoreError(): void {}
