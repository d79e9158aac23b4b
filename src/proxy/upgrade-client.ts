import type { Duplex } from "node:stream";
import { ignoreError } from "./ignore-error.js";

/** Watches the client's socket while the peer has not answered yet, without taking anything from it. */
export class ClientWatch {
  private readonly socket: Duplex;
  private readonly onGone: () => void;

  constructor(socket: Duplex, onGone: () => void) {
    this.socket = socket;
    this.onGone = onGone;
  }

  /** `false` when the client is gone already. */
  start(): boolean {
    const { socket } = this;
    // Stays for the socket's life: after us the gateway may write an error to a client that is just leaving.
    if (!socket.listeners("error").includes(ignoreError)) socket.on("error", ignoreError);
    if (socket.destroyed || socket.readableEnded) return false;
    // A socket says `end` unread as long as nothing is buffered. A client that half-closes before the answer has no use for a tunnel.
    socket.on("close", this.onGone).on("end", this.onGone);
    return true;
  }

  stop(): void {
    this.socket.off("close", this.onGone).off("end", this.onGone);
  }
}
