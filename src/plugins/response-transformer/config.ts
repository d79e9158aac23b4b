import { arrayOf, type InferFields, oneOf, record, str } from "../../schema/field.js";
import { headerTextFault, tokenFault } from "../../schema/header-text.js";
import { headerNameFault } from "../../schema/text-faults.js";
import { splitNameValue } from "../../util/name-value.js";

const withColon = /^[^:]+:.*$/;

function headerPairFault(entry: string): string | undefined {
  const { name, value } = splitNameValue(entry);
  const bad = [name, value].find((side) => side === "" || headerNameFault(side) !== undefined);
  return bad === undefined ? undefined : `'${bad}' is not a valid header`;
}

/** Kong sends what no header may be; here it would cost the answer. */
function headerFault(entry: string): string | undefined {
  const { name } = splitNameValue(entry);
  return tokenFault(name) === undefined ? headerTextFault(entry) : `'${name}' is not a valid header`;
}

const names = arrayOf(str(), { required: true, default: [], description: "Names." });
const headerNames = arrayOf(str({ validator: headerFault }), { required: true, default: [], description: "Names of headers." });
const pairs = arrayOf(str({ match: withColon }), { required: true, default: [], description: "`old:new`." });
const headerPairs = arrayOf(str({ match: withColon, validator: headerPairFault }), {
  required: true,
  default: [],
  description: "`old:new`.",
});
const values = arrayOf(str({ match: withColon }), { required: true, default: [], description: "`name:value`." });
const headerValues = arrayOf(str({ match: withColon, validator: headerFault }), {
  required: true,
  default: [],
  description: "`name:value`.",
});
const types = arrayOf(oneOf(["boolean", "number", "string"]), {
  required: true,
  default: [],
  description: "What the values of `json` are, one by one in its order; without a type they are texts.",
});

const given = { json: values, json_types: types, headers: headerValues };

export const configFields = {
  remove: record({ json: names, headers: headerNames }, { description: "Takes away what is there." }),
  rename: record({ json: pairs, headers: headerPairs }, { description: "Gives what is there another name." }),
  replace: record(given, { description: "Gives what is there another value." }),
  add: record(given, { description: "Adds what is not there." }),
  append: record(given, { description: "Adds, also to what is there." }),
};

export type Config = InferFields<typeof configFields>;
