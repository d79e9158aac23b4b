/** What a numbered error is called and which HTTP status the Admin API answers it with. */
export interface DaoErrorEntry {
  readonly name: string;
  readonly status: number;
}

/**
 * Kong's numbered errors. Codes 20 (`invalid search query`) and 21 (`invalid sync deltas`) belong to features that exist only in
 * hybrid mode and are listed so that the numbers are not used for anything else.
 */
export const daoErrors = {
  1: { name: "invalid primary key", status: 400 },
  2: { name: "schema violation", status: 400 },
  3: { name: "primary key violation", status: 400 },
  4: { name: "foreign key violation", status: 400 },
  5: { name: "unique constraint violation", status: 409 },
  6: { name: "not found", status: 404 },
  7: { name: "invalid offset", status: 400 },
  8: { name: "database error", status: 500 },
  9: { name: "invalid size", status: 400 },
  10: { name: "invalid unique", status: 400 },
  11: { name: "invalid options", status: 400 },
  12: { name: "operation unsupported", status: 405 },
  13: { name: "foreign keys unresolved", status: 400 },
  14: { name: "invalid declarative configuration", status: 400 },
  15: { name: "transformation error", status: 500 },
  16: { name: "invalid foreign key", status: 500 },
  17: { name: "invalid workspace", status: 500 },
  18: { name: "invalid global query", status: 500 },
  19: { name: "referenced by others", status: 400 },
  20: { name: "invalid search query", status: 500 },
  21: { name: "invalid sync deltas", status: 500 },
} as const satisfies Readonly<Record<number, DaoErrorEntry>>;

/** A code of {@link daoErrors}. */
export type DaoErrorCode = keyof typeof daoErrors;
