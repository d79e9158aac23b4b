import type { FieldErrors } from "./field-errors.js";

/** What {@link GatewayError} takes. */
export interface GatewayErrorOptions {
  /** Kong's number, or a text that starts with `ERR_`. */
  readonly code: number | string;
  /** Kong's name of the error (`schema violation`), or the name of the class. */
  readonly name: string;
  readonly message: string;
  /** HTTP status for a client that caused the error. Default 500. */
  readonly status?: number;
  /** Whether message and fields may be shown to a client. Default: for every status below 500. */
  readonly expose?: boolean;
  readonly fields?: FieldErrors;
  readonly cause?: unknown;
}

/** The base of every error that this library throws on purpose. */
export class GatewayError extends Error {
  /** Stable: a number for the errors Kong has, otherwise a text that starts with `ERR_`. */
  readonly code: number | string;
  /** HTTP status that fits the error. */
  readonly status: number;
  /** `false`: message and fields are for the log, not for clients. */
  readonly expose: boolean;
  /** Details by field, where the error has any. */
  readonly fields: FieldErrors | undefined;

  constructor(options: GatewayErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = options.name;
    this.code = options.code;
    this.status = options.status ?? 500;
    this.expose = options.expose ?? this.status < 500;
    this.fields = options.fields;
  }

  /** The body that Kong's Admin API sends. Errors that are not to be exposed keep their details to themselves. */
  toJSON(): Record<string, unknown> {
    if (!this.expose) return { message: "An unexpected error occurred" };
    return {
      code: this.code,
      name: this.name,
      message: this.message,
      ...(this.fields === undefined ? {} : { fields: this.fields }),
    };
  }
}

/** An option of `createGateway` (or of one of its helpers) has a value that it can not have. */
export class OptionsError extends GatewayError {
  /** The option's name, as the caller wrote it. */
  readonly option: string;

  /**
   * @param option - the option's name
   * @param reason - what is wrong with its value
   */
  constructor(option: string, reason: string, cause?: unknown) {
    super({ code: "ERR_INVALID_OPTION", name: "OptionsError", message: `option '${option}': ${reason}`, expose: false, cause });
    this.option = option;
  }
}

/** A plugin could not be loaded, or its definition is not one. */
export class PluginLoadError extends GatewayError {
  readonly plugin: string;

  constructor(plugin: string, reason: string, cause?: unknown) {
    super({
      code: "ERR_PLUGIN_LOAD",
      name: "PluginLoadError",
      message: `error loading plugin schemas: on plugin '${plugin}': ${reason}`,
      expose: false,
      cause,
    });
    this.plugin = plugin;
  }
}

/** An optional package is needed and not installed. */
export class MissingPackageError extends GatewayError {
  /** What to install. */
  readonly packageName: string;

  /**
   * @param packageName - what to install
   * @param purpose - what needs it: `database "postgres"`
   */
  constructor(packageName: string, purpose: string, cause?: unknown) {
    super({
      code: "ERR_MISSING_PACKAGE",
      name: "MissingPackageError",
      message: `${purpose} needs the package '${packageName}', which is not installed: run "npm install ${packageName}"`,
      expose: false,
      cause,
    });
    this.packageName = packageName;
  }
}

/** A configuration without a database takes more memory than the option `memCacheSize` allows. The one before stays in force. */
export class ConfigTooLargeError extends GatewayError {
  /** Estimated bytes that the configuration would take. */
  readonly bytes: number;
  /** The option `memCacheSize` in bytes. */
  readonly maxBytes: number;

  constructor(bytes: number, maxBytes: number) {
    const sizes = `it takes about ${mebibytes(bytes)} of at most ${mebibytes(maxBytes)}`;
    super({
      code: "ERR_CONFIG_TOO_LARGE",
      name: "ConfigTooLargeError",
      message: `Configuration does not fit in memory: ${sizes}, consider raising the "mem_cache_size" config (option memCacheSize)`,
      status: 413,
    });
    this.bytes = bytes;
    this.maxBytes = maxBytes;
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** The gateway was closed before or during the call. */
export class GatewayClosedError extends GatewayError {
  constructor(message = "the gateway is closed") {
    super({ code: "ERR_GATEWAY_CLOSED", name: "GatewayClosedError", message, status: 503, expose: false });
  }
}
