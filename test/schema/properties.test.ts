import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { consumers } from "../../src/entities/consumers.js";
import { routes } from "../../src/entities/routes.js";
import { services } from "../../src/entities/services.js";
import { targets } from "../../src/entities/targets.js";
import { upstreams } from "../../src/entities/upstreams.js";
import { compileSchema } from "../../src/schema/compile.js";
import type { EntityDefinition } from "../../src/schema/entity.js";
import { type AnyRecord, complete, faults, NOW } from "./support.js";

const name = fc.stringMatching(/^[a-z][a-z0-9._~-]{0,12}$/);
const label = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const tags = fc.option(fc.array(fc.stringMatching(/^[a-zA-Z0-9 :=é-]{1,8}$/), { maxLength: 4 }));
const path = fc.array(label, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
const reference = fc.uuid().map((id) => ({ id }));
const port = fc.integer({ min: 0, max: 65_535 });

const serviceInput = fc.oneof(
  fc.record(
    { host: label, name, port, path: fc.option(path), tags, retries: fc.option(fc.integer({ min: 0, max: 32_767 })) },
    { requiredKeys: ["host"] },
  ),
  fc.record(
    { host: label, protocol: fc.constantFrom("https", "tls"), tls_verify: fc.boolean(), client_certificate: reference },
    { requiredKeys: ["host", "protocol"] },
  ),
  fc.record({ url: fc.tuple(fc.constantFrom("http", "https"), label, port, path).map(([s, h, p, q]) => `${s}://${h}:${p}${q}`) }),
);

const matchers = {
  paths: fc.array(path, { minLength: 1 }),
  hosts: fc.array(label, { minLength: 1 }),
  headers: fc.dictionary(fc.stringMatching(/^x-[a-z]{1,6}$/), fc.array(label), { minKeys: 1 }),
};
const routeInput = fc.oneof(
  fc.record(
    { ...matchers, methods: fc.array(fc.constantFrom("GET", "POST")), name, tags, service: reference },
    { requiredKeys: ["paths"] },
  ),
  fc.record({ protocols: fc.constantFrom(["grpc"], ["grpcs", "grpc"]), ...matchers }, { requiredKeys: ["protocols", "hosts"] }),
  fc.record({
    protocols: fc.constantFrom(["tcp"], ["udp", "tcp"]),
    sources: fc.array(fc.record({ ip: fc.ipV4(), port }), { minLength: 1 }),
  }),
);

const valid: readonly (readonly [EntityDefinition, fc.Arbitrary<AnyRecord>])[] = [
  [services, serviceInput],
  [routes, routeInput],
  [consumers, fc.record({ username: label, custom_id: label, tags }, { requiredKeys: ["username"] })],
  [
    targets,
    fc.record(
      { upstream: reference, target: fc.oneof(fc.domain(), fc.ipV4()), weight: port },
      { requiredKeys: ["upstream", "target"] },
    ),
  ],
  [
    upstreams,
    fc.record(
      {
        name: label,
        algorithm: fc.constantFrom("round-robin", "least-connections", "latency", "consistent-hashing", null),
        hash_on: fc.constantFrom("none", "ip", "consumer", "path", null),
        slots: fc.integer({ min: 10, max: 65_536 }),
        healthchecks: fc.record(
          { active: fc.record({ timeout: fc.integer({ min: 0, max: 10 }) }, { requiredKeys: [] }) },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: ["name"] },
    ),
  ],
];

describe.each(valid.map(([definition, input]) => ({ name: definition.name, definition, input })))(
  "any valid record of $name",
  ({ definition, input }) => {
    it("validates once it is complete", () => {
      fc.assert(
        fc.property(input, (given) => {
          expect(faults(definition, given)).toBeUndefined();
        }),
      );
    });

    it("is complete after one completion", () => {
      fc.assert(
        fc.property(input, (given) => {
          const once = complete(definition, given);
          expect(complete(definition, once)).toEqual(once);
          expect(Object.keys(once)).toEqual(Object.keys(definition.fields));
        }),
      );
    });

    it("is not changed by an update that says nothing", () => {
      fc.assert(
        fc.property(input, (given) => {
          const schema = compileSchema(definition);
          const stored = complete(definition, given);
          expect(schema.merge(stored, {})).toEqual(stored);
        }),
      );
    });
  },
);

describe("any input at all", () => {
  it("is either valid or has faults, and never pollutes or throws", () => {
    const keys = fc.oneof(
      fc.constantFrom("host", "protocols", "paths", "__proto__", "constructor", "config", "healthchecks"),
      fc.string(),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...valid.map(([definition]) => definition)),
        fc.dictionary(keys, fc.jsonValue()),
        (definition, input) => {
          const schema = compileSchema(definition);
          const { record, errors } = schema.complete(input as AnyRecord, "insert", { now: () => NOW });
          const found = schema.validate(record);
          for (const fault of Object.values({ ...found, ...errors })) expect(fault).toBeTruthy();
          expect(({} as AnyRecord).host).toBeUndefined();
        },
      ),
    );
  });
});
