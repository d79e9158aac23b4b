import { isObject, setOwn } from "../schema/values.js";
import type { ParsedItems } from "./parse-messages.js";
import type { DocumentPath } from "./positions.js";

/** About half a millisecond's work for whoever receives it. */
const batchLength = 65_536;

/** A number that JSON cannot write down. */
const notFinite = /\.(?:inf|nan)|\d[eE]\+?\d{3}|\d{309}/i;

/** Whether values of this text may be such that JSON cannot write them down. */
export function mayHoldOddNumbers(text: string): boolean {
  return notFinite.test(text);
}

/** Takes the lists out of a document, to be sent piece by piece. */
export class Splitter {
  items = 0;
  readonly #lists: { readonly path: DocumentPath; readonly list: readonly unknown[] }[] = [];
  readonly #asValues: boolean;

  /** @param asValues - send values and not JSON, which is faster but does not know all numbers */
  constructor(asValues: boolean) {
    this.#asValues = asValues;
  }

  /** A copy whose lists are empty; they are kept to be sent later. */
  hollow(value: Readonly<Record<string, unknown>>, path: DocumentPath): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      const member = value[key];
      if (Array.isArray(member)) {
        this.#lists.push({ path: [...path, key], list: member });
        this.items += member.length;
        setOwn(copy, key, []);
      } else setOwn(copy, key, member);
    }
    return copy;
  }

  *batches(): Generator<ParsedItems> {
    for (let entry = this.#lists.shift(); entry; entry = this.#lists.shift()) {
      const { path, list } = entry;
      let texts: string[] = [];
      let values: unknown[] = [];
      let length = 0;
      const flush = (): ParsedItems => {
        const batch: ParsedItems = { kind: "items", path, items: this.#asValues ? values : `[${texts.join(",")}]`, length };
        texts = [];
        values = [];
        length = 0;
        return batch;
      };
      for (const [index, item] of list.entries()) {
        let sent = item;
        let text = JSON.stringify(item);
        if (text.length > batchLength && isObject(item)) {
          sent = this.hollow(item, [...path, index]);
          text = JSON.stringify(sent);
        }
        texts.push(text);
        if (this.#asValues) values.push(sent);
        length += text.length;
        if (length >= batchLength) yield flush();
      }
      if (texts.length > 0) yield flush();
    }
  }
}
