import { createPrivateKey, X509Certificate } from "node:crypto";
import { defineEntity, type Infer, type InferInput } from "../schema/entity.js";
import { arrayOf, type EntityCheck } from "../schema/field.js";
import { certificate, createdAt, id, key, tags, updatedAt } from "../schema/typedefs.js";
import { wildcardHost } from "../schema/typedefs-http.js";

/** The public key of a certificate must be that of its private key. */
function pair(certName: string, keyName: string, message: string): EntityCheck {
  return {
    kind: "custom",
    fieldSources: [certName, keyName],
    description: `\`${keyName}\` is the private key of \`${certName}\`.`,
    check(fields) {
      const cert = fields[certName];
      const privateKey = fields[keyName];
      if (typeof cert !== "string" || typeof privateKey !== "string") return undefined;
      return belongTogether(cert, privateKey) ? undefined : message;
    },
  };
}

function belongTogether(cert: string, privateKey: string): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(privateKey));
  } catch {
    // A public key passes as the field's value, but it cannot serve a handshake.
    return false;
  }
}

/** The second pair is for clients of another kind: one RSA, one ECDSA. */
const differentKinds: EntityCheck = {
  kind: "custom",
  fieldSources: ["cert", "cert_alt"],
  description: "The keys of the two certificates are of different types.",
  check({ cert, cert_alt: alternative }) {
    if (typeof cert !== "string" || typeof alternative !== "string") return undefined;
    const kind = (text: string) => new X509Certificate(text).publicKey.asymmetricKeyType;
    return kind(cert) === kind(alternative)
      ? "certificate and alternative certificate need to have different type (e.g. RSA and ECDSA), the provided certificates were both of the same type"
      : undefined;
  },
};

/** A certificate with its key: shown to clients by server name, or to upstreams. */
export const certificates = defineEntity({
  name: "certificates",
  description: "A certificate with its key: shown to clients by server name, or to upstreams.",
  fields: {
    id: id("Identifies the certificate."),
    created_at: createdAt,
    updated_at: updatedAt,
    cert: certificate({
      required: true,
      referenceable: true,
      description: "The certificate, and its chain behind it, in PEM.",
      example: "{vault://env/orders-certificate}",
    }),
    key: key({
      required: true,
      referenceable: true,
      encrypted: true,
      description: "Its private key in PEM.",
      example: "{vault://env/orders-key}",
    }),
    cert_alt: certificate({ referenceable: true, description: "A second certificate of another kind (ECDSA beside RSA)." }),
    key_alt: key({ referenceable: true, encrypted: true, description: "The private key of the second certificate." }),
    tags: tags(),
    snis: arrayOf(wildcardHost(), { transient: true, description: "The server names that it is shown for." }),
  },
  checks: [
    { kind: "mutually_required", fields: ["cert_alt", "key_alt"] },
    pair("cert", "key", "certificate does not match key"),
    pair("cert_alt", "key_alt", "alternative certificate does not match key"),
    differentKinds,
  ],
});

/** A certificate as stored: unset fields `null`. */
export type Certificate = Infer<typeof certificates>;

/** A certificate as given. */
export type CertificateInput = InferInput<typeof certificates>;
