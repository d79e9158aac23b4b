import type { ErrorObject } from "ajv";
import type { FieldError, FieldErrors } from "../errors/field-errors.js";
import { compileJsonSchema } from "./ajv.js";
import type { Field, Fields } from "./field.js";
import { effectiveAttributes, rules } from "./rules.js";
import { isObject, own, setOwn, valueText } from "./values.js";

/** What ajv found at one place of a value: the keywords that failed there, and what it found further down. */
export interface FaultNode {
  readonly keywords: Set<string>;
  readonly members: Map<string, FaultNode>;
  /** Failed keywords by bad key, for maps. */
  readonly keys: Map<string, Set<string>>;
}

const newNode = (): FaultNode => ({ keywords: new Set(), members: new Map(), keys: new Map() });

function member(node: FaultNode, key: string): FaultNode {
  let next = node.members.get(key);
  if (!next) {
    next = newNode();
    node.members.set(key, next);
  }
  return next;
}

/** The parts of a JSON pointer (RFC 6901). */
function pointerTokens(pointer: string): string[] {
  if (pointer === "") return [];
  return pointer
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Sorts ajv's list of errors by place. */
export function faultTree(errors: readonly ErrorObject[]): FaultNode {
  const root = newNode();
  for (const { instancePath, keyword, params, propertyName } of errors) {
    let node = root;
    for (const token of pointerTokens(instancePath)) node = member(node, token);
    if (propertyName !== undefined) {
      const found = node.keys.get(propertyName);
      if (found) found.add(keyword);
      else node.keys.set(propertyName, new Set([keyword]));
    } else if (keyword === "required") {
      member(node, String(params.missingProperty)).keywords.add("required");
    } else if (keyword === "additionalProperties") {
      member(node, String(params.additionalProperty)).keywords.add("unknown");
    } else {
      node.keywords.add(keyword);
    }
  }
  return root;
}

/** Words the faults of a record's members. */
export function recordFaults(fields: Fields, value: Readonly<Record<string, unknown>>, node: FaultNode): FieldErrors {
  const errors = {};
  for (const [name, found] of node.members) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const error = field ? fieldFault(field, own(value, name), found, field.required) : "unknown field";
    if (error !== undefined) setOwn(errors, name, error);
  }
  return errors;
}

/** Words the first fault of a field, by Kong's order of rules. `undefined`: there is none after all. */
export function fieldFault(field: Field, value: unknown, node: FaultNode, required: boolean): FieldError | undefined {
  const { eq, err } = field.attributes;
  if (value === null || value === undefined) return nullFault(field, required);
  if (eq === null) return err ?? "value must be null";
  if (field.kind === "foreign") return foreignFault(value, node);
  if (field.kind === "json" && node.keywords.has("kong-json")) return err ?? jsonFault(field, value);
  if (field.kind === "json" && node.keywords.has("kong-validator")) return err ?? field.attributes.validator?.(value as never);
  if (node.keywords.has("type")) return typeFault(field);
  const inner = memberFaults(field, value, node);
  return inner ?? ruleFault(field, value, node.keywords);
}

/** Words what is wrong with an unset value. */
export function nullFault(field: Field, required: boolean): string | undefined {
  const { eq, ne, err } = field.attributes;
  if (ne === null) return err ?? "value must not be null";
  if (eq !== undefined && eq !== null) return err ?? `value must be ${String(eq)}`;
  return required ? "required field missing" : undefined;
}

function typeFault(field: Field): string {
  return `expected ${/^[ai]/.test(field.kind) ? "an" : "a"} ${field.kind}`;
}

function ruleFault(field: Field, value: unknown, keywords: ReadonlySet<string>): string | undefined {
  const attributes = effectiveAttributes(field);
  const broken = rules.find((rule) => rule.keywords.some((keyword) => keywords.has(keyword)));
  if (!broken) return undefined;
  const text = broken.message(attributes[broken.attribute] as never, value as never);
  return attributes.err ?? text ?? `failed validating: ${valueText(value)}`;
}

function memberFaults(field: Field, value: unknown, node: FaultNode): FieldError | undefined {
  if (field.kind === "record" && field.fields && isObject(value)) {
    const errors = recordFaults(field.fields, value, node);
    return Object.keys(errors).length === 0 ? undefined : errors;
  }
  if (field.kind === "map" && isObject(value)) return mapFault(field, value, node);
  if (field.elements && Array.isArray(value)) return listFaults(field.elements, value, node);
  return undefined;
}

function listFaults(elements: Field, value: readonly unknown[], node: FaultNode): FieldError | undefined {
  const errors: (FieldError | null)[] = [];
  for (const [key, found] of node.members) {
    const index = Number(key);
    const error = fieldFault(elements, value[index], found, true);
    if (error === undefined) continue;
    while (errors.length < index) errors.push(null);
    errors[index] = error;
  }
  return errors.length === 0 ? undefined : errors;
}

/** The first bad key or value speaks for the whole map. */
function mapFault(field: Field, value: Readonly<Record<string, unknown>>, node: FaultNode): FieldError | undefined {
  for (const key of Object.keys(value)) {
    const badKey = node.keys.get(key);
    const keyFault = badKey && field.keys ? ruleFault(field.keys, key, badKey) : undefined;
    if (keyFault !== undefined) return keyFault;
    const found = node.members.get(key);
    const valueFault = found && field.elements ? fieldFault(field.elements, value[key], found, true) : undefined;
    if (valueFault !== undefined) return valueFault;
  }
  return undefined;
}

function foreignFault(value: unknown, node: FaultNode): FieldError | undefined {
  const id = isObject(value) ? own(value, "id") : undefined;
  if (id === undefined || id === null) return { id: "missing primary key" };
  const keywords = node.members.get("id")?.keywords;
  if (!keywords || keywords.size === 0) return undefined;
  return { id: keywords.has("type") ? "expected a string" : "expected a valid UUID" };
}

/** Faults against an author's own JSON Schema: ajv's words, nested by place. */
function jsonFault(field: Field, value: unknown): FieldError | undefined {
  const validate = compileJsonSchema(field.attributes.jsonSchema ?? {});
  if (validate(value)) return undefined;
  const errors: Record<string, unknown> = {};
  for (const { instancePath, keyword, message = "invalid value", params } of validate.errors ?? []) {
    const path = pointerTokens(instancePath);
    if (keyword === "required") setDeep(errors, [...path, String(params.missingProperty)], "required field missing");
    else if (keyword === "additionalProperties") setDeep(errors, [...path, String(params.additionalProperty)], "unknown field");
    else if (path.length === 0) return message;
    else setDeep(errors, path, message);
  }
  return errors as FieldErrors;
}

/** Sets a text at a place that has none yet: the first fault found there speaks. */
function setDeep(errors: Record<string, unknown>, path: readonly string[], text: string): void {
  let target = errors;
  for (const [depth, key] of path.entries()) {
    const found = own(target, key);
    if (depth === path.length - 1) {
      if (found === undefined) setOwn(target, key, text);
      return;
    }
    const next = found ?? {};
    if (found === undefined) setOwn(target, key, next);
    if (!isObject(next)) return;
    target = next;
  }
}
