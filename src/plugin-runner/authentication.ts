import type { Consumer } from "../entities/consumers.js";
import type { Pdk, PluginEntities } from "../pdk/pdk.js";
import type { Credential } from "../pdk/request-context.js";
import { chain, type MaybePromise } from "../util/maybe-promise.js";

/**
 * Sets who is calling and tells the upstream, as every authentication plugin does (plugin runtime, "result of a success").
 * All five headers are set or removed, so that a client cannot spoof them.
 *
 * @param identifier - what stands in `X-Credential-Identifier`; `null` removes it
 */
export function setConsumer<E extends PluginEntities>(
  pdk: Pdk<E>,
  consumer: Consumer | null,
  credential: Credential | null,
  identifier: string | null,
): void {
  pdk.client.authenticate(consumer, credential);
  setOrClear(pdk, "X-Consumer-ID", consumer?.id ?? null);
  setOrClear(pdk, "X-Consumer-Custom-ID", consumer?.custom_id ?? null);
  setOrClear(pdk, "X-Consumer-Username", consumer?.username ?? null);
  setOrClear(pdk, "X-Credential-Identifier", identifier);
  setOrClear(pdk, "X-Anonymous-Consumer", credential === null ? "true" : null);
}

function setOrClear<E extends PluginEntities>(pdk: Pdk<E>, name: string, value: string | null): void {
  if (value === null) pdk.service.request.clearHeader(name);
  else pdk.service.request.setHeader(name, value);
}

/** Why an authentication plugin did not let the client through. */
export interface AuthenticationFailure {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The flow that authentication plugins share: without `anonymous` each must succeed by itself; with it an earlier success is
 * enough, and a failure falls back to the anonymous consumer.
 *
 * @param anonymous - id or username of a consumer
 * @param authenticate - answers nothing on success, otherwise why not
 */
export function authenticateOrAnonymous<E extends PluginEntities>(
  pdk: Pdk<E>,
  anonymous: string | null,
  authenticate: () => MaybePromise<AuthenticationFailure | undefined>,
): MaybePromise<void> {
  if (anonymous !== null && pdk.client.getCredential() !== null) return;
  return chain(authenticate(), (failure) => {
    if (failure === undefined) return;
    if (anonymous === null) return pdk.response.error(failure.status, failure.message, failure.headers);
    return chain(pdk.client.loadConsumer(anonymous, true), (consumer) => {
      if (consumer !== undefined) return setConsumer(pdk, consumer, null, null);
      const message = `anonymous consumer ${anonymous} is configured but doesn't exist`;
      pdk.log.error(message);
      return pdk.response.error(500, message);
    });
  });
}
