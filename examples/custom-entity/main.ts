import { createServer } from "node:http";
import { createGateway, defineEntity, foreign, oneOf, str, tags, timestamps, uuid } from "postern";
import { listen, type Running } from "../support.js";

/** The applications of consumers: an entity that Kong does not have, defined once. */
const apps = defineEntity({
  name: "apps",
  endpointKey: "name", // so that /apps/shop works as well as /apps/<id>
  fields: {
    id: uuid({ auto: true }),
    ...timestamps,
    name: str({ required: true, unique: true, description: "What the application is called." }),
    kind: oneOf(["web", "native"], { required: true, default: "web" }),
    owner: foreign("consumers", { required: true, onDelete: "cascade" }),
    tags: tags(),
  },
});

export async function start(port = 8000): Promise<Running> {
  const gateway = createGateway({
    database: "memory",
    entities: [apps],
    // The first content. `apps` may stand at the top, or inside of the consumer that it belongs to.
    declarativeConfig: {
      _format_version: "3.0",
      consumers: [{ username: "alice", apps: [{ name: "shop" }, { name: "blog", kind: "native" }] }],
    },
  });

  // The Admin API has endpoints for it by itself: /admin/apps, /admin/consumers/alice/apps, /admin/schemas/apps.
  // Whoever reaches it may change everything; here that is this machine alone.
  const server = createServer(async (request, response) => {
    const [, first, second = ""] = (request.url ?? "/").split("/");
    if (first === "admin") {
      request.url = request.url?.slice("/admin".length) || "/";
      return gateway.admin(request, response);
    }
    const owner = first === "apps-of" ? await gateway.db.consumers.selectBy("username", second) : undefined;
    if (owner === undefined) return response.writeHead(404).end();
    // Typed: `name` is a string, `kind` is "web" or "native".
    const list: string[] = [];
    for await (const { name, kind } of gateway.db.apps.eachFor("owner", owner)) list.push(`${name} (${kind})`);
    response.end(JSON.stringify(list.sort()));
  });

  const { url, close } = await listen(server, port);
  return {
    url,
    async close() {
      await close();
      await gateway.close();
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  const { url } = await start();
  console.log(`try: curl ${url}/apps-of/alice`);
  console.log(`and: curl ${url}/admin/consumers/alice/apps -d name=wiki`);
}
