import { createUndiciTransport } from "../../src/proxy/undici-transport.js";
import { describeTransport } from "./conformance.js";

describeTransport("undici", () => createUndiciTransport(), { refusesContinue: true });
