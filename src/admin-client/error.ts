import type { FieldErrors } from "../errors/field-errors.js";
import { GatewayError } from "../errors/gateway-error.js";
import { isObject } from "../schema/values.js";

/**
 * An Admin API refused a request. `code`, `name`, `message` and `fields` are those of its answer, which are Kong's
 * (`error.name === "schema violation"`, `error.fields.host`); where an answer has none, `code` is `ERR_ADMIN_API` and `name`
 * `AdminClientError`.
 */
export class AdminClientError extends GatewayError {
  /** The answer, as far as it is JSON. */
  readonly body: unknown;

  /**
   * @param status - of the answer
   * @param body - of the answer, parsed
   * @param request - what was asked for: `GET /services`
   */
  constructor(status: number, body: unknown, request: string) {
    const told = isObject(body) ? body : {};
    const { code, name, message, fields } = told;
    super({
      code: typeof code === "number" || typeof code === "string" ? code : "ERR_ADMIN_API",
      name: typeof name === "string" ? name : "AdminClientError",
      message: typeof message === "string" ? message : `${request} was answered with ${status}`,
      status,
      ...(isObject(fields) ? { fields: fields as FieldErrors } : {}),
    });
    this.body = body;
  }
}
