import { wrongArgument } from "../errors/check-argument.js";
import { isObject } from "./values.js";

/**
 * The attributes that a maker of fields was given.
 *
 * @throws OptionsError for what is no object
 */
export function attributesOf<A extends object>(attributes: A | undefined): A {
  if (attributes === undefined) return {} as A;
  if (!isObject(attributes)) throw wrongArgument("attributes", "an object such as { required: true }", attributes);
  return attributes;
}

/** @throws OptionsError for what is no field: `str` instead of `str()` */
export function checkField(name: string, field: unknown): void {
  if (isObject(field) && typeof (field as { readonly kind?: unknown }).kind === "string") return;
  throw wrongArgument(name, "a field such as str()", field);
}

/** @throws OptionsError for what is no object, or has members that are no fields */
export function checkFields(name: string, fields: unknown): void {
  if (!isObject(fields)) throw wrongArgument(name, "an object with fields such as { title: str() }", fields);
  for (const [member, field] of Object.entries(fields)) checkField(`${name}.${member}`, field);
}
