import { arrayOf, bool, int, num, oneOf, record } from "../schema/field.js";
import { headers, path, sni } from "../schema/typedefs-http.js";

const probeTypes = ["tcp", "http", "https", "grpc", "grpcs"] as const;

const probeType = (description: string) => oneOf(probeTypes, { default: "http", description });
const seconds = (preset: number, description: string) => num({ default: preset, between: [0, 65_535], description });
const count = (description: string) => int({ default: 0, between: [0, 255], description });
const statuses = (preset: readonly number[], description: string) =>
  arrayOf(int({ between: [100, 999] }), { default: preset, description });

const off = "0 switches this count off.";

/** How the health of targets is watched. With every count and interval at 0, as is the default, it is not. */
export const healthchecks = record(
  {
    threshold: num({
      default: 0,
      between: [0, 100],
      description: "Percentage of healthy weight below which the upstream is unhealthy.",
    }),
    active: record(
      {
        type: probeType("What a probe is."),
        timeout: seconds(1, "Seconds for a probe."),
        concurrency: int({ default: 10, between: [1, 2_147_483_648], description: "How many targets are probed at a time." }),
        http_path: path({ default: "/", description: "Path that HTTP probes ask for." }),
        https_sni: sni({ description: "Server name that HTTPS probes ask for." }),
        https_verify_certificate: bool({
          required: true,
          default: true,
          description: "Whether HTTPS probes verify certificates.",
        }),
        headers: headers({ description: "Headers that HTTP probes send." }),
        healthy: record(
          {
            interval: seconds(0, "Seconds between probes of healthy targets; 0 for none."),
            http_statuses: statuses([200, 302], "Statuses that speak for a target."),
            successes: count(`Good probes until a target is healthy. ${off}`),
          },
          { description: "When a target becomes healthy." },
        ),
        unhealthy: record(
          {
            interval: seconds(0, "Seconds between probes of unhealthy targets; 0 for none."),
            http_statuses: statuses([429, 404, 500, 501, 502, 503, 504, 505], "Statuses that speak against a target."),
            tcp_failures: count(`Failed connections until a target is unhealthy. ${off}`),
            timeouts: count(`Probes that time out until a target is unhealthy. ${off}`),
            http_failures: count(`Bad statuses until a target is unhealthy. ${off}`),
          },
          { description: "When a target becomes unhealthy." },
        ),
      },
      { description: "Probes of the gateway's own." },
    ),
    passive: record(
      {
        type: probeType("Which traffic is watched."),
        healthy: record(
          {
            http_statuses: statuses(
              [200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 306, 307, 308],
              "Statuses that speak for a target.",
            ),
            successes: count(`Good responses until a target is healthy. ${off}`),
          },
          { description: "When a target becomes healthy." },
        ),
        unhealthy: record(
          {
            http_statuses: statuses([429, 500, 503], "Statuses that speak against a target."),
            tcp_failures: count(`Failed connections until a target is unhealthy. ${off}`),
            timeouts: count(`Timeouts until a target is unhealthy. ${off}`),
            http_failures: count(`Bad statuses until a target is unhealthy. ${off}`),
          },
          { description: "When a target becomes unhealthy." },
        ),
      },
      { description: "What the proxied traffic tells." },
    ),
  },
  { description: "How the health of targets is watched." },
);
