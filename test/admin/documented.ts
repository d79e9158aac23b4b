import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { OpenApiDocument } from "postern";

/** A JSON Schema or any other object of a document. */
export type Json = Readonly<Record<string, unknown>>;

/** One operation of a document, with what it takes and answers. */
export interface Documented {
  readonly id: string;
  /** The entity that it is about. */
  readonly tag: string;
  readonly method: string;
  readonly pattern: string;
  readonly pathNames: readonly string[];
  readonly query: readonly { readonly name: string; readonly schema: Json }[];
  /** Schema of the body in JSON. */
  readonly body: Json | undefined;
  /** What is wrong with a body by the document; `undefined`: nothing. */
  bodyFault(body: unknown): string | undefined;
  /** What is wrong with an answer by the document; `undefined`: nothing. */
  answerFault(status: number, contentType: string | null, body: unknown): string | undefined;
}

interface Media {
  readonly schema: Json;
  readonly examples?: Readonly<Record<string, Json>>;
}

/** Reads a document, following references. */
export class DocumentReader {
  readonly #document: OpenApiDocument;
  readonly #ajv = new Ajv2020({
    strict: false,
    allErrors: false,
    formats: { uuid: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i },
  });
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(document: OpenApiDocument) {
    this.#document = document;
    this.#ajv.addSchema({ $id: "document", ...document }, "document");
  }

  operations(): Documented[] {
    return Object.entries(this.#document.paths).flatMap(([pattern, item]) =>
      Object.entries(item).map(([method, operation]) => this.#operation(pattern, method, operation as unknown as Json)),
    );
  }

  /** Every media type of the document, with its place. */
  media(): { readonly at: string; readonly media: Media }[] {
    const found: { at: string; media: Media }[] = [];
    const visit = (value: unknown, at: string): void => {
      if (typeof value !== "object" || value === null) return;
      const { content } = value as { content?: Record<string, Media> };
      for (const [type, media] of Object.entries(content ?? {})) found.push({ at: `${at}/content/${escaped(type)}`, media });
      for (const [key, member] of Object.entries(value)) if (key !== "schemas") visit(member, `${at}/${escaped(key)}`);
    };
    visit(this.#document.paths, "#/paths");
    visit(this.#document.components.responses, "#/components/responses");
    return found;
  }

  /** Says what is wrong with a value by the schema at a place. */
  fault(at: string, value: unknown): string | undefined {
    // Most places have the same few schemas.
    const key = JSON.stringify(this.#at(at));
    let validate = this.#validators.get(key);
    if (!validate) {
      validate = this.#ajv.compile({ $ref: `document${at}` });
      this.#validators.set(key, validate);
    }
    return validate(value) ? undefined : this.#ajv.errorsText(validate.errors);
  }

  resolve(value: unknown): Json {
    const { $ref } = value as { $ref?: string };
    return $ref === undefined ? (value as Json) : this.#at($ref);
  }

  #at(pointer: string): Json {
    let value: unknown = this.#document;
    for (const part of pointer.split("/").slice(1)) value = (value as Json)[part.replaceAll("~1", "/").replaceAll("~0", "~")];
    return value as Json;
  }

  #operation(pattern: string, method: string, operation: Json): Documented {
    const at = `#/paths/${escaped(pattern)}/${method}`;
    const parameters = ((operation.parameters ?? []) as unknown[]).map((one) => this.resolve(one));
    const request = operation.requestBody as { content: Record<string, Media> } | undefined;
    const responses = operation.responses as Record<string, Json>;
    return {
      id: String(operation.operationId),
      tag: String((operation.tags as unknown[])[0]),
      method: method.toUpperCase(),
      pattern,
      pathNames: parameters.filter((one) => one.in === "path").map(({ name }) => String(name)),
      query: parameters
        .filter((one) => one.in === "query")
        .map(({ name, schema }) => ({ name: String(name), schema: schema as Json })),
      body: request?.content["application/json"]?.schema,
      bodyFault: (body) => this.fault(`${at}/requestBody/content/application~1json/schema`, body),
      answerFault: (status, contentType, body) => {
        const key = Object.hasOwn(responses, String(status)) ? String(status) : "default";
        const given = responses[key];
        if (!given) return `the status ${status} is not documented`;
        const place = typeof given.$ref === "string" ? given.$ref : `${at}/responses/${key}`;
        const { content } = this.resolve(given) as { content?: Record<string, Media> };
        if (!content) return key === "default" || body === undefined ? undefined : "a body that is not documented";
        const type = contentType?.split(";")[0] ?? "";
        if (!content[type]) return `the type '${type}' is not documented`;
        return this.fault(`${place}/content/${escaped(type)}/schema`, body);
      },
    };
  }
}

function escaped(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
