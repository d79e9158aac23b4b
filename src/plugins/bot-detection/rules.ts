import { anywhere, atStart, withVersion } from "./crawlers.js";

const escaped = (names: readonly string[]): string => names.map((name) => name.replace(/[.()!%]/g, "\\$&")).join("|");

/** Each takes time in proportion to the length of the user agent, so that no client can keep the process busy with a long one. */
const patterns: readonly RegExp[] = [
  new RegExp(escaped(anywhere)),
  new RegExp(`^(?:${escaped(atStart)})`),
  new RegExp(`\\b(?:${escaped(withVersion)}|Y!J-BR[A-Z])/\\d`),
  // Monitors and previews.
  /Pingdom.com_bot_version_\d+\.\d| PTST\/\d{1,20}\.?\d{1,20}$|facebookexternalhit\/\d+\.\d|Google.{0,50}\/\+\/web\/snippet/,
  // Clients of storage services.
  /\b(?:Boto3?|JetS3t|aws-(?:cli|sdk-(?:cpp|go|java|nodejs|ruby2?|dotnet-(?:\d{1,2}|core)))|s3fs)\/\d+\.\d/,
  /unirest-(?:java|python|ruby|nodejs|php|net)/,
  // A slash, a name, and a number behind a blank or a hyphen.
  /\/(?:(?:Ant-)?Nutch|[A-z]+[Bb]ot|[A-z]+[Ss]pider|Axtaris|fetchurl|Isara|ShopSalad|Tailsweep)[ -]\d/,
  // Crawlers whose names have a changing part.
  /Accoona-[A-z]{1,30}-Agent|archive.{0,30}\.org_bot|[Bb]ai[Dd]u[Ss]pider-[A-Za-z]|boitho.com-dc|\bYeti|IP2[a-z]{1,30}Bot|jbot\b/,
  /Microsoft .{0,30} Bot|WASALive.Bot|WeSEE:[A-z]|Xenu(?:.s)? Link Sleuth|Xerka [A-z]{1,30}Bot|Yandex\w/,
  // Names that end in what they are.
  /(?:[Aa]rchiver|[Ii]ndexer|[Ss]craper|[Bb]ot|[Ss]pider|[Cc]rawl[a-z]{0,50})[/ ]\d/,
  /spider|crawl/i,
  /[Ss]crape/,
];

/** Whether a user agent is that of a known bot. */
export function isKnownBot(agent: string): boolean {
  return patterns.some((pattern) => pattern.test(agent)) || isMsieCrawler(agent);
}

/** In two steps: as one pattern it would take time in the square of the length. */
function isMsieCrawler(agent: string): boolean {
  const start = /MSIE \d{1,10}\.\d{1,10}(?:[a-z]\d?)?;/.exec(agent);
  return start !== null && agent.includes(" MSIECrawler", start.index);
}
