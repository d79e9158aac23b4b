import { arrayOf, type InferFields, record, str } from "../../schema/field.js";
import { headerNameFault } from "../../schema/text-faults.js";
import { httpMethod } from "../../schema/typedefs-http.js";
import { splitNameValue } from "../../util/name-value.js";
import { compileTemplate } from "./templates/template.js";
import type { TemplateError } from "./templates/values.js";

function templateFault(value: string): string | undefined {
  try {
    compileTemplate(value);
    return undefined;
  } catch (error) {
    return `value '${value}' is not in supported format, error:${(error as TemplateError).message}`;
  }
}

function headerFault(name: string): string | undefined {
  return name !== "" && headerNameFault(name) === undefined ? undefined : `'${name}' is not a valid header`;
}

function argumentFault(entry: string): string | undefined {
  const { name, value } = splitNameValue(entry);
  return value === "" ? `key '${name}' has no value` : templateFault(value);
}

const withColon = /^[^:]+:.*$/;

const names = arrayOf(str(), { required: true, default: [], description: "Names." });
const headerNames = arrayOf(str({ validator: (entry) => headerFault(splitNameValue(entry).name) }), {
  required: true,
  default: [],
  description: "Names of headers.",
});
const headerPairs = arrayOf(
  str({
    match: withColon,
    validator(entry) {
      const { name, value } = splitNameValue(entry);
      return headerFault(name) ?? headerFault(value);
    },
  }),
  { required: true, default: [], description: "`old:new`." },
);
const headerValues = arrayOf(
  str({
    match: withColon,
    validator(entry) {
      const { name, value } = splitNameValue(entry);
      return headerFault(name) ?? templateFault(value);
    },
  }),
  { required: true, default: [], description: "`name:value`; the value may be a template." },
);
const argumentPairs = arrayOf(str({ validator: argumentFault }), {
  required: true,
  default: [],
  description: "`old:new`; the new name may be a template.",
});
const argumentValues = arrayOf(str({ validator: argumentFault }), {
  required: true,
  default: [],
  description: "`name:value`; the value may be a template.",
});

const values = { body: argumentValues, headers: headerValues, querystring: argumentValues };

export const configFields = {
  http_method: httpMethod({ description: "The method of the upstream request." }),
  remove: record({ body: names, headers: headerNames, querystring: names }, { description: "Takes away what is there." }),
  rename: record(
    { body: argumentPairs, headers: headerPairs, querystring: argumentPairs },
    { description: "Gives what is there another name." },
  ),
  replace: record(
    {
      ...values,
      uri: str({ validator: templateFault, description: "The path of the upstream request; may be a template." }),
    },
    { description: "Gives what is there another value." },
  ),
  add: record(values, { description: "Adds what is not there." }),
  append: record(values, { description: "Adds, also to what is there." }),
};

export type Config = InferFields<typeof configFields>;
