import type { Page, PageOptions } from "./dao.js";

/** What `gateway.db.services` can do beyond {@link Dao}. */
export interface ServiceMethods<R> {
  /**
   * The services that list a CA certificate. Reads them all.
   *
   * @param limit - how many at most; default: all
   */
  selectByCaCertificate(id: string, limit?: number): Promise<R[]>;
}

/** What `gateway.db.plugins` can do beyond {@link Dao}. */
export interface PluginMethods<R> {
  /**
   * The plugin instances whose configuration lists a CA certificate. Reads them all.
   *
   * @param limit - how many at most; default: all
   * @param names - of these plugins only; default: of all
   */
  selectByCaCertificate(id: string, limit?: number, names?: string | readonly string[]): Promise<R[]>;
}

/** What `gateway.db.keys` can do beyond {@link Dao}. */
export interface KeyMethods {
  /**
   * The public key as text, in the form in which the key is stored: the JSON of a JWK, or PEM.
   *
   * @throws when the key cannot be loaded: a reference to a secret, for one, which is nothing that a DAO knows
   */
  getPubkey(key: KeyMaterial): string;
  /**
   * The private key likewise.
   *
   * @throws `TypeError` when there is only a public one; as {@link getPubkey}
   */
  getPrivkey(key: KeyMaterial): string;
}

/** Of a record of `keys`, what makes the key. */
export interface KeyMaterial {
  readonly jwk?: string | null;
  readonly pem?: { readonly private_key?: string | null; readonly public_key?: string | null } | null;
}

/** What `gateway.db.tags` can do beyond {@link Dao}. */
export interface TagMethods<R> {
  /**
   * One page of the records that have a tag.
   *
   * @throws `InvalidUniqueError` when the text can not be a tag; as `page`
   */
  pageByTag(tag: string, size?: number, offset?: string, options?: PageOptions): Promise<Page<R>>;
}

/** What `gateway.db.session_metadatas` can do beyond {@link Dao}. */
export interface SessionMetadataMethods<R> {
  /** The records that have both. Reads them all. */
  selectByAudienceAndSubject(audience: string, subject: string): Promise<R[]>;
}

/**
 * The methods that the DAOs of some entities have in addition.
 *
 * @typeParam R - a record
 */
export interface DaoMethods<R> {
  readonly services: ServiceMethods<R>;
  readonly plugins: PluginMethods<R>;
  readonly keys: KeyMethods;
  readonly tags: TagMethods<R>;
  readonly session_metadatas: SessionMetadataMethods<R>;
}
