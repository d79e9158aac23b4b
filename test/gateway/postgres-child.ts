// A gateway in a process of its own. Its options come as JSON in the first argument; what it does is told to the parent.
import { createGateway, type GatewayOptions } from "../../src/index.js";

export type ChildMessage = { readonly port: number } | { readonly crud: string; readonly at: number };

const gateway = createGateway(JSON.parse(process.argv[2] ?? "{}") as GatewayOptions);
gateway.on("crud", ({ entity, operation, row }) => {
  tell({
    crud: `${operation} ${entity} ${String(row.name ?? row.username ?? row.id)}`,
    at: performance.timeOrigin + performance.now(),
  });
});
await gateway.ready();
const { proxy } = await gateway.listen({ proxy: { port: 0, host: "127.0.0.1" } });
tell({ port: proxy?.port ?? 0 });
process.on("message", (username: string) => void gateway.db.consumers.insert({ username }));
process.on("disconnect", () => void gateway.close({ graceMs: 0 }));

function tell(message: ChildMessage): void {
  process.send?.(message);
}
