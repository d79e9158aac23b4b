import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { leafCertificate, selfSigned } from "../../support/self-signed.js";
import type { LiveGateway } from "../live.js";
import { describeModes } from "../modes.js";

// §10: entities whose endpoints have rules of their own.

let node: LiveGateway;
const gone = { status: 404, body: { message: "Not found" } };

describeModes("entities with rules of their own", ["memory", "postgres"], (start) => {
  beforeAll(async () => {
    node = await start();
  });
  afterAll(() => node[Symbol.asyncDispose]());

  describe("ACLs", () => {
    it("are named by their group below a consumer, and by nothing else", async () => {
      await node.ask("POST", "/consumers", { username: "ann" });
      const put = await node.ask("PUT", "/consumers/ann/acls/admins", {});
      expect(put).toMatchObject({ status: 200, body: { group: "admins" } });
      expect(await node.ask("PUT", "/consumers/ann/acls/admins", { tags: ["t"] })).toMatchObject({
        status: 200,
        body: { id: put.body.id, tags: ["t"] },
      });
      expect(await node.ask("GET", "/consumers/ann/acls/admins")).toMatchObject({ status: 200, body: { id: put.body.id } });
      expect(await node.ask("PATCH", "/consumers/ann/acls/admins", { group: "boss" })).toMatchObject({
        status: 200,
        body: { group: "boss" },
      });
      for (const [method, body] of [["GET"], ["PATCH", {}], ["DELETE"]] as const) {
        expect(await node.ask(method, "/consumers/ann/acls/none", body)).toMatchObject({
          status: 404,
          body: { message: "Not found", request_id: expect.stringMatching(/^[0-9a-f]{32}$/) },
        });
      }
      expect(await node.ask("GET", "/consumers/none/acls/boss")).toMatchObject(gone);
      expect((await node.ask("DELETE", "/consumers/ann/acls/boss")).status).toBe(204);
      const many = await Promise.all(Array.from({ length: 10 }, () => node.ask("PUT", "/consumers/ann/acls/crowd", {})));
      expect(many.map(({ status }) => status)).toEqual(Array(10).fill(200));
      expect((await node.ask("GET", "/consumers/ann/acls")).body.data).toHaveLength(1);
      expect(await node.ask("GET", "/acls/boss")).toMatchObject({
        status: 400,
        body: { code: 1, name: "invalid primary key", message: `invalid primary key: '{id="expected a valid UUID"}'` },
      });
    });
  });

  describe("certificates", () => {
    const { cert, key } = selfSigned;
    let id: string;
    const names = async (): Promise<string[]> => (await node.ask("GET", `/certificates/${id}`)).body.snis;

    it("have their server names in every answer, and are found by them", async () => {
      const created = await node.ask("POST", "/certificates", { cert, key, snis: ["b.test", "a.test"] });
      expect(created, created.text).toMatchObject({ status: 201, body: { snis: ["a.test", "b.test"] } });
      id = created.body.id;
      for (const path of ["/certificates/a.test", `/certificates/${id}`]) {
        expect(await node.ask("GET", path)).toMatchObject({ status: 200, body: { id, snis: ["a.test", "b.test"] } });
      }
      expect((await node.ask("GET", "/certificates")).body.data).toMatchObject([{ snis: ["a.test", "b.test"] }]);
      expect((await node.ask("GET", "/certificates/b.test/snis?size=1")).body).toMatchObject({
        data: [{ certificate: { id } }],
        next: expect.stringMatching(/^\/certificates\/b\.test\/snis\?offset=/),
      });
      expect(await node.ask("GET", "/certificates/a.test/snis/b.test")).toMatchObject({ status: 200, body: { name: "b.test" } });
      expect(await node.ask("GET", "/snis/a.test")).toMatchObject({ status: 200, body: { certificate: { id } } });
    });

    it("that are not there are missing in their own way", async () => {
      const none = "5a0d6d4e-3a5e-4b34-9f5b-1f4b1a5f0a01";
      expect(await node.ask("GET", `/certificates/${none}`)).toMatchObject({
        status: 404,
        body: {
          code: 6,
          name: "not found",
          message: `could not find the entity with primary key '{id="${none}"}'`,
          fields: { id: none },
        },
      });
      for (const method of ["GET", "PATCH", "DELETE"]) {
        const answer = await node.ask(method, "/certificates/none.test", method === "PATCH" ? {} : undefined);
        expect(answer).toMatchObject({ status: 404, body: { message: "SNI not found" } });
      }
      expect(await node.ask("GET", "/certificates/none.test/snis")).toMatchObject({
        status: 404,
        body: { message: "SNI not found" },
      });
    });

    it("keep their names over PATCH, and get exactly those that are given", async () => {
      expect((await node.ask("PATCH", `/certificates/${id}`, { tags: ["t"] })).body.snis).toEqual(["a.test", "b.test"]);
      expect((await node.ask("PATCH", "/certificates/a.test", { snis: ["c.test"] })).body.snis).toEqual(["c.test"]);
      expect(await names()).toEqual(["c.test"]);
      expect((await node.ask("PUT", `/certificates/${id}`, { cert, key, snis: ["d.test"] })).body.snis).toEqual(["d.test"]);
      expect((await node.ask("PUT", `/certificates/${id}`, { cert, key })).body.snis).toEqual([]);
      expect(await names()).toEqual([]);
      const form = await node.ask("PATCH", `/certificates/${id}`, new URLSearchParams({ snis: "e.test" }));
      expect(form.body.snis).toEqual(["e.test"]);
      expect((await node.ask("PATCH", `/certificates/${id}`, { snis: null })).body.snis).toEqual([]);
    });

    it("can be made by PUT to a server name", async () => {
      const put = await node.ask("PUT", "/certificates/new.test", { cert, key, snis: ["more.test"] });
      expect(put).toMatchObject({ status: 200, body: { snis: ["more.test", "new.test"] } });
      const again = await node.ask("PUT", "/certificates/new.test", { cert, key, snis: ["new.test"] });
      expect(again).toMatchObject({ status: 200, body: { id: put.body.id, snis: ["new.test"] } });
      // The name of the path stays among the names, unless none are given.
      const others = await node.ask("PUT", "/certificates/new.test", { cert, key, snis: ["other.test"] });
      expect(others).toMatchObject({ status: 200, body: { id: put.body.id, snis: ["new.test", "other.test"] } });
      expect((await node.ask("PUT", "/certificates/other.test", { cert, key })).body.snis).toEqual([]);
      const made = await node.ask("PUT", "/certificates/new.test", { cert, key });
      expect(made).toMatchObject({ status: 200, body: { snis: ["new.test"] } });
      expect(made.body.id).not.toBe(put.body.id);
      await node.ask("DELETE", `/certificates/${put.body.id}`);
      for (const snis of ["other.test", { a: "b" }, 5]) {
        for (const path of ["/certificates/new.test", "/certificates/unknown.test"]) {
          expect(await node.ask("PUT", path, { cert, key, snis })).toMatchObject({
            status: 400,
            body: { message: "schema violation (snis: expected an array)" },
          });
        }
      }
      expect(await node.ask("GET", "/certificates/unknown.test")).toMatchObject({ status: 404 });
    });

    it.each([
      [{ cert, key, snis: ["x.test", "x.test"] }, "schema violation (snis: x.test is duplicated)"],
      [{ cert: leafCertificate, key }, "schema violation (certificate does not match key)"],
      [{ cert, key, cert_alt: leafCertificate, key_alt: key }, /alternative certificate does not match key/],
      [{ cert, key, cert_alt: cert, key_alt: key }, /need to have different type \(e\.g\. RSA and ECDSA\)/],
    ])("are refused (case %#)", async (body, message) => {
      expect(await node.ask("POST", "/certificates", body)).toMatchObject({
        status: 400,
        body: { code: 2, message: typeof message === "string" ? message : expect.stringMatching(message) },
      });
    });

    it("do not share a name", async () => {
      const holder = (await node.ask("GET", "/certificates/new.test")).body.id as string;
      expect(await node.ask("POST", "/certificates", { cert, key, snis: ["new.test"] })).toMatchObject({
        status: 400,
        body: { message: `schema violation (snis: new.test already associated with existing certificate '${holder}')` },
      });
    });

    it("go with their names, unless somebody uses them", async () => {
      const service = await node.ask("POST", "/services", {
        name: "tls",
        protocol: "https",
        host: "h",
        client_certificate: { id },
      });
      expect(service.status).toBe(201);
      expect(await node.ask("GET", "/services/tls/client_certificate")).toMatchObject({ status: 200, body: { id, snis: [] } });
      expect((await node.ask("GET", `/certificates/${id}/services`)).body.data).toMatchObject([{ name: "tls" }]);
      expect((await node.ask("DELETE", `/certificates/${id}`)).status).toBe(400);
      expect((await node.ask("DELETE", "/services/tls")).status).toBe(204);
      expect((await node.ask("DELETE", `/certificates/${id}`)).status).toBe(204);
      expect((await node.ask("DELETE", "/certificates/new.test")).status).toBe(204);
      expect((await node.ask("GET", "/snis")).body.data).toEqual([]);
    });
  });

  describe("CA certificates", () => {
    it("have a digest, and stay while something names them", async () => {
      const { status, body } = await node.ask("POST", "/ca_certificates", { cert: selfSigned.cert });
      expect(status).toBe(201);
      expect(body.cert_digest).toMatch(/^[0-9a-f]{64}$/);
      const service = await node.ask("POST", "/services", { protocol: "https", host: "h", ca_certificates: [body.id] });
      expect(await node.ask("DELETE", `/ca_certificates/${body.id}`)).toMatchObject({
        status: 400,
        body: { code: 19, message: `ca certificate ${body.id} is still referenced by services (id = ${service.body.id})` },
      });
      await node.ask("DELETE", `/services/${service.body.id}`);
      expect((await node.ask("DELETE", `/ca_certificates/${body.id}`)).status).toBe(204);
    });

    it("are no leaves, and one at a time", async () => {
      const text = async (cert: string): Promise<string> => (await node.ask("POST", "/ca_certificates", { cert })).body.message;
      expect(await text(leafCertificate)).toContain(
        'certificate does not appear to be a CA because it is missing the "CA" basic constraint',
      );
      expect(await text(`${selfSigned.cert}${selfSigned.cert}`)).toContain("please submit only one certificate at a time");
    });
  });

  describe("vaults", () => {
    it("are named by their prefix, which has rules", async () => {
      expect((await node.ask("PUT", "/vaults/my-vault", { name: "env" })).status).toBe(200);
      expect(await node.ask("PUT", "/vaults/env", { name: "env" })).toMatchObject({
        status: 400,
        body: { code: 10, name: "invalid unique prefix" },
      });
    });
  });

  describe("credentials", () => {
    it("of basic-auth are stored hashed", async () => {
      const { body } = await node.ask("POST", "/consumers/ann/basic-auth", { username: "ann", password: "secret" });
      expect(body.password).toMatch(/^[0-9a-f]{40}$/);
      // The hash is made of the consumer's id, which the path tells; elsewhere the body has to.
      const changed = await node.ask("PATCH", "/consumers/ann/basic-auth/ann", { password: "other" });
      expect(changed).toMatchObject({ status: 200, body: { id: body.id, consumer: body.consumer } });
      expect(changed.body.password).toMatch(/^[0-9a-f]{40}$/);
      expect(changed.body.password).not.toBe(body.password);
      expect(await node.ask("PATCH", `/basic-auths/${body.id}`, { password: "third" })).toMatchObject({
        status: 400,
        body: { fields: { "@entity": ["all or none of these fields must be set: 'password', 'consumer.id'"] } },
      });
      const whole = { password: "third", consumer: body.consumer };
      expect((await node.ask("PATCH", `/basic-auths/${body.id}`, whole)).status).toBe(200);
    });
  });

  describe("targets", () => {
    beforeAll(async () => {
      await node.ask("POST", "/upstreams", { name: "pool" });
    });

    it.each([
      ["10.0.0.1", "10.0.0.1:8000"],
      ["host.test:90", "host.test:90"],
      ["[::1]:80", "[0000:0000:0000:0000:0000:0000:0000:0001]:80"],
      ["::2", "[0000:0000:0000:0000:0000:0000:0000:0002]:8000"],
    ])("%s is stored as %s", async (target, stored) => {
      expect(await node.ask("POST", "/upstreams/pool/targets", { target })).toMatchObject({
        status: 201,
        body: { target: stored, weight: 100 },
      });
      expect(await node.ask("GET", `/upstreams/pool/targets/${encodeURIComponent(stored)}`)).toMatchObject({
        status: 200,
        body: { target: stored },
      });
      expect(await node.ask("POST", "/upstreams/pool/targets", { target })).toMatchObject({ status: 409, body: { code: 5 } });
      expect((await node.ask("DELETE", `/upstreams/pool/targets/${stored}`)).status).toBe(204);
    });

    it.each([
      [{ target: "a b" }, { target: "Invalid target; not a valid hostname or ip address" }],
      [{ target: "a.test", weight: 70_000 }, { weight: "value should be between 0 and 65535" }],
    ])("%j is refused", async (body, fields) => {
      expect(await node.ask("POST", "/upstreams/pool/targets", body)).toMatchObject({ status: 400, body: { code: 2, fields } });
    });

    it("are changed by PUT, and not made by it", async () => {
      await node.ask("POST", "/upstreams/pool/targets", { target: "10.0.0.1:80", tags: ["t"] });
      expect(await node.ask("PUT", "/upstreams/pool/targets/10.0.0.1:80", { weight: 5 })).toMatchObject({
        status: 200,
        body: { weight: 5, tags: ["t"] },
      });
      expect(await node.ask("PUT", "/upstreams/pool/targets/10.0.0.2:80", { weight: 5 })).toMatchObject(gone);
      for (const method of ["PUT", "PATCH", "DELETE"]) {
        expect((await node.ask(method, "/upstreams/pool/targets", method === "DELETE" ? undefined : {})).status).toBe(405);
      }
    });

    it("are listed newest first, counted by the offset", async () => {
      for (const target of ["10.0.0.3:80", "10.0.0.4:80"]) await node.ask("POST", "/upstreams/pool/targets", { target });
      const first = (await node.ask("GET", "/upstreams/pool/targets?size=2")).body;
      expect(first).toMatchObject({ next: "/upstreams/pool/targets?offset=2", offset: "2" });
      expect(first.data).toHaveLength(2);
      expect((await node.ask("GET", first.next)).body.data).toHaveLength(1);
      expect(await node.ask("GET", "/upstreams/pool/targets?offset=x")).toMatchObject({ status: 400, body: { code: 7 } });
      const all = (await node.ask("GET", "/upstreams/pool/targets/all?size=2")).body;
      expect(all.next).toMatch(/^\/upstreams\/pool\/targets\/all\?offset=/);
      expect(all.data.map(({ id }: { id: string }) => id)).toEqual(all.data.map(({ id }: { id: string }) => id).sort());
    });
  });
});
