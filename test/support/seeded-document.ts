/** A mistake in a large document, and what is to be said about it. */
export interface SeededMistake {
  /** Counts from 1. */
  readonly line: number;
  readonly path: string;
  readonly message: string;
}

/** A document with mistakes that are known. */
export interface SeededDocument {
  /** YAML. */
  readonly text: string;
  /** In order of their lines. */
  readonly mistakes: readonly SeededMistake[];
}

/** How to spoil the lines of one group of records (a service, its route, its plugin, and a consumer with its key). */
interface Spoiler {
  readonly line: RegExp;
  readonly replace: string;
  readonly path: string;
  readonly message: string;
}

const spoilers: readonly Spoiler[] = [
  { line: /^ {4}port: .*/, replace: "    port: 99999", path: "port", message: "value should be between 0 and 65535" },
  { line: /^ {4}port: .*/, replace: "    port: high", path: "port", message: "expected an integer" },
  { line: /^ {4}host: .*/, replace: "    hots: a.test", path: "hots", message: "unknown field" },
  { line: /^ {4}retries: .*/, replace: "    retries: -1", path: "retries", message: "value should be between 0 and 32767" },
  {
    line: /^ {8}paths: .*/,
    replace: "        paths: [orders]",
    path: "routes[0].paths[0]",
    message: "should start with: / (fixed path) or ~/ (regex path)",
  },
  {
    line: /^ {8}strip_path: .*/,
    replace: "        strip_path: maybe",
    path: "routes[0].strip_path",
    message: "expected a boolean",
  },
  {
    line: /^ {10}- name: .*/,
    replace: "          - name: rate-limting",
    path: "routes[0].plugins[0].name",
    message: "plugin 'rate-limting' not enabled; add it to the 'plugins' configuration property",
  },
  {
    line: /^ {14}minute: .*/,
    replace: "              minute: 0",
    path: "routes[0].plugins[0].config.minute",
    message: "value must be greater than 0",
  },
  {
    line: /^ {14}policy: .*/,
    replace: "              polcy: local",
    path: "routes[0].plugins[0].config.polcy",
    message: "unknown field",
  },
  { line: /^ {4}tags: .*/, replace: "    tags: orders", path: "tags", message: "expected a set" },
];

/**
 * A YAML document of 1,000 records or more with 20 mistakes in it, far apart.
 *
 * @param records - at least
 */
export function seededDocument(records = 1000): SeededDocument {
  const groups = Math.ceil(records / 5);
  const lines = ['_format_version: "3.0"', "services:"];
  const mistakes: SeededMistake[] = [];
  const every = Math.floor(groups / (2 * spoilers.length));
  for (let group = 0; group < groups; group++) {
    const spoiler = group % every === 0 ? spoilers[(group / every) % spoilers.length] : undefined;
    const spoils = spoiler && mistakes.length < 2 * spoilers.length ? spoiler : undefined;
    for (const line of serviceLines(group)) {
      if (!spoils?.line.test(line)) {
        lines.push(line);
        continue;
      }
      lines.push(spoils.replace);
      mistakes.push({ line: lines.length, path: `services[${group}].${spoils.path}`, message: spoils.message });
    }
  }
  lines.push("consumers:");
  for (let group = 0; group < groups; group++) {
    lines.push(`  - username: user-${group}`, "    keyauth_credentials:", `      - key: key-${group}`);
  }
  return { text: `${lines.join("\n")}\n`, mistakes };
}

function serviceLines(group: number): string[] {
  return [
    `  - name: service-${group}`,
    `    host: host-${group}.test`,
    "    port: 8080",
    "    retries: 3",
    "    tags: [seeded]",
    "    routes:",
    `      - name: route-${group}`,
    `        paths: [/path-${group}]`,
    "        strip_path: false",
    "        plugins:",
    "          - name: rate-limiting",
    "            config:",
    "              minute: 60",
    "              policy: local",
  ];
}
