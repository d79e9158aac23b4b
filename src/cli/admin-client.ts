/** An Admin API that does not answer, or not as it should. */
export class AdminApiError extends Error {
  override readonly name = "AdminApiError";
}

/** Where the Admin API of a gateway on the same machine is, unless told otherwise. */
export const defaultAdminUrl = "http://127.0.0.1:8001";

/** How long an answer may take. Milliseconds. */
const TIMEOUT = 30_000;

/** What an Admin API answered. */
export interface AdminAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The variable with the token of Admin APIs that ask for one; see {@link AdminOptions.token}. */
export const tokenVariable = "POSTERN_ADMIN_TOKEN";

/** Asks an Admin API. */
export class AdminClient {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param base - its address, with or without a path */
  constructor(base: string, env: Readonly<Record<string, string | undefined>>) {
    const token = env[tokenVariable] ?? "";
    this.#base = base.replace(/\/+$/, "");
    this.#headers = token === "" ? {} : { authorization: `Bearer ${token}` };
  }

  /** @throws AdminApiError when it cannot be reached, or answers something other than JSON */
  async ask(path: string, post?: object): Promise<AdminAnswer> {
    const base = this.#base;
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(`${base}${path}`, {
        signal: AbortSignal.timeout(TIMEOUT),
        headers: { ...this.#headers, ...(post === undefined ? {} : { "content-type": "application/json" }) },
        ...(post === undefined ? {} : { method: "POST", body: JSON.stringify(post) }),
      });
      text = await answer.text();
    } catch (error) {
      const { cause, message } = error as Error;
      throw new AdminApiError(`the Admin API at ${base} cannot be reached: ${cause instanceof Error ? cause.message : message}`);
    }
    try {
      return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
    } catch {
      throw new AdminApiError(
        `${base} does not seem to be an Admin API: it answers ${answer.status} and something other than JSON`,
      );
    }
  }
}

/** The `message` of an answer, or all of it. */
export function messageOf({ status, body }: AdminAnswer): string {
  const message = (body as { readonly message?: unknown } | undefined)?.message;
  return typeof message === "string" ? message : `${status} ${JSON.stringify(body) ?? ""}`.trim();
}
