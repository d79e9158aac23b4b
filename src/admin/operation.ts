/** What an operation does. The first six follow from an entity's definition; `action` is everything else. */
export type OperationKind = "list" | "insert" | "select" | "upsert" | "update" | "delete" | "action";

/** JSON Schema of a value that no entity describes. */
export type ValueSchema = Readonly<Record<string, unknown>>;

/**
 * What a body holds. `record` and `page` are what answers show of an entity, `input` and `changes` what a client gives of it (all that is
 * needed, or any part), `message` is `{ "message": … }`, `error` the object of a refusal by the store, `value` anything else in JSON.
 */
export type BodyShape =
  | { readonly kind: "record" | "page" | "changes"; readonly entity: string }
  | InputShape
  | { readonly kind: "message" | "error" }
  | { readonly kind: "value"; readonly schema: ValueSchema }
  | { readonly kind: "text"; readonly type: string };

/** What a client gives to make or replace a record. */
export interface InputShape {
  readonly kind: "input";
  readonly entity: string;
  /** Fields that the path gives, so that the body need not. */
  readonly supplied?: readonly string[];
}

/** One answer of an operation. */
export interface AnswerShape {
  readonly description: string;
  /** Absent: the answer has no body. Several: one of them. */
  readonly body?: BodyShape | readonly BodyShape[];
}

/** What a request of an operation may carry as its body. */
export interface RequestShape {
  readonly body: BodyShape;
  /** A request without it is fine as well. */
  readonly optional?: boolean;
  /** Media types. Default: JSON and both form encodings. */
  readonly types?: readonly string[];
}

/**
 * What one method of one path is for, as data, for documents and clients to be generated from. The refusals that any operation may
 * answer with are not among its answers: a body that is too large (413), of a type that is not taken (415) or cannot be read (400), and
 * what the protection of the whole API refuses (401, 403).
 */
export interface Operation {
  readonly kind: OperationKind;
  /** Names it in documents; unique among the operations of a method. Default: made from the path. */
  readonly id?: string;
  readonly summary: string;
  /** The entity that it reads or writes. */
  readonly entity?: string;
  /** Schemas of the arguments of the query. */
  readonly query?: Readonly<Record<string, ValueSchema>>;
  readonly request?: RequestShape;
  /** By status. */
  readonly answers: Readonly<Record<number, AnswerShape>>;
}

const message = { kind: "message" } as const;
const failure = { kind: "error" } as const;
const missing: AnswerShape = { description: "There is none", body: [message, failure] };
const refused: AnswerShape = { description: "The request breaks a rule", body: [failure, message] };
const readOnly: AnswerShape = { description: "There is no database to write to", body: failure };
const conflict: AnswerShape = { description: "Another record has a value that is unique", body: failure };
const noContent: AnswerShape = { description: "Done" };

/** Answers that operations of their own put together. */
export const answers = { missing, refused, readOnly, conflict, noContent } as const;

/** An answer with a JSON body of its own kind. */
export function shown(description: string, schema: ValueSchema): AnswerShape {
  return { description, body: { kind: "value", schema } };
}

/** An operation that does not follow from an entity's definition. */
export function action(summary: string, parts: Omit<Operation, "kind" | "summary">): Operation {
  return { kind: "action", summary, ...parts };
}

const pageArguments: Readonly<Record<string, ValueSchema>> = {
  size: { type: "integer", minimum: 1, maximum: 1000, default: 100, description: "Records on a page." },
  offset: { type: "string", description: "Where the page begins: `offset` of the page before." },
};
const tagsArgument: ValueSchema = {
  type: "string",
  description: "Only records with these tags, at most five: `a,b` for all of them, `a/b` for any.",
};

/** @param hasTags - the list may be narrowed down by tags */
export function listOperation(entity: string, hasTags: boolean, below?: string): Operation {
  return {
    kind: "list",
    summary: below === undefined ? `List ${entity}` : `List the ${entity} of one of the ${below}`,
    entity,
    query: hasTags ? { ...pageArguments, tags: tagsArgument } : pageArguments,
    answers: {
      200: { description: "A page", body: { kind: "page", entity } },
      400: refused,
      ...(below === undefined ? {} : { 404: missing }),
    },
  };
}

/**
 * @param below - the entity of the parent that the path names
 * @param field - the field that refers to it
 */
export function insertOperation(entity: string, below?: string, field?: string): Operation {
  return {
    kind: "insert",
    summary: below === undefined ? `Create one of the ${entity}` : `Create one of the ${entity} for one of the ${below}`,
    entity,
    request: { body: { kind: "input", entity, ...(field === undefined ? {} : { supplied: [field] }) } },
    answers: {
      201: { description: "The record", body: { kind: "record", entity } },
      400: refused,
      405: readOnly,
      409: conflict,
      ...(below === undefined ? {} : { 404: missing }),
    },
  };
}

export function selectOperation(entity: string): Operation {
  return {
    kind: "select",
    summary: `Show one of the ${entity}`,
    entity,
    answers: { 200: { description: "The record", body: { kind: "record", entity } }, 400: refused, 404: missing },
  };
}

/** What a write to one record is answered with. */
function writtenAnswers(entity: string): Operation["answers"] {
  return {
    200: { description: "The record", body: { kind: "record", entity } },
    400: refused,
    404: missing,
    405: readOnly,
    409: conflict,
  };
}

/** @param supplied - the fields that the path gives: the key, and below a parent the reference to it */
export function upsertOperation(entity: string, supplied: readonly (string | undefined)[]): Operation {
  const names = supplied.filter((name) => name !== undefined);
  return {
    kind: "upsert",
    summary: `Create one of the ${entity}, or replace it`,
    entity,
    request: { body: { kind: "input", entity, ...(names.length > 0 ? { supplied: names } : {}) } },
    answers: writtenAnswers(entity),
  };
}

export function updateOperation(entity: string): Operation {
  return {
    kind: "update",
    summary: `Change one of the ${entity}`,
    entity,
    request: { body: { kind: "changes", entity } },
    answers: writtenAnswers(entity),
  };
}

export function deleteOperation(entity: string): Operation {
  return {
    kind: "delete",
    summary: `Delete one of the ${entity}`,
    entity,
    answers: { 204: noContent, 400: refused, 404: missing, 405: readOnly },
  };
}
