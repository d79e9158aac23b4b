import { request } from "node:http";
import { createGateway } from "postern";
import { describe, expect, it } from "vitest";

/** `fetch` sets the `Sec-Fetch-*` headers itself: only a bare request can say what a browser would. */
function post(port: number, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const body = new URLSearchParams({ config: '_format_version: "3.0"' }).toString();
    const type = { "content-type": "application/x-www-form-urlencoded", "content-length": String(body.length) };
    const sent = request(
      { port, host: "127.0.0.1", method: "POST", path: "/config", headers: { ...type, ...headers } },
      (res) => {
        res.resume().on("end", () => resolve(res.statusCode));
      },
    );
    sent.on("error", reject).end(body);
  });
}

describe("a form that a web page sends to the Admin API", () => {
  it.each([
    ["from another site is refused", { "sec-fetch-site": "cross-site", origin: "https://evil.test" }, 403],
    ["from a sibling host is refused", { "sec-fetch-site": "same-site", origin: "https://blog.corp.test" }, 403],
    ["from the API's own origin is taken", { "sec-fetch-site": "same-origin" }, 201],
    ["typed by the user, or sent by a tool, is taken", {}, 201],
  ])("%s", async (_what, headers, status) => {
    const gateway = createGateway();
    const { admin } = await gateway.listen({ admin: 0 });
    expect(await post(admin?.port ?? 0, headers)).toBe(status);
    await gateway.close();
  });
});
