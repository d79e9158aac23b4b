import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { isObject } from "../../schema/values.js";
import type { ReadOptions } from "../dao.js";
import { EntityDao } from "../entity-dao.js";
import type { Values } from "../entity-reads.js";

/** Keys have a short cache key, and can be had as text. */
export class KeysDao extends EntityDao {
  override cacheKey({ kid, set }: Values): string {
    return `keys:${kid === null || kid === undefined ? "" : String(kid)}:${isObject(set) ? String(set.id) : ""}`;
  }

  override selectByCacheKey(key: string, options?: ReadOptions): Promise<Record<string, unknown> | undefined> {
    const [, kid, set = ""] = /^keys:(.*):([^:]*)$/s.exec(String(key)) ?? [];
    if (kid === undefined) return super.selectByCacheKey(key, options);
    return super.selectByCacheKey(super.cacheKey({ kid, set: set === "" ? null : { id: set } }), options);
  }

  /** @see KeyMethods.getPubkey */
  getPubkey(key: Values): string {
    return exported(key, (source) => createPublicKey(source));
  }

  /** @see KeyMethods.getPrivkey */
  getPrivkey(key: Values): string {
    if (!hasPrivateKey(key)) throw new TypeError("could not load a private key from public key material");
    return exported(key, (source) => createPrivateKey(source));
  }
}

type KeySource = string | { readonly key: JsonWebKey; readonly format: "jwk" };

function exported(key: Values, load: (source: KeySource) => KeyObject): string {
  if (typeof key.jwk === "string") {
    const { kty, n, e, crv, x, y, d, p, q, dp, dq, qi, k, ...described } = jwkOf(key.jwk);
    const material = load({ key: { kty, n, e, crv, x, y, d, p, q, dp, dq, qi, k } as JsonWebKey, format: "jwk" });
    return JSON.stringify({ ...described, ...material.export({ format: "jwk" }) });
  }
  const { private_key: privateKey, public_key: publicKey } = isObject(key.pem) ? key.pem : {};
  const loaded = load(String(privateKey ?? publicKey));
  return loaded.export({ format: "pem", type: loaded.type === "private" ? "pkcs8" : "spki" }) as string;
}

function hasPrivateKey(key: Values): boolean {
  if (typeof key.jwk === "string") return typeof jwkOf(key.jwk).d === "string";
  return isObject(key.pem) && typeof key.pem.private_key === "string";
}

function jwkOf(text: string): Readonly<Record<string, unknown>> {
  const jwk: unknown = JSON.parse(text);
  if (!isObject(jwk)) throw new TypeError("the JWK is not an object");
  return jwk;
}
