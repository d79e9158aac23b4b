#!/usr/bin/env node
import { exitCodes } from "./command.js";
import { processIo, watchOutput } from "./io.js";
import { run } from "./run.js";

let isLost = false;
watchOutput(() => {
  isLost = true;
  process.exitCode = exitCodes.error;
});
// The exit code is set and not forced: what is still being written to a pipe gets there.
void run(process.argv.slice(2), processIo).then((code) => {
  process.exitCode = isLost ? exitCodes.error : code;
});
