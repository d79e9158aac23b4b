#!/usr/bin/env node
import { processIo } from "./io.js";
import { run } from "./run.js";

// The exit code is set and not forced: what is still being written to a pipe gets there.
void run(process.argv.slice(2), processIo).then((code) => {
  process.exitCode = code;
});
