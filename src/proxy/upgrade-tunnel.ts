import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TransportError } from "./transport.js";

/** Joins two sockets until both are closed. */
export interface Tunnel {
  readonly client: Duplex;
  readonly upstream: Socket;
  /** Milliseconds without a byte in either direction after which the tunnel is cut. */
  readonly idleTimeout: number;
  /** Both sockets are closed. `error` says so when the peer or silence was the reason. */
  readonly onClose: (error: TransportError | null) => void;
}

/** Carries bytes both ways with back-pressure, passes half-closes on, and leaves neither socket behind when the other vanishes. */
export function openTunnel({ client, upstream, idleTimeout, onClose }: Tunnel): void {
  let failure: TransportError | null = null;
  let open = 2;
  let linger: NodeJS.Timeout | undefined;
  const oneClosed = (): void => {
    if (--open > 0) return;
    clearTimeout(linger);
    onClose(failure);
  };
  const onUpstreamClose = (): void => {
    closeSoon(client);
    // What is left for the client may wait for its pleasure only so long.
    if (!client.closed) linger = setTimeout(() => client.destroy(), idleTimeout).unref();
    oneClosed();
  };
  const onClientClose = (): void => {
    closeSoon(upstream);
    oneClosed();
  };

  upstream.on("error", (cause) => {
    // Once the client is gone, how the rest breaks down is of no interest.
    if (!client.destroyed) failure ??= new TransportError("reset", cause.message, { cause });
    client.destroy();
  });
  client.on("error", () => upstream.destroy());
  // All bytes of the tunnel enter or leave through this socket, so its timer sees the silence of both directions.
  upstream.setTimeout(idleTimeout, () => {
    failure ??= new TransportError("timeout", `the tunnel was silent for ${idleTimeout} ms`);
    upstream.destroy();
    client.destroy();
  });
  upstream.pipe(client);
  client.pipe(upstream);
  // Either may have gone between the peer's answer and now.
  if (upstream.closed) onUpstreamClose();
  else upstream.once("close", onUpstreamClose);
  if (client.closed) onClientClose();
  else client.once("close", onClientClose);
}

/** Sends what is written, then closes. */
export function closeSoon(stream: Duplex): void {
  if (stream.destroyed) return;
  if (stream.writableFinished) {
    stream.destroy();
    return;
  }
  stream.once("finish", () => stream.destroy());
  stream.end();
}
