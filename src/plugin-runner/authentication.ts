import type { Consumer } from "../entities/consumers.js";
import type { Pdk, PluginEntities } from "../pdk/pdk.js";
import type { Credential } from "../pdk/request-context.js";
import { saysWhoCalls } from "../util/caller-headers.js";
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

/** Lets a request pass that nobody is asked about (a preflight): what the client says of its own about who it is goes no further. */
export function passUnidentified<E extends PluginEntities>(pdk: Pdk<E>): void {
  for (const name of Object.keys(pdk.request.getHeaders(1000))) if (saysWhoCalls(name)) pdk.service.request.clearHeader(name);
}

/** Why an authentication plugin did not let the client through. */
export interface AuthenticationFailure {
  readonly status: number;
  /** Default: the usual text of the status. */
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Answered as it is, in place of the message in the form that the client prefers. */
  readonly body?: object;
}

/** A credential of a consumer, as the plugins store it. */
interface ConsumerCredential extends Credential {
  readonly consumer: { readonly id: string };
}

/**
 * The last step of an authentication plugin: finds the credential's consumer and sets who is calling.
 *
 * @param identifier - what stands in `X-Credential-Identifier`
 * @param orphaned - the failure when there is no such consumer; default: 500
 */
export function identifyConsumer<E extends PluginEntities>(
  pdk: Pdk<E>,
  credential: ConsumerCredential,
  identifier: string,
  orphaned?: AuthenticationFailure,
): MaybePromise<AuthenticationFailure | undefined> {
  return chain(pdk.client.loadConsumer(credential.consumer.id), (consumer) => {
    if (consumer !== undefined) {
      setConsumer(pdk, consumer, credential, identifier);
      return undefined;
    }
    if (orphaned !== undefined) return orphaned;
    pdk.log.error(`consumer ${credential.consumer.id} of credential ${credential.id} does not exist`);
    return { status: 500, message: "An unexpected error occurred" };
  });
}

/**
 * The flow that authentication plugins share: without `anonymous` each must succeed by itself; with it an earlier success is
 * enough, and a failure falls back to the anonymous consumer.
 *
 * @param anonymous - id or username of a consumer
 * @param authenticate - answers nothing on success, otherwise why not
 * @param pass - called in its place when an earlier success is enough: what the client has sent for this plugin may still have to be
 *   hidden from the upstream
 */
export function authenticateOrAnonymous<E extends PluginEntities>(
  pdk: Pdk<E>,
  anonymous: string | null,
  authenticate: () => MaybePromise<AuthenticationFailure | undefined>,
  pass?: () => MaybePromise<void>,
): MaybePromise<void> {
  if (anonymous !== null && pdk.client.getCredential() !== null) return pass?.();
  return chain(authenticate(), (failure) => {
    if (failure === undefined) return;
    if (anonymous === null) return refuse(pdk, failure);
    return chain(pdk.client.loadConsumer(anonymous, true), (consumer) => {
      if (consumer !== undefined) return setConsumer(pdk, consumer, null, null);
      const message = `anonymous consumer ${anonymous} is configured but doesn't exist`;
      pdk.log.error(message);
      return pdk.response.error(500, message);
    });
  });
}

function refuse<E extends PluginEntities>(pdk: Pdk<E>, { status, message, headers, body }: AuthenticationFailure): void {
  if (body === undefined) pdk.response.error(status, message, headers);
  else pdk.response.exit(status, body, headers);
}
