import type { FieldError, FieldErrors } from "../errors/field-errors.js";
import { setOwn } from "../schema/values.js";

type Part = string | number;

/** Gathers faults by place and puts them into the form of Kong's answer. */
export class ErrorTree {
  readonly #members = new Map<Part, ErrorTree | FieldError>();

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  /** Sets the error of one field (or record) at a place. */
  set(place: readonly Part[], error: FieldError): void {
    const last = place.at(-1) as Part;
    const members = this.#at(place.slice(0, -1)).#members;
    const there = members.get(last);
    if (there instanceof ErrorTree) there.#addEntityText(error);
    else members.set(last, error);
  }

  /** Adds a text to the list of texts at a place. */
  push(place: readonly Part[], text: string): void {
    const last = place.at(-1) as Part;
    const members = this.#at(place.slice(0, -1)).#members;
    const there = members.get(last);
    if (there instanceof ErrorTree) there.#addEntityText(text);
    else
      members.set(last, Array.isArray(there) ? [...there, text] : [...(there === undefined ? [] : [there as FieldError]), text]);
  }

  /** Lists have `null` in the place of good items. A level with positions and names shows positions as texts, counted from 1. */
  toFieldErrors(): FieldErrors {
    return this.#toFieldError() as FieldErrors;
  }

  #toFieldError(): FieldError {
    const positions = [...this.#members.keys()].filter((key) => typeof key === "number");
    if (positions.length > 0 && positions.length === this.#members.size) {
      const list: (FieldError | null)[] = new Array(positions.reduce((most, position) => Math.max(most, position)) + 1).fill(
        null,
      );
      for (const position of positions) list[position] = this.#shown(position);
      return list;
    }
    const named: Record<string, FieldError> = {};
    for (const key of this.#members.keys()) setOwn(named, String(typeof key === "number" ? key + 1 : key), this.#shown(key));
    return named;
  }

  #shown(key: Part): FieldError {
    const member = this.#members.get(key) as ErrorTree | FieldError;
    return member instanceof ErrorTree ? member.#toFieldError() : member;
  }

  #at(place: readonly Part[]): ErrorTree {
    let branch: ErrorTree = this;
    for (const part of place) {
      const there = branch.#members.get(part);
      if (there instanceof ErrorTree) {
        branch = there;
        continue;
      }
      const next = new ErrorTree();
      if (there !== undefined) next.#addEntityText(there);
      branch.#members.set(part, next);
      branch = next;
    }
    return branch;
  }

  /** A fault of a record as a whole, where the record's members have faults too. */
  #addEntityText(error: FieldError): void {
    const there = this.#members.get("@entity");
    const list = Array.isArray(there) ? there : [];
    this.#members.set("@entity", [...list, ...(Array.isArray(error) ? error : [error])]);
  }
}
