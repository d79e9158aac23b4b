import { type DaoErrorCode, daoErrors } from "./codes.js";
import type { ConfigIssue, FieldErrors, FlattenedError } from "./field-errors.js";
import { GatewayError } from "./gateway-error.js";
import { luaText } from "./lua-notation.js";
import { listMessage, schemaViolationMessage } from "./messages.js";

/** A primary or unique key: texts, numbers, keys of other entities, or `null` for an unset part. */
export interface EntityKey {
  readonly [field: string]: string | number | boolean | null | EntityKey;
}

/** One of the errors that Kong numbers. */
export class DaoError extends GatewayError {
  declare readonly code: DaoErrorCode;

  constructor(code: DaoErrorCode, message: string, fields?: object, cause?: unknown) {
    super({
      code,
      name: daoErrors[code].name,
      status: daoErrors[code].status,
      message,
      ...(fields === undefined ? {} : { fields: fields as FieldErrors }),
      cause,
    });
  }
}

/** Code 1: the given key is not one. */
export class InvalidPrimaryKeyError extends DaoError {
  constructor(fields: Readonly<Record<string, string>>) {
    super(1, `invalid primary key: '${luaText(fields)}'`, fields);
  }
}

/** Code 2: the record breaks the rules of its entity. */
export class SchemaViolationError extends DaoError {
  declare readonly fields: FieldErrors;

  constructor(fields: FieldErrors) {
    super(2, schemaViolationMessage(fields), fields);
  }
}

/** Code 3: the id is taken. */
export class PrimaryKeyViolationError extends DaoError {
  constructor(key: EntityKey) {
    super(3, `primary key violation on key '${luaText(key)}'`, key);
  }
}

/** Code 4: a reference leads nowhere, or something still refers to the record to be deleted. */
export class ForeignKeyViolationError extends DaoError {
  private constructor(message: string, fields: object) {
    super(4, message, fields);
  }

  /** On insert and update: `field` names a record of `parent` that is not there. */
  static missing(field: string, key: EntityKey, parent: string): ForeignKeyViolationError {
    const message = `the foreign key '${luaText(key)}' does not reference an existing '${parent}' entity.`;
    return new ForeignKeyViolationError(message, { [field]: key });
  }

  /** On delete: a record of `child` refers to the record of `parent`. */
  static referenced(parent: string, child: string): ForeignKeyViolationError {
    return new ForeignKeyViolationError(`an existing '${child}' entity references this '${parent}' entity`, {
      "@referenced_by": child,
    });
  }
}

/** Code 5: another record has the same value in a unique field. */
export class UniqueViolationError extends DaoError {
  constructor(key: EntityKey) {
    super(5, `UNIQUE violation detected on '${luaText(key, { nullText: "null" })}'`, key);
  }
}

/** Code 6: no record has this key. */
export class NotFoundError extends DaoError {
  /**
   * @param key - what was looked for
   * @param by - whether `key` is the primary key or another unique field
   */
  constructor(key: EntityKey, by: "primary key" | "field" = "primary key") {
    super(6, `could not find the entity with ${by === "field" ? "" : "primary key "}'${luaText(key)}'`, key);
  }
}

/** Code 7: the page token is not one of ours. */
export class InvalidOffsetError extends DaoError {
  constructor(token: string, reason: string) {
    super(7, `'${token}' is not a valid offset: ${reason}`);
  }
}

/** Code 8: the storage failed. */
export class DatabaseError extends DaoError {
  constructor(message: string, cause?: unknown) {
    super(8, message, undefined, cause);
  }
}

/** Code 9: the page size is out of bounds. */
export class InvalidSizeError extends DaoError {
  constructor(max: number) {
    super(9, `size must be an integer between 1 and ${max}`);
  }
}

/** Code 10: the value can not be one of the unique field it is looked up by. */
export class InvalidUniqueError extends DaoError {
  constructor(field: string, message: string) {
    super(10, message);
    this.name = `${daoErrors[10].name} ${field}`;
  }
}

/** Code 11: a call's options are wrong. */
export class InvalidOptionsError extends DaoError {
  /** A text per option. */
  readonly options: Readonly<Record<string, string>>;

  constructor(options: Readonly<Record<string, string>>) {
    const items = Object.keys(options)
      .sort()
      .map((name) => `${name}: ${options[name]}`);
    super(11, listMessage("invalid option", "option violations", items));
    this.options = options;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), options: this.options };
  }
}

/** Code 12: the storage in use can not do this. */
export class OperationUnsupportedError extends DaoError {
  constructor(message: string) {
    super(12, message);
  }

  /** `cannot create 'services' entities when not using a database` */
  static readOnly(
    verb: "create" | "update" | "create or update" | "remove",
    entity: string,
    field?: string,
  ): OperationUnsupportedError {
    const by = field === undefined ? "" : ` by '${field}'`;
    return new OperationUnsupportedError(`cannot ${verb} '${entity}' entities${by} when not using a database`);
  }
}

/** Code 13: references by name (`service: { name }`) that match nothing. */
export class ForeignKeysUnresolvedError extends DaoError {
  /** @param fields - by foreign field, the unique field it was given by and the text about it */
  constructor(fields: Readonly<Record<string, Readonly<Record<string, string>>>>) {
    const items = Object.keys(fields)
      .sort()
      .flatMap((field) => Object.entries(fields[field] ?? {}).map(([unique, text]) => `${field}.${unique}: ${text}`));
    super(13, listMessage("foreign key unresolved", "foreign keys unresolved", items), fields);
  }
}

/** What {@link DeclarativeConfigError} takes. */
export interface DeclarativeConfigErrorOptions {
  /** The error tree, nested like the document. */
  readonly fields: FieldErrors;
  readonly flattened?: readonly FlattenedError[];
  readonly issues?: readonly ConfigIssue[];
  /** Default: the tree, printed as Kong does. */
  readonly message?: string;
  readonly cause?: unknown;
}

/** Code 14: a declarative document was refused. Nothing of it has been loaded. */
export class DeclarativeConfigError extends DaoError {
  declare readonly fields: FieldErrors;
  /** The faults by entity, as `flatten_errors=1` asks for them. */
  readonly flattened: readonly FlattenedError[];
  /** The faults one by one, each with its place in the file. */
  readonly issues: readonly ConfigIssue[];

  constructor({ fields, flattened = [], issues = [], message, cause }: DeclarativeConfigErrorOptions) {
    super(14, message ?? `declarative config is invalid: ${luaText(fields)}`, fields, cause);
    this.flattened = flattened;
    this.issues = issues;
  }
}

/** Code 15: a write transformation (hashing a password) failed. */
export class TransformationError extends DaoError {
  constructor(reason: string, cause?: unknown) {
    super(15, `transformation failed: ${reason}`, undefined, cause);
  }
}

/** Code 16: the given foreign key is not one. */
export class InvalidForeignKeyError extends DaoError {
  constructor(fields: Readonly<Record<string, string>>) {
    super(16, `invalid foreign key: '${luaText(fields)}'`, fields);
  }
}

/** Code 17: there is no such workspace. */
export class InvalidWorkspaceError extends DaoError {
  constructor(id: string) {
    super(17, `invalid workspace '${id}'`);
  }
}

/** Code 18: the field is unique within a workspace only. */
export class InvalidGlobalQueryError extends DaoError {
  constructor(field: string) {
    super(18, `unique key ${field} is invalid for global query`);
  }
}

/** Code 19: records of other entities mention this one in a list, so it stays. */
export class ReferencedByOthersError extends DaoError {
  constructor(message: string) {
    super(19, message);
  }
}
