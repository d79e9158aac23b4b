import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, type LiveGateway, live } from "../../admin/live.js";

// The credentials of the authentication plugins on the Admin API, as each plugin's reference has them.

let node: LiveGateway;
const ids: Record<string, string> = {};

beforeAll(async () => {
  node = await live({ database: "memory" });
  for (const username of ["ann", "bob"]) ids[username] = (await node.ask("POST", "/consumers", { username })).body.id;
});
afterAll(() => node[Symbol.asyncDispose]());

const refused = (answer: Answer, fields: object): void => {
  expect(answer, answer.text).toMatchObject({ status: 400, body: { name: "schema violation", fields } });
};

interface Kind {
  readonly all: string;
  readonly nested: string;
  readonly key: string;
  /** What is needed beside consumer and key. */
  readonly more?: Readonly<Record<string, unknown>>;
}

const kinds: readonly Kind[] = [
  { all: "key-auths", nested: "key-auth", key: "key" },
  { all: "basic-auths", nested: "basic-auth", key: "username", more: { password: "secret" } },
  { all: "jwts", nested: "jwt", key: "key" },
  { all: "hmac-auths", nested: "hmac-auth", key: "username" },
];

describe.each(kinds)("/$all", ({ all, nested, key, more = {} }) => {
  it("needs a consumer", async () => {
    const answer = await node.ask("POST", `/${all}`, { [key]: "x", ...more });
    refused(answer, { consumer: "required field missing" });
    expect(answer.body.message).toContain("consumer: required field missing)");
  });

  it("takes its key from the path, and wants it to be a text", async () => {
    const put = await node.ask("PUT", `/${all}/1234`, { consumer: { id: ids.ann }, ...more });
    expect(put, put.text).toMatchObject({ status: 200, body: { [key]: "1234", consumer: { id: ids.ann } } });
    refused(await node.ask("POST", `/consumers/ann/${nested}`, { [key]: 5, ...more }), { [key]: "expected a string" });
  });

  it("has one credential of a key only", async () => {
    expect(await node.ask("POST", `/consumers/bob/${nested}`, { [key]: "1234", ...more })).toMatchObject({
      status: 409,
      body: { name: "unique constraint violation", fields: { [key]: "1234" } },
    });
  });

  it("shows a credential below its own consumer only", async () => {
    const { id } = (await node.ask("GET", `/${all}/1234`)).body;
    for (const name of ["1234", id]) {
      expect((await node.ask("GET", `/consumers/ann/${nested}/${name}`)).status).toBe(200);
      for (const method of ["GET", "PATCH"]) {
        const body = method === "GET" ? undefined : {};
        expect((await node.ask(method, `/consumers/bob/${nested}/${name}`, body)).status).toBe(404);
      }
      expect((await node.ask("GET", `/${all}/${name}/consumer`)).body).toMatchObject({ username: "ann" });
    }
    expect((await node.ask("GET", `/consumers/bob/${nested}`)).body.data).toEqual([]);
  });

  it("deletes once and for all", async () => {
    for (let i = 0; i < 2; i += 1) expect((await node.ask("DELETE", `/${all}/1234`)).status).toBe(204);
    expect((await node.ask("GET", `/${all}/1234`)).status).toBe(404);
  });
});

describe("key-auth", () => {
  it("makes a key, also where the path has an id", async () => {
    const key = expect.stringMatching(/^[A-Za-z0-9]{32}$/);
    expect(await node.ask("POST", "/consumers/ann/key-auth", {})).toMatchObject({ status: 201, body: { key } });
    const id = "7a0b8a0e-1d0c-4f5e-9a55-1c1b2d3e4f50";
    expect(await node.ask("PUT", `/consumers/ann/key-auth/${id}`, {})).toMatchObject({ status: 200, body: { id, key } });
  });
});

