import { GatewayError } from "../../errors/gateway-error.js";

/** The database's tables are not those that the entities need. */
export class MigrationsNeededError extends GatewayError {
  /** What has to be run: `postern migrations <command>`, or the method of `gateway.migrations`. */
  readonly command: "bootstrap" | "up" | "finish";

  constructor(command: "bootstrap" | "up" | "finish", reason: string) {
    super({
      code: "ERR_MIGRATIONS_NEEDED",
      name: "MigrationsNeededError",
      message: `${reason}: run "postern migrations ${command}", or gateway.migrations.${command}()`,
      expose: false,
    });
    this.command = command;
  }
}

/** A change of a definition would lose data, or something stands in its way. Nothing has been changed. */
export class MigrationRefusedError extends GatewayError {
  /** One line for each reason. */
  readonly reasons: readonly string[];

  constructor(reasons: readonly string[], cause?: unknown) {
    const list = reasons.length === 1 ? ` ${reasons[0]}` : `\n${reasons.map((reason) => `  - ${reason}`).join("\n")}`;
    super({
      code: "ERR_MIGRATION_REFUSED",
      name: "MigrationRefusedError",
      message: `the migrations did not run, and nothing was changed:${list}`,
      expose: false,
      cause,
    });
    this.reasons = reasons;
  }
}
