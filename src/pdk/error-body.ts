/** Kong's texts for a status without a message of its own (proxying, "error responses"). */
const defaultMessages: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Unauthorized",
  402: "Payment required",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  406: "Not acceptable",
  407: "Proxy authentication required",
  408: "Request timeout",
  409: "Conflict",
  410: "Gone",
  411: "Length required",
  412: "Precondition failed",
  413: "Payload too large",
  414: "URI too long",
  415: "Unsupported media type",
  416: "Range not satisfiable",
  417: "Expectation failed",
  418: "I'm a teapot",
  421: "Misdirected request",
  422: "Unprocessable entity",
  423: "Locked",
  424: "Failed dependency",
  425: "Too early",
  426: "Upgrade required",
  428: "Precondition required",
  429: "Too many requests",
  431: "Request header fields too large",
  451: "Unavailable for legal reasons",
  494: "Request header or cookie too large",
  500: "An unexpected error occurred",
  501: "Not implemented",
  502: "An invalid response was received from the upstream server",
  503: "The upstream server is currently unavailable",
  504: "The upstream server is timing out",
  505: "HTTP version not supported",
  506: "Variant also negotiates",
  507: "Insufficient storage",
  508: "Loop detected",
  510: "Not extended",
  511: "Network authentication required",
};

export function defaultErrorMessage(status: number): string {
  return defaultMessages[status] ?? `The upstream server responded with ${status}`;
}

export interface ErrorBody {
  readonly contentType: string;
  readonly body: string;
}

type Render = (message: string, requestId: string) => string;

const json: Render = (message, requestId) => `{\n  "message":${quote(message)},\n  "request_id":${quote(requestId)}\n}`;
const plain: Render = (message, requestId) => `${message}\nrequest_id: ${requestId}\n`;
const html: Render = (message, requestId) => `<!doctype html>
<html>
  <head>
    <meta charset="utf-8">
    <title>Error</title>
  </head>
  <body>
    <h1>Error</h1>
    <p>${escapeMarkup(message)}.</p>
    <p>request_id: ${requestId}</p>
  </body>
</html>
`;
const xml: Render = (message, requestId) => `<?xml version="1.0" encoding="UTF-8"?>
<error>
  <message>${escapeMarkup(message)}</message>
  <requestid>${requestId}</requestid>
</error>
`;

const renderers: Readonly<Record<string, readonly [contentType: string, render: Render]>> = {
  "application/json": ["application/json; charset=utf-8", json],
  "application/*": ["application/json; charset=utf-8", json],
  "*/*": ["application/json; charset=utf-8", json],
  "text/html": ["text/html; charset=utf-8", html],
  "text/plain": ["text/plain; charset=utf-8", plain],
  "text/*": ["text/plain; charset=utf-8", plain],
  "application/xml": ["application/xml; charset=utf-8", xml],
};

/**
 * The body of an error answer, in the form that the client's `Accept` prefers; JSON where it has no usable preference.
 *
 * Kong inserts the message without escaping; we escape it, since it may hold the user's input. The texts of Kong's own
 * messages come out the same.
 *
 * @param accept - the request's `Accept` header, several lines joined by commas
 */
export function errorBody(accept: string | undefined, message: string, requestId: string): ErrorBody {
  const type = accept === undefined || accept === "*/*" ? "*/*" : preferredType(accept);
  const [contentType, render] = (Object.hasOwn(renderers, type) ? renderers[type] : undefined) ?? [
    "application/json; charset=utf-8",
    json,
  ];
  return { contentType, body: render(message, requestId) };
}

/** The acceptable type with the strictly largest `q`, the first one on ties; `*` + `/*` when there is none. */
function preferredType(accept: string): string {
  let best = "*/*";
  let bestQ = 0;
  for (const element of accept.split(",")) {
    const [type = "", ...parameters] = element.split(";").map((part) => part.trim());
    if (!/^[^\s/]+\/[^\s/]+$/.test(type)) continue;
    const quality = parameters.find((parameter) => parameter.startsWith("q="));
    const q = quality === undefined ? 1 : Number(quality.slice(2));
    if (q > bestQ && q <= 1) {
      best = type;
      bestQ = q;
    }
  }
  return best;
}

/** JSON string form, but with `/` and `'` left alone as Kong's templates leave them. */
function quote(text: string): string {
  return JSON.stringify(text);
}

function escapeMarkup(text: string): string {
  return text.replace(/[&<>]/g, (character) => (character === "&" ? "&amp;" : character === "<" ? "&lt;" : "&gt;"));
}
