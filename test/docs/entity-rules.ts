/** Words for the rules of fields and records, as the pages about entities show them. */
import type { EntityCheck, Field, FieldAttributes, Matcher } from "../../src/schema/field.js";

const code = (value: unknown): string => `\`${String(value)}\``;
const codes = (values: readonly unknown[]): string => values.map(code).join(", ");
const oneOfThem = (names: readonly string[]): string => (names.length === 1 ? codes(names) : `one of ${codes(names)}`);

/** What kind of value a field takes. */
export function typeText(field: Field): string {
  const { elements, reference, kind } = field;
  switch (kind) {
    case "array":
    case "set":
      return `${kind} of ${elements ? typeText(elements) : "anything"}`;
    case "map":
      return `map to ${elements ? typeText(elements) : "anything"}`;
    case "foreign":
      return `reference to [${reference}](${reference}.md)`;
    case "string":
      return field.attributes.uuid ? "UUID" : "string";
    case "json":
      return "JSON";
    default:
      return kind;
  }
}

/** What a field is when the input leaves it out. */
export function defaultText(field: Field): string {
  const { default: preset, auto } = field.attributes;
  if (auto) return "made";
  if (preset !== undefined && preset !== null) return code(JSON.stringify(preset));
  if (field.kind === "record") return field.required ? "its own defaults" : "`null`";
  return field.required ? "**needed**" : "`null`";
}

/** The rules of a field that can be put into words. */
export function ruleTexts(field: Field): string[] {
  const own = attributeTexts(field.attributes);
  const members = field.elements && !field.elements.fields ? attributeTexts(field.elements.attributes) : [];
  return [...own, ...members.map((text) => (field.kind === "map" ? `values: ${text}` : `each: ${text}`))];
}

function attributeTexts(attributes: FieldAttributes): string[] {
  const { oneOf, notOneOf, between, gt, lenMin, lenMax, lenEq, startsWith, onDelete, eq } = attributes;
  const texts: (string | false | undefined)[] = [
    attributes.unique && "unique",
    eq !== undefined && (eq === null ? "must be `null`" : `must be ${code(eq)}`),
    oneOf && `one of ${codes(oneOf)}`,
    notOneOf && `none of ${codes(notOneOf)}`,
    between && `${between[0]} to ${between[1]}`,
    gt !== undefined && `greater than ${gt}`,
    lenEq !== undefined && `length ${lenEq}`,
    lenMin !== undefined && lenMin > 1 && `length at least ${lenMin}`,
    lenMin === 0 && "may be empty",
    lenMax !== undefined && `length at most ${lenMax}`,
    startsWith !== undefined && `starts with ${code(startsWith)}`,
    attributes.match && `matches ${code(attributes.match.source.replaceAll("|", "\\|"))}`,
    attributes.mutuallyExclusiveSubsets &&
      `members of one of ${attributes.mutuallyExclusiveSubsets.map((subset) => `(${codes(subset)})`).join(", ")}`,
    onDelete === "cascade" && "deleted together with that",
    onDelete === "null" && "unset when that is deleted",
    attributes.immutable && "may not change",
    attributes.transient && "not stored with the record",
    attributes.referenceable && "may be a vault reference",
    attributes.encrypted && "secret",
  ];
  return texts.filter((text) => typeof text === "string");
}

/** One rule over several fields, as a sentence. */
export function checkText(check: EntityCheck): string {
  switch (check.kind) {
    case "at_least_one_of":
      return `At least one of ${codes(check.fields)} is set.`;
    case "only_one_of":
      return `Exactly one of ${codes(check.fields)} is set.`;
    case "distinct":
      return `${codes(check.fields)} differ.`;
    case "mutually_required":
      return `All of ${codes(check.fields)} are set, or none.`;
    case "mutually_exclusive":
      return `At most one of ${codes(check.fields)} is set.`;
    case "mutually_exclusive_sets":
      return `Fields are set of ${codes(check.set1)} or of ${codes(check.set2)}, not of both.`;
    case "conditional":
      return `Where ${code(check.ifField)} ${matcherText(check.ifMatch)}, ${code(check.thenField)} ${matcherText(check.thenMatch)}.`;
    case "conditional_at_least_one_of": {
      const either = `Where ${code(check.ifField)} ${matcherText(check.ifMatch)}, ${oneOfThem(check.thenAtLeastOneOf)} is set`;
      if (!check.elseMatch) return `${either}.`;
      return `${either}; where it ${matcherText(check.elseMatch)}, ${oneOfThem(check.elseThenAtLeastOneOf ?? [])} is.`;
    }
    case "custom":
      if (check.description === undefined) throw new Error(`a check of ${check.fieldSources.join(", ")} has no description`);
      return check.description;
  }
}

function matcherText({
  required,
  eq,
  ne,
  oneOf,
  notOneOf,
  lenEq,
  lenMin,
  gt,
  match,
  contains,
  elements,
  validator,
}: Matcher): string {
  const texts: (string | false | undefined)[] = [
    eq !== undefined && `is ${code(eq)}`,
    ne !== undefined && `is not ${code(ne)}`,
    oneOf && (oneOf.length === 1 ? `is ${codes(oneOf)}` : `is one of ${codes(oneOf)}`),
    notOneOf && `is none of ${codes(notOneOf)}`,
    lenEq !== undefined && (lenEq === 0 ? "is empty" : `has length ${lenEq}`),
    lenMin !== undefined && `has length ${lenMin} or more`,
    gt !== undefined && `is greater than ${gt}`,
    match && `matches ${code(match.source)}`,
    contains !== undefined && `contains ${code(contains)}`,
    elements && `has only members each of which ${matcherText(elements)}`,
    required === true && "is set",
    validator !== undefined && "is valid",
  ];
  return texts.filter((text) => typeof text === "string").join(" and ");
}
