import type { Pdk } from "../../pdk/pdk.js";

/** Answers with what the gateway knows of the request and of the route it took. */
export async function echo(pdk: Pdk, status: number, message: string | undefined): Promise<void> {
  const { request, router, node } = pdk;
  const { body, raw } = await readBody(pdk);
  return pdk.response.exit(status, {
    message,
    kong: { node_id: node.getId(), worker_pid: process.pid, hostname: node.getHostname() },
    request: {
      scheme: request.getScheme(),
      host: request.getHost(),
      port: request.getPort(),
      headers: request.getHeaders(),
      query: request.getQuery(),
      body,
      raw_body: raw,
      method: request.getMethod(),
      path: request.getPath(),
      uri_captures: request.getUriCaptures(),
    },
    matched_route: withoutNulls(router.getRoute()),
    matched_service: withoutNulls(router.getService()),
  });
}

/** A body that is too large or breaks off is left out: the answer does not depend on it. */
async function readBody(pdk: Pdk): Promise<{ body?: unknown; raw?: string }> {
  try {
    const raw = (await pdk.request.getRawBody()).toString("utf8");
    return { raw, body: (await pdk.request.getBody()).body };
  } catch {
    return {};
  }
}

/** Unset fields are absent in Kong's answer. */
function withoutNulls(entity: object | null): object | undefined {
  return entity === null ? undefined : Object.fromEntries(Object.entries(entity).filter(([, value]) => value !== null));
}
