/**
 * The upstream of all contenders, a process of its own: answers from prepared bytes on raw sockets, so that it takes as
 * little as possible of the machine and the same for everyone. Sends `{ port }` to its parent when it listens.
 */
import { createServer } from "node:net";
import { MessageReader } from "./message-reader.js";
import { jsonOfLength, scenarios } from "./scenarios.js";

const answers = new Map<string, Buffer>();
for (const scenario of scenarios) {
  const head = [
    "HTTP/1.1 200 OK",
    "Server: upstream",
    "Date: Thu, 01 Jan 2026 00:00:00 GMT",
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${scenario.responseBytes}`,
    "Connection: keep-alive",
    "Keep-Alive: timeout=72",
  ].join("\r\n");
  answers.set(scenario.kind, Buffer.from(`${head}\r\n\r\n${jsonOfLength(scenario.responseBytes)}`, "latin1"));
}
const notFound = Buffer.from("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "latin1");
const wrongLength = Buffer.from("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "latin1");
const expectedBytes = new Map<string, number>(scenarios.map((scenario) => [scenario.kind, scenario.requestBytes]));

/** The kind is the third segment from the end of the path: `/api/00001/small/abc?page=1`, whether or not `/api/00001` was cut. */
function kindOf(head: string): string {
  const end = head.indexOf("?");
  const last = head.lastIndexOf("/", end);
  return head.slice(head.lastIndexOf("/", last - 1) + 1, last);
}

const server = createServer({ noDelay: true }, (socket) => {
  const reader = new MessageReader((head, bodyBytes) => {
    const kind = kindOf(head);
    // A contender that loses a part of the body would look fast.
    if (expectedBytes.get(kind) !== bodyBytes) socket.write(expectedBytes.has(kind) ? wrongLength : notFound);
    else socket.write(answers.get(kind) ?? notFound);
  });
  socket.on("data", (chunk: Buffer) => reader.push(chunk));
  socket.on("error", () => socket.destroy());
});

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") process.send?.({ port: address.port });
});
process.on("disconnect", () => process.exit(0));
