/**
 * The process of one contender: `node contender-host.mjs <module> <settings as JSON>`. Starts the module, tells its parent
 * the port, and from then on answers every message with what the process has used so far. Plain JavaScript, so that no
 * loader is in the measured process.
 */
const [, , module, settings] = process.argv;

try {
  const { start } = await import(module);
  process.send({ port: await start(JSON.parse(settings)) });
} catch (error) {
  process.send({ error: error instanceof Error ? error.message : String(error), code: error?.code ?? null });
  process.disconnect();
}

process.on("message", () => {
  // All threads of the process: garbage collection on helper threads counts too.
  const { user, system } = process.cpuUsage();
  process.send({ cpuMicroseconds: user + system, rssBytes: process.memoryUsage.rss() });
});
process.on("disconnect", () => process.exit());
