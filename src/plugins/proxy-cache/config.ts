import { arrayOf, bool, type InferFields, int, oneOf, record, str } from "../../schema/field.js";

export const configFields = {
  response_code: arrayOf(int({ between: [100, 900] }), {
    required: true,
    lenMin: 1,
    default: [200, 301, 404],
    description: "Statuses of answers that are stored.",
  }),
  request_method: arrayOf(oneOf(["HEAD", "GET", "POST", "PATCH", "PUT"]), {
    required: true,
    default: ["GET", "HEAD"],
    description: "Methods of requests whose answers are stored.",
  }),
  content_type: arrayOf(str(), {
    required: true,
    default: ["text/plain", "application/json"],
    description: "Media types of answers that are stored; `*` stands for any type or subtype. Parameters must be the same.",
  }),
  cache_ttl: int({ default: 300, gt: 0, description: "Seconds for which a stored answer is good." }),
  strategy: oneOf(["memory"], { required: true, description: "Where answers are stored." }),
  cache_control: bool({ required: true, default: false, description: "Does what `Cache-Control` of requests and answers says." }),
  ignore_uri_case: bool({ default: false, description: "Paths that differ in case share an answer." }),
  storage_ttl: int({ description: "Seconds for which answers are stored, good or not. Default: for as long as they are good." }),
  memory: record(
    {
      dictionary_name: str({
        required: true,
        default: "kong_db_cache",
        description: "Instances with the same name share a store.",
      }),
    },
    { required: true, description: "For `strategy` `memory`." },
  ),
  vary_query_params: arrayOf(str(), { description: "Arguments that distinguish answers. Default: all." }),
  vary_headers: arrayOf(str(), { description: "Request headers that distinguish answers. Default: none." }),
  response_headers: record(
    {
      age: bool({ default: true, description: "Send `Age`." }),
      "X-Cache-Status": bool({ default: true, description: "Send `X-Cache-Status`." }),
      "X-Cache-Key": bool({ default: true, description: "Send `X-Cache-Key`." }),
    },
    { description: "What clients are told about the cache." },
  ),
};

export type Config = InferFields<typeof configFields>;
