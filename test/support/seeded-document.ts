/** A mistake that was put into a document on purpose. */
export interface SeededMistake {
  /** Where it is, counted from 1. */
  readonly line: number;
  /** As issues name it: `services[3].port`. */
  readonly path: string;
  readonly message: string;
}

/** A YAML document and what is wrong with it. */
export interface SeededDocument {
  readonly text: string;
  /** Services, routes and plugins together. */
  readonly entities: number;
  /** From the top to the bottom. */
  readonly mistakes: readonly SeededMistake[];
}

/** What is written instead of one line of a service, and what is said about it. */
interface Kind {
  readonly line: string;
  readonly mistaken: string;
  /** Below the service. */
  readonly path: string;
  readonly message: string;
}

const plugin = "routes[0].plugins[0]";

const kinds: readonly Kind[] = [
  { line: "port: 8080", mistaken: "port: 80800", path: "port", message: "value should be between 0 and 65535" },
  { line: "port: 8080", mistaken: "prot: 8080", path: "prot", message: "unknown field" },
  { line: "retries: 3", mistaken: "retries: three", path: "retries", message: "expected an integer" },
  { line: "retries: 3", mistaken: "retries: -1", path: "retries", message: "value should be between 0 and 32767" },
  { line: "tags: [seeded]", mistaken: "tags: seeded", path: "tags", message: "expected a set" },
  {
    line: "- /path",
    mistaken: "- path",
    path: "routes[0].paths[0]",
    message: "should start with: / (fixed path) or ~/ (regex path)",
  },
  { line: "strip_path: true", mistaken: "strip_path: 1", path: "routes[0].strip_path", message: "expected a boolean" },
  { line: "strip_path: true", mistaken: "strip-path: true", path: "routes[0].strip-path", message: "unknown field" },
  {
    line: "- name: rate-limiting",
    mistaken: "- name: rate-limitng",
    path: `${plugin}.name`,
    message: "plugin 'rate-limitng' not enabled; add it to the 'plugins' configuration property",
  },
  { line: "hour: 600", mistaken: "hours: 600", path: `${plugin}.config.hours`, message: "unknown field" },
  { line: "minute: 60", mistaken: "minute: many", path: `${plugin}.config.minute`, message: "expected a number" },
  { line: "minute: 60", mistaken: "minute: 0", path: `${plugin}.config.minute`, message: "value must be greater than 0" },
  { line: "policy: local", mistaken: "policy: [local]", path: `${plugin}.config.policy`, message: "expected a string" },
];

const linesOfService = (number: number): readonly string[] => [
  `  - name: service-${number}`,
  `    host: host-${number}.internal`,
  "    port: 8080",
  "    retries: 3",
  "    tags: [seeded]",
  "    routes:",
  `      - name: route-${number}`,
  "        paths:",
  `          - /path-${number}`,
  "        strip_path: true",
  "        plugins:",
  "          - name: rate-limiting",
  "            config:",
  "              minute: 60",
  "              hour: 600",
  "              policy: local",
];

/**
 * A YAML document with mistakes spread evenly over it, each of which is one fault, of all kinds by turns. Always the same for the same
 * numbers.
 *
 * @param entities - at least so many services, routes and plugins
 * @param mistakes - at most one for each service
 */
export function seededDocument(entities: number, mistakes: number): SeededDocument {
  const services = Math.ceil(entities / 3);
  const lines = ['_format_version: "3.0"', "services:"];
  const seeded: SeededMistake[] = [];
  for (let number = 0; number < services; number++) {
    const turn = Math.floor(((number + 1) * mistakes) / services);
    const isMistaken = turn > Math.floor((number * mistakes) / services);
    const kind = kinds[(turn - 1) % kinds.length];
    for (const line of linesOfService(number)) {
      if (isMistaken && kind && line.trimStart().startsWith(kind.line)) {
        lines.push(line.replace(kind.line, kind.mistaken));
        seeded.push({ line: lines.length, path: `services[${number}].${kind.path}`, message: kind.message });
      } else lines.push(line);
    }
  }
  return { text: `${lines.join("\n")}\n`, entities: services * 3, mistakes: seeded };
}
