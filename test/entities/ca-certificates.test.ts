import { afterEach, describe, expect, it, vi } from "vitest";
import { caCertificates } from "../../src/entities/ca-certificates.js";
import { certificates } from "../../src/entities/certificates.js";
import { compileSchema } from "../../src/schema/compile.js";
import { complete, faults } from "../schema/support.js";
import { leafCertificate, selfSigned } from "../support/self-signed.js";

afterEach(() => vi.useRealTimers());

describe("CA certificates", () => {
  it("get their digest when they are written", () => {
    const record = complete(caCertificates, { cert: selfSigned.cert, cert_digest: "mine" });
    const { cert_digest: digest } = compileSchema(caCertificates).transform(record);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(compileSchema(caCertificates).transform(record, { tags: ["x"] })).toBe(record);
  });

  it("are one, in force, and may sign", () => {
    expect(faults(caCertificates, { cert: selfSigned.cert })).toBeUndefined();
    expect(faults(caCertificates, { cert: selfSigned.cert + selfSigned.cert })).toEqual({
      "@entity": ["please submit only one certificate at a time"],
    });
    expect(faults(caCertificates, { cert: leafCertificate })).toEqual({
      "@entity": ['certificate does not appear to be a CA because it is missing the "CA" basic constraint'],
    });
    vi.useFakeTimers({ now: Date.UTC(2200, 0), toFake: ["Date"] });
    expect(faults(caCertificates, { cert: selfSigned.cert })).toEqual({
      "@entity": ['certificate expired, "Not After" time is in the past'],
    });
  });

  it("are certificates, and no references", () => {
    expect(faults(caCertificates, { cert: "{vault://env/ca}" })?.cert).toMatch(/^invalid certificate: /);
  });
});

describe("certificates", () => {
  it("belong to their keys", () => {
    expect(faults(certificates, { cert: selfSigned.cert, key: selfSigned.key })).toBeUndefined();
    expect(faults(certificates, { cert: leafCertificate, key: selfSigned.key })).toEqual({
      "@entity": ["certificate does not match key"],
    });
  });

  it("come in pairs, of two kinds", () => {
    const { cert, key } = selfSigned;
    expect(faults(certificates, { cert, key, cert_alt: cert })?.["@entity"]).toContain(
      "all or none of these fields must be set: 'cert_alt', 'key_alt'",
    );
    expect(faults(certificates, { cert, key, cert_alt: cert, key_alt: key })?.["@entity"]).toEqual([
      "certificate and alternative certificate need to have different type (e.g. RSA and ECDSA), the provided certificates were both of the same type",
    ]);
  });

  it("may be references, about which nothing is said", () => {
    expect(faults(certificates, { cert: "{vault://env/cert}", key: "{vault://env/key}" })).toBeUndefined();
  });
});