describe("basic-auth", () => {
  const hash = (password: string): string => createHash("sha1").update(`${password}${ids.ann}`).digest("hex");

  it("needs a user name and a password", async () => {
    refused(await node.ask("POST", "/consumers/ann/basic-auth", {}), {
      username: "required field missing",
      password: "required field missing",
    });
  });

  it("keeps blanks of a password", async () => {
    const made = await node.ask("POST", "/consumers/ann/basic-auth", { username: "blanks", password: " kong " });
    expect(made.body.password).toBe(hash(" kong "));
  });

  it("hashes anew only with password and consumer together", async () => {
    await node.ask("POST", "/consumers/ann/basic-auth", { username: "u", password: "one" });
    const renamed = await node.ask("PATCH", "/basic-auths/u", { username: "v" });
    expect(renamed.body).toMatchObject({ username: "v", password: hash("one") });
    const moved = await node.ask("PATCH", "/basic-auths/v", { consumer: { id: ids.bob } });
    expect(moved.status).toBe(400);
    expect(moved.body.message).toBe("schema violation (all or none of these fields must be set: 'password', 'consumer.id')");
    const both = await node.ask("PATCH", "/basic-auths/v", { password: "two", consumer: { id: ids.ann } });
    expect(both.body.password).toBe(hash("two"));
  });
});

describe("jwt", () => {
  it.each(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA"])("%s needs a public key", async (algorithm) => {
    refused(await node.ask("POST", "/consumers/ann/jwt", { algorithm }), {
      "@entity": ["failed conditional validation given value of field 'algorithm'"],
      rsa_public_key: "required field missing",
    });
    refused(await node.ask("POST", "/consumers/ann/jwt", { algorithm, rsa_public_key: "no key" }), {
      "@entity": ["failed conditional validation given value of field 'algorithm'"],
      rsa_public_key: "invalid key",
    });
  });

  it("has thirteen algorithms", async () => {
    refused(await node.ask("POST", "/consumers/ann/jwt", { algorithm: "none" }), {
      algorithm: expect.stringMatching(
        /^expected one of: HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384, ES512, PS256, PS384, PS512, EdDSA$/,
      ),
    });
  });

  it("lets credentials have the same secret", async () => {
    for (const key of ["one", "two"]) {
      expect((await node.ask("POST", "/consumers/ann/jwt", { key, secret: "same" })).status).toBe(201);
    }
  });
});

describe("hmac-auth", () => {
  it("needs a user name, and makes a secret", async () => {
    refused(await node.ask("POST", "/consumers/ann/hmac-auth", { secret: "s" }), { username: "required field missing" });
    const secret = expect.stringMatching(/^[A-Za-z0-9]{32}$/);
    expect((await node.ask("POST", "/consumers/ann/hmac-auth", { username: "u" })).body).toMatchObject({ secret });
  });
});

describe("acl", () => {
  it("needs a consumer and a group, which is a text", async () => {
    refused(await node.ask("POST", "/acls", { group: "g" }), { consumer: "required field missing" });
    refused(await node.ask("POST", "/consumers/ann/acls", {}), { group: "required field missing" });
    refused(await node.ask("POST", "/consumers/ann/acls", { group: 5 }), { group: "expected a string" });
  });

  it("has a group once for each consumer", async () => {
    const of = async (name: string): Promise<Answer> => node.ask("POST", `/consumers/${name}/acls`, { group: "both" });
    const [ann, bob] = [await of("ann"), await of("bob")];
    expect([ann.status, bob.status, (await of("ann")).status]).toEqual([201, 201, 409]);
    expect((await node.ask("GET", "/consumers/ann/acls/both")).body.id).toBe(ann.body.id);
    expect((await node.ask("GET", "/consumers/bob/acls/both")).body.id).toBe(bob.body.id);
    expect((await node.ask("GET", `/acls/${bob.body.id}/consumer`)).body.username).toBe("bob");
  });
});

describe("session", () => {
  it("has records that are found by the session's id, and no metadata", async () => {
    const made = await node.ask("POST", "/sessions", { session_id: "s-1", expires: 1, data: "x", ttl: 60 });
    expect(made, made.text).toMatchObject({ status: 201, body: { session_id: "s-1", expires: 1, data: "x" } });
    for (const name of ["s-1", made.body.id]) {
      expect((await node.ask("GET", `/sessions/${name}`)).body).toMatchObject({ session_id: "s-1", ttl: expect.any(Number) });
    }
    expect((await node.ask("GET", "/session_metadatas")).status).toBe(404);
    expect((await node.ask("GET", "/session-metadatas")).status).toBe(404);
  });
});
