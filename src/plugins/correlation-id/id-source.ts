import type { Socket } from "node:net";
import type { Pdk } from "../../pdk/pdk.js";
import { plainAddress } from "../../util/ip.js";
import { uuidV4 } from "../../util/uuid.js";

/** How an id is made. */
export type Generator = "uuid" | "uuid#counter" | "tracker";

interface Connection {
  readonly serial: number;
  requests: number;
}

/** Makes ids. One per gateway, so that its counters tell the gateway's requests apart. */
export class IdSource {
  readonly #uuid = uuidV4();
  readonly #connections = new WeakMap<Socket, Connection>();
  #count = 0;
  #serial = 0;

  next(generator: Generator, pdk: Pdk): string {
    switch (generator) {
      case "uuid":
        return uuidV4();
      case "tracker":
        return this.#track(pdk.request.getConnection(), pdk.now());
      default:
        this.#count += 1;
        return `${this.#uuid}#${this.#count}`;
    }
  }

  #track(socket: Socket, now: number): string {
    let connection = this.#connections.get(socket);
    if (connection === undefined) {
      this.#serial += 1;
      connection = { serial: this.#serial, requests: 0 };
      this.#connections.set(socket, connection);
    }
    connection.requests += 1;
    const { serial, requests } = connection;
    const time = (now / 1_000).toFixed(3);
    return `${plainAddress(socket.localAddress)}-${socket.localPort ?? 0}-${process.pid}-${serial}-${requests}-${time}`;
  }
}
