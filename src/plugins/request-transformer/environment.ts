import type { Pdk } from "../../pdk/pdk.js";
import type { Environment } from "./templates/template.js";
import { fromHost, type LuaTable, type LuaValue, TemplateError, toBytes } from "./templates/values.js";

type Query = ReturnType<Pdk["request"]["getQuery"]>;

/** The most arguments that are looked at; more than any other reader of the gateway takes. */
const MOST_ARGUMENTS = 1000;

/**
 * What templates see of a request: as it was before this plugin changed it. Each part is read when it is first asked for, and kept.
 */
export class RequestEnvironment implements Environment {
  readonly #pdk: Pdk;
  #headers: RequestHeaders | undefined;
  #query: Query | undefined;
  #queryTable: LuaValue;
  #captures: LuaValue;

  constructor(pdk: Pdk) {
    this.#pdk = pdk;
  }

  lookUp(name: string): LuaValue {
    switch (name) {
      case "headers":
        this.#headers ??= new RequestHeaders(this.#pdk);
        return this.#headers;
      case "query_params":
        this.#queryTable ??= fromHost(this.query());
        return this.#queryTable;
      case "uri_captures":
        this.#captures ??= new Captures(this.#pdk);
        return this.#captures;
      case "shared":
        return fromHost(this.#pdk.ctx.shared);
      default:
        return undefined;
    }
  }

  /** The arguments as they were when they were first asked for. */
  query(): Query {
    this.#query ??= this.#pdk.request.getQuery(MOST_ARGUMENTS);
    return this.#query;
  }

  /** Remembers the headers, which are about to change. */
  keepHeaders(): void {
    this.#headers ??= new RequestHeaders(this.#pdk);
    this.#headers.keep();
  }
}

abstract class ReadOnly implements LuaTable {
  abstract get(key: LuaValue): LuaValue;
  abstract entries(): Iterable<readonly [LuaValue, LuaValue]>;

  set(): void {
    throw new TemplateError("this environment is read-only");
  }

  length(): number {
    return 0;
  }

  text(): string {
    return "table";
  }
}

type KeptHeaders = ReturnType<Pdk["request"]["getHeaders"]>;

/** Request headers by name, in any case, `_` and `-` alike. Their values are bytes already. */
class RequestHeaders extends ReadOnly {
  readonly #pdk: Pdk;
  #kept: KeptHeaders | undefined;

  constructor(pdk: Pdk) {
    super();
    this.#pdk = pdk;
  }

  keep(): void {
    this.#kept ??= this.#pdk.request.getHeaders(MOST_ARGUMENTS);
  }

  get(key: LuaValue): LuaValue {
    if (typeof key !== "string") return undefined;
    if (this.#kept === undefined) return headerValue(this.#pdk.request.getHeaderValues(key));
    const lower = key.toLowerCase();
    return headerValue(this.#kept[lower] ?? this.#kept[lower.replaceAll("_", "-")]);
  }

  entries(): Iterable<readonly [LuaValue, LuaValue]> {
    this.keep();
    return Object.entries(this.#kept ?? {}).map(([name, value]) => [name, headerValue(value)] as const);
  }
}

function headerValue(value: string | readonly string[] | undefined): LuaValue {
  if (value === undefined || typeof value === "string") return value;
  return value.length === 1 ? value[0] : new HeaderLines(value);
}

/** The values of a header that came several times. */
class HeaderLines extends ReadOnly {
  readonly #values: readonly string[];

  constructor(values: readonly string[]) {
    super();
    this.#values = values;
  }

  get(key: LuaValue): LuaValue {
    return typeof key === "number" ? this.#values[key - 1] : undefined;
  }

  override length(): number {
    return this.#values.length;
  }

  entries(): Iterable<readonly [LuaValue, LuaValue]> {
    return this.#values.map((value, i) => [i + 1, value] as const);
  }

  override text(): string {
    return this.#values.join(", ");
  }
}

/** The groups of the route's regex by number and by name; 0 is all that matched. */
class Captures extends ReadOnly {
  readonly #captures: ReturnType<Pdk["request"]["getUriCaptures"]>;

  constructor(pdk: Pdk) {
    super();
    this.#captures = pdk.request.getUriCaptures();
  }

  get(key: LuaValue): LuaValue {
    const { unnamed, named } = this.#captures;
    if (typeof key === "number") return fromHost(unnamed[key]);
    return typeof key === "string" && Object.hasOwn(named, key) ? fromHost(named[key]) : undefined;
  }

  entries(): Iterable<readonly [LuaValue, LuaValue]> {
    const { unnamed, named } = this.#captures;
    return [
      ...unnamed.map((value, i) => [i, fromHost(value)] as const).filter(([, value]) => value !== undefined),
      ...Object.entries(named).map(([name, value]) => [toBytes(name), fromHost(value)] as const),
    ];
  }
}
