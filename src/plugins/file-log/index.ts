import { definePlugin } from "../../plugin-runner/define-plugin.js";
import { bool, str } from "../../schema/field.js";
import { allProtocols } from "../../schema/protocols.js";
import { customFieldsByLua } from "../../schema/typedefs-records.js";
import { LogFiles } from "./log-files.js";

/** Appends a line of JSON about each request to a file. */
export const fileLog = definePlugin({
  name: "file-log",
  version: "3.10.0",
  priority: 9,
  allowedProtocols: allProtocols,
  config: {
    path: str({
      required: true,
      lenMin: 2,
      match: /^[^*&%\\`]+$/,
      notMatch: /^\s|\s$/,
      err: "not a valid filename",
      description: "The file; made when it is not there. Its folder must be there.",
    }),
    reopen: bool({
      required: true,
      default: false,
      description: "Opens the file for every line: for files that are moved away or removed.",
    }),
    custom_fields_by_lua: customFieldsByLua(),
  },

  log(pdk, { path, reopen }) {
    const files = pdk.plugin.state(() => new LogFiles(), close);
    files.append(path, reopen, `${pdk.log.serializeText()}\n`, pdk.log);
  },
});

function close(files: LogFiles): Promise<void> {
  return files.close();
}
