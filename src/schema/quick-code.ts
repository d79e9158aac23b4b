import type { Field } from "./field.js";

/** Pieces of generated JavaScript and the values that they refer to. */
export class QuickCode {
  /** Adds the function that completes a record within a record, and answers its name. */
  readonly addRecord: (field: Field) => string;
  readonly #values: unknown[] = [];
  readonly #functions: string[] = [];
  #names = 0;

  constructor(addRecord: (code: QuickCode, field: Field) => string) {
    this.addRecord = (field) => addRecord(this, field);
  }

  /** The name under which the code finds a value. The same value has one name. */
  value(value: unknown): string {
    const known = this.#values.indexOf(value);
    if (known !== -1) return `c${known}`;
    this.#values.push(value);
    return `c${this.#values.length - 1}`;
  }

  /** A text or number as it is written in code; anything else by name. */
  literal(value: unknown): string {
    const isPlain = value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
    return isPlain && !Object.is(value, -0) ? JSON.stringify(value) : this.value(value);
  }

  /** A name that nothing else has. */
  name(prefix: string): string {
    this.#names += 1;
    return `${prefix}${this.#names}`;
  }

  /** Adds a function and answers its name. */
  add(parameters: string, body: string): string {
    const name = this.name("f");
    this.#functions.push(`function ${name}(${parameters}) {\n${body}\n}`);
    return name;
  }

  /** The function of that name, ready to be called. */
  compile<F>(name: string): F {
    const values = this.#values.map((_, index) => `c${index}`).join(", ");
    const code = `"use strict";\nconst [${values}] = values;\n${this.#functions.join("\n")}\nreturn ${name};`;
    return new Function("values", code)(this.#values) as F;
  }
}

/** Thrown where a definition has something that only the thorough way knows. */
export class NotQuick extends Error {}
