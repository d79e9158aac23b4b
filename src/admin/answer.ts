/** What an endpoint answers. */
export interface AdminAnswer {
  readonly status: number;
  /** Sent as JSON, but texts and bytes as they are; absent: no body. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer with a JSON body. */
export function answer(status: number, body?: unknown): AdminAnswer {
  return body === undefined ? { status } : { status, body };
}

/** An answer that says one thing: `{ "message": … }`. */
export function message(status: number, text: string): AdminAnswer {
  return { status, body: { message: text } };
}

/** An unknown path, an entity that is not there, or one that has another parent. */
export const notFound: AdminAnswer = message(404, "Not found");

/** The path is known, the method is not. */
export const methodNotAllowed: AdminAnswer = message(405, "Method not allowed");

/** Thrown where an answer is known before the endpoint has run to its end. */
export class AnswerError extends Error {
  override readonly name = "AnswerError";
  readonly answer: AdminAnswer;

  constructor(answerToGive: AdminAnswer) {
    super(`answered with ${answerToGive.status}`);
    this.answer = answerToGive;
  }
}
