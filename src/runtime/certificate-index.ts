import { createSecureContext, type SecureContext } from "node:tls";
import type { Certificate } from "../entities/certificates.js";
import type { Sni } from "../entities/snis.js";

/** The certificates of one configuration, by server name. Contexts are made when first asked for. */
export class CertificateIndex {
  readonly #certificates = new Map<string, Certificate>();
  readonly #byName = new Map<string, string>();
  readonly #contexts = new Map<string, SecureContext>();

  constructor(certificates: Iterable<Certificate>, snis: Iterable<Sni>) {
    for (const certificate of certificates) this.#certificates.set(certificate.id, certificate);
    for (const { name, certificate } of snis) this.#byName.set(name.toLowerCase(), certificate.id);
  }

  get(id: string): Certificate | undefined {
    return this.#certificates.get(id);
  }

  /** Exact name, `*.rest`, `rest.*`, `*` (proxying, section 9). */
  find(serverName: string): SecureContext | undefined {
    const name = serverName.toLowerCase();
    const id =
      this.#byName.get(name) ??
      this.#byName.get(`*${name.slice(Math.max(name.indexOf("."), 0))}`) ??
      this.#byName.get(`${name.slice(0, name.lastIndexOf(".") + 1)}*`) ??
      this.#byName.get("*");
    return id === undefined ? undefined : this.#context(id);
  }

  #context(id: string): SecureContext | undefined {
    const certificate = this.#certificates.get(id);
    let context = this.#contexts.get(id);
    if (context === undefined && certificate !== undefined) {
      const { cert, key, cert_alt: certAlt, key_alt: keyAlt } = certificate;
      context = createSecureContext({
        cert: certAlt === null ? cert : [cert, certAlt],
        key: keyAlt === null ? key : [key, keyAlt],
      });
      this.#contexts.set(id, context);
    }
    return context;
  }
}
