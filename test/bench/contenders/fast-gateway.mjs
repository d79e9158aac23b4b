/** fast-gateway. It keeps connections alive by itself; the rewriting of query strings and the cache of URLs are off. */
import gateway from "fast-gateway";

export async function start({ upstream }) {
  const app = gateway({
    routes: [
      {
        prefix: "/api",
        prefixRewrite: "/api",
        target: upstream.origin,
        disableQsOverwrite: true,
        proxyConfig: { cacheURLs: 0 },
      },
    ],
  });
  const server = await app.start(0, "127.0.0.1");
  return server.address().port;
}
