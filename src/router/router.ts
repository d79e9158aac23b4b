/** What the router needs to know of a route. Names and meaning are those of Kong's route entity. */
export interface RoutableRoute {
  readonly id: string;
  readonly name: string | null;
  readonly protocols: readonly string[];
  readonly methods: readonly string[] | null;
  readonly hosts: readonly string[] | null;
  readonly paths: readonly string[] | null;
  readonly headers: Readonly<Record<string, readonly string[]>> | null;
  readonly snis: readonly string[] | null;
  readonly regex_priority: number | null;
  readonly strip_path: boolean;
  readonly created_at: number;
}

/** The part of a request that decides its route. */
export interface RoutingRequest {
  readonly method: string;
  /** Origin form as received, query included. */
  readonly target: string;
  /** The `Host` header as received; `undefined` when there is none. */
  readonly host: string | undefined;
  /** Lower-case names, as Node's `req.headers`. Read only when some route asks for headers. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly scheme: "http" | "https";
  /** The TLS server name; `undefined` on plain text. */
  readonly sni: string | undefined;
  /** The port that counts when the `Host` header has none. */
  readonly port: number;
}

/** A match, with what later steps need of it. */
export interface RouteMatch<T> {
  /** What was handed in with the route. */
  readonly value: T;
  /** The normalised request path, without the query. */
  readonly path: string;
  /** The query with its `?`, byte for byte; empty when there is none. */
  readonly query: string;
  /** What strip_path takes off the front: the prefix or the text that the regex matched; empty when no path matched. */
  readonly prefix: string;
  /** The groups of the path's (or a header's) regex; `null` without groups. */
  readonly captures: UriCaptures | null;
}

export interface UriCaptures {
  readonly unnamed: readonly (string | undefined)[];
  readonly named: Readonly<Record<string, string>>;
}

/** Why a route did or did not match. */
export interface RouteExplanation<T> {
  /** The winner; `undefined` when nothing matches. */
  readonly match: RouteMatch<T> | undefined;
  /** All matchers that were worth a look, best first, with the verdict on each criterion. */
  readonly candidates: readonly {
    readonly value: T;
    readonly routeId: string;
    readonly routeName: string | null;
    readonly matched: boolean;
    /** Kong's 64-bit priority as hexadecimal text. */
    readonly priority: string;
    readonly criteria: readonly {
      readonly name: string;
      readonly expected: string;
      readonly actual: string;
      readonly matched: boolean;
    }[];
  }[];
}

/** Finds the route of a request. Immutable. */
export interface Router<T> {
  match(request: RoutingRequest): RouteMatch<T> | undefined;
  explain(request: RoutingRequest): RouteExplanation<T>;
  /** Number of matchers in the index. */
  readonly size: number;
}
