import { X509Certificate } from "node:crypto";
import { defineEntity, type Infer, type InferInput } from "../schema/entity.js";
import { type EntityCheck, str } from "../schema/field.js";
import { certificate, createdAt, id, tags, updatedAt } from "../schema/typedefs.js";

/** One certificate, in force, that may sign others. */
const authority: EntityCheck = {
  kind: "custom",
  fieldSources: ["cert"],
  description: "`cert` is one certificate, has not expired, and may sign others.",
  check({ cert }) {
    if (typeof cert !== "string") return undefined;
    if (cert.split("-----BEGIN CERTIFICATE-----").length > 2) return "please submit only one certificate at a time";
    const parsed = new X509Certificate(cert);
    if (Date.parse(parsed.validTo) < Date.now()) return 'certificate expired, "Not After" time is in the past';
    return parsed.ca ? undefined : 'certificate does not appear to be a CA because it is missing the "CA" basic constraint';
  },
};

/** Shown in documentation; good until 2120. Nobody has kept its key, so it signs nothing. */
const sampleCertificate = [
  "-----BEGIN CERTIFICATE-----",
  "MIIBTDCB86ADAgECAgEBMAoGCCqGSM49BAMCMBUxEzARBgNVBAMMCkV4YW1wbGUg",
  "Q0EwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBUxEzARBgNVBAMM",
  "CkV4YW1wbGUgQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAR4bn4HMwyx7zJY",
  "CM+PzGDt1+ksCEQFrbrUOTJxxHCtQBAzDt4/0pmF7zQqbUiTZBkMAd0ZfFVI1XMz",
  "nWKvyFhmozIwMDAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBRk+334RhqhZrGt",
  "lWHjx1iDsE8NADAKBggqhkjOPQQDAgNIADBFAiAMN0WyNYMiZZ5N1TzEcmpch7lh",
  "iF3Y/s78AKHZHA67WwIhAM8w5a2TQSTSbHNYSsvuYKOtCY6zGXoksBHPoU7n9eDL",
  "-----END CERTIFICATE-----",
].join("\n");

/** A certificate authority that upstreams' certificates are verified with. */
export const caCertificates = defineEntity({
  name: "ca_certificates",
  description: "A certificate authority that upstreams' certificates are verified with.",
  workspaceable: false,
  fields: {
    id: id("Identifies the CA certificate."),
    created_at: createdAt,
    updated_at: updatedAt,
    cert: certificate({ required: true, description: "The CA certificate in PEM.", example: sampleCertificate }),
    cert_digest: str({ unique: true, description: "SHA-256 digest of the certificate, in hex; filled when `cert` is written." }),
    tags: tags(),
  },
  checks: [authority],
  transformations: [
    {
      input: ["cert"],
      onWrite: ({ cert }) => ({
        cert_digest: new X509Certificate(cert as string).fingerprint256.replaceAll(":", "").toLowerCase(),
      }),
    },
  ],
});

/** A CA certificate as stored: unset fields `null`. */
export type CaCertificate = Infer<typeof caCertificates>;

/** A CA certificate as given: only `cert` is needed. */
export type CaCertificateInput = InferInput<typeof caCertificates>;
