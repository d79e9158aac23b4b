/** A rule about several fields of one record. Names may be dotted paths. The texts are Kong's. */
export type EntityCheck =
  | { readonly kind: NamesCheckKind; readonly fields: readonly string[] }
  | {
      readonly kind: "mutually_exclusive_sets";
      readonly set1: readonly string[];
      readonly set2: readonly string[];
    }
  | ConditionalCheck
  | ConditionalAtLeastOneOfCheck
  | CustomCheck;

/** The checks that need nothing but a list of names. */
export type NamesCheckKind = "at_least_one_of" | "only_one_of" | "distinct" | "mutually_required" | "mutually_exclusive";

/** When the first field satisfies `ifMatch`, the second must satisfy `thenMatch`. */
export interface ConditionalCheck {
  readonly kind: "conditional";
  readonly ifField: string;
  readonly ifMatch: Matcher;
  readonly thenField: string;
  readonly thenMatch: Matcher;
  /** Replaces the entity message; `%s` stands for the name of the first field. */
  readonly thenErr?: string;
}

/** When the first field satisfies `ifMatch`, one of the others must be set; else the same again with `elseMatch`. */
export interface ConditionalAtLeastOneOfCheck {
  readonly kind: "conditional_at_least_one_of";
  readonly ifField: string;
  readonly ifMatch: Matcher;
  readonly thenAtLeastOneOf: readonly string[];
  /** `%s` stands for the quoted list of names. */
  readonly thenErr?: string;
  readonly elseMatch?: Matcher;
  readonly elseThenAtLeastOneOf?: readonly string[];
  readonly elseThenErr?: string;
}

/** A check that is written out. */
export interface CustomCheck {
  readonly kind: "custom";
  /** The fields the function sees; it runs when all are there and without error, unless told otherwise. */
  readonly fieldSources: readonly string[];
  readonly runWithMissingFields?: boolean;
  readonly runWithInvalidFields?: boolean;
  /** What is checked, in one sentence, for documentation. */
  readonly description?: string;
  /** Returns the message of a fault, or per-field messages. */
  readonly check: (fields: Readonly<Record<string, unknown>>) => string | Readonly<Record<string, string>> | undefined;
}

/** Attributes merged over the real field's definition, so they inherit its type and validators. */
export interface Matcher {
  readonly required?: boolean;
  readonly eq?: unknown;
  readonly ne?: unknown;
  readonly oneOf?: readonly (string | number)[];
  readonly notOneOf?: readonly string[];
  readonly lenEq?: number;
  readonly lenMin?: number;
  readonly gt?: number;
  readonly match?: RegExp;
  readonly contains?: unknown;
  readonly elements?: Matcher;
  /** In place of the field's own validator. */
  readonly validator?: (value: never) => string | undefined;
  readonly err?: string;
}

/** The names a check is about, in its own order. */
export function checkedNames(check: EntityCheck): readonly string[] {
  switch (check.kind) {
    case "conditional":
      return [check.ifField, check.thenField];
    case "conditional_at_least_one_of":
      return [check.ifField, ...check.thenAtLeastOneOf, ...(check.elseThenAtLeastOneOf ?? [])];
    case "custom":
      return check.fieldSources;
    case "mutually_exclusive_sets":
      return [...check.set1, ...check.set2];
    default:
      return check.fields;
  }
}
