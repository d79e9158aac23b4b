import { logLevels } from "../util/log-levels.js";
import { type AdminAnswer, message } from "./answer.js";
import type { AdminPath, AdminRequest } from "./endpoint.js";
import { decodeParameter } from "./entity-handle.js";
import { type AnswerShape, action, answers } from "./operation.js";
import { mergedParameters } from "./parameters.js";

/** Seconds that a changed level stays, unless told otherwise. */
const usualTimeout = 60;
/** The longest time that a timer of Node can wait. */
const maxTimeout = 2_147_483;

const told: AnswerShape = { description: "What is in force", body: { kind: "message" } };
const changes = action("Change what is logged, for a time", {
  id: "changeLogLevel",
  query: { timeout: { type: "number", minimum: 0, default: usualTimeout, description: "Seconds." } },
  request: {
    optional: true,
    body: { kind: "value", schema: { type: "object", properties: { timeout: { type: "number", minimum: 0 } } } },
  },
  answers: { 200: told, 400: answers.refused, 405: { description: "There is no database", body: { kind: "message" } } },
});

/** What is logged. Changing it needs a database in Kong, which we keep. */
export const logLevelPaths: readonly AdminPath[] = [
  {
    pattern: "/debug/node/log-level",
    endpoints: {
      GET: {
        run: ({ context }) => message(200, `log level: ${context.logLevel.level}`),
        operation: action("Show what is logged", { id: "getLogLevel", answers: { 200: told } }),
      },
    },
  },
  { pattern: "/debug/node/log-level/{level}", endpoints: { PUT: { run: change, operation: changes } } },
  {
    pattern: "/debug/cluster/log-level/{level}",
    endpoints: {
      PUT: {
        run: (request) => (request.context.database === "postgres" ? notBroadcast : change(request)),
        operation: {
          ...changes,
          id: "changeLogLevelOfCluster",
          answers: { ...changes.answers, 501: { description: "Each node is told by itself", body: { kind: "message" } } },
        },
      },
    },
  },
];

const notBroadcast = message(501, "log levels are not broadcast: change that of each node");

function change(request: AdminRequest): AdminAnswer {
  const { context, params } = request;
  if (context.database === "off") return message(405, "cannot change log level when not using a database");
  const name = decodeParameter(params.level as string);
  const level = logLevels.find((one) => one === name);
  if (level === undefined) return message(400, `unknown log level: ${name}`);
  const [given] = [mergedParameters(request).timeout].flat();
  const timeout = given === undefined || Number.isNaN(Number(given)) ? usualTimeout : Math.ceil(Number(given));
  if (timeout < 0) return message(400, "timeout must be greater than or equal to 0");
  if (level === context.logLevel.level) return message(200, `log level is already ${level}`);
  context.logLevel.change(level, Math.min(timeout, maxTimeout));
  return message(200, "log level changed");
}
