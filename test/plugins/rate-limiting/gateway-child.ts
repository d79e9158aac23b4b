/** A gateway in a process of its own: takes its options as JSON, and tells its port. */
import { startGateway } from "../../../src/testing/index.js";

const nothing = (): void => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

const running = await startGateway({ ...JSON.parse(process.argv[2] ?? "{}"), logger });
process.send?.({ port: running.port });
process.once("disconnect", () => void running.close());
