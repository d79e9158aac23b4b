import { describe, expect, it } from "vitest";
import { daoErrors } from "../../src/errors/codes.js";
import {
  DatabaseError,
  DeclarativeConfigError,
  ForeignKeysUnresolvedError,
  ForeignKeyViolationError,
  InvalidForeignKeyError,
  InvalidGlobalQueryError,
  InvalidOffsetError,
  InvalidOptionsError,
  InvalidPrimaryKeyError,
  InvalidSizeError,
  InvalidUniqueError,
  InvalidWorkspaceError,
  NotFoundError,
  OperationUnsupportedError,
  PrimaryKeyViolationError,
  ReferencedByOthersError,
  SchemaViolationError,
  TransformationError,
  UniqueViolationError,
} from "../../src/errors/dao-errors.js";
import {
  GatewayClosedError,
  GatewayError,
  MissingPackageError,
  OptionsError,
  PluginLoadError,
} from "../../src/errors/gateway-error.js";
import { unresolvedText } from "../../src/errors/unresolved-text.js";

const id = "00000000-0000-4000-8000-000000000001";
const unresolved = unresolvedText({ name: "x" }, "services");

describe("numbered errors", () => {
  it.each<[code: number, status: number, message: string, error: GatewayError]>([
    [1, 400, `invalid primary key: '{id="expected a valid UUID"}'`, new InvalidPrimaryKeyError({ id: "expected a valid UUID" })],
    [2, 400, "schema violation (host: required field missing)", new SchemaViolationError({ host: "required field missing" })],
    [3, 400, `primary key violation on key '{id="${id}"}'`, new PrimaryKeyViolationError({ id })],
    [
      4,
      400,
      `the foreign key '{id="${id}"}' does not reference an existing 'services' entity.`,
      ForeignKeyViolationError.missing("service", { id }, "services"),
    ],
    [
      4,
      400,
      "an existing 'routes' entity references this 'services' entity",
      ForeignKeyViolationError.referenced("services", "routes"),
    ],
    [
      5,
      409,
      `UNIQUE violation detected on '{consumer=null,name="x",route=null,service={id="${id}"}}'`,
      new UniqueViolationError({ name: "x", route: null, service: { id }, consumer: null }),
    ],
    [6, 404, `could not find the entity with primary key '{id="${id}"}'`, new NotFoundError({ id })],
    [6, 404, `could not find the entity with '{name="x"}'`, new NotFoundError({ name: "x" }, "field")],
    [7, 400, "'zzz' is not a valid offset: bad base64", new InvalidOffsetError("zzz", "bad base64")],
    [8, 500, "connection refused", new DatabaseError("connection refused")],
    [9, 400, "size must be an integer between 1 and 1000", new InvalidSizeError(1000)],
    [10, 400, "expected a string", new InvalidUniqueError("name", "expected a string")],
    [11, 400, "invalid option (ttl: must be a number)", new InvalidOptionsError({ ttl: "must be a number" })],
    [11, 400, "2 option violations (a: no; b: neither)", new InvalidOptionsError({ b: "neither", a: "no" })],
    [
      12,
      405,
      "cannot create 'services' entities when not using a database",
      OperationUnsupportedError.readOnly("create", "services"),
    ],
    [
      12,
      405,
      "cannot update 'services' entities by 'name' when not using a database",
      OperationUnsupportedError.readOnly("update", "services", "name"),
    ],
    [
      13,
      400,
      `foreign key unresolved (service.name: ${unresolved})`,
      new ForeignKeysUnresolvedError({ service: { name: unresolved } }),
    ],
    [
      14,
      400,
      'declarative config is invalid: {services={[2]="no"}}',
      new DeclarativeConfigError({ fields: { services: [null, "no"] } }),
    ],
    [15, 500, "transformation failed: no salt", new TransformationError("no salt")],
    [16, 500, `invalid foreign key: '{id="missing primary key"}'`, new InvalidForeignKeyError({ id: "missing primary key" })],
    [17, 500, "invalid workspace 'w'", new InvalidWorkspaceError("w")],
    [18, 500, "unique key name is invalid for global query", new InvalidGlobalQueryError("name")],
    [19, 400, "ca certificate x is still referenced", new ReferencedByOthersError("ca certificate x is still referenced")],
  ])("code %i answers %i: %s", (code, status, message, error) => {
    expect(error).toBeInstanceOf(GatewayError);
    expect(error).toMatchObject({ code, status, message });
    expect(error.name.startsWith(daoErrors[code as keyof typeof daoErrors].name)).toBe(true);
  });

  it("send Kong's body", () => {
    expect(JSON.parse(JSON.stringify(new SchemaViolationError({ host: "required field missing" })))).toEqual({
      code: 2,
      name: "schema violation",
      message: "schema violation (host: required field missing)",
      fields: { host: "required field missing" },
    });
    expect(new InvalidOptionsError({ ttl: "no" }).toJSON()).toEqual({
      code: 11,
      name: "invalid options",
      message: "invalid option (ttl: no)",
      options: { ttl: "no" },
    });
  });

  it("keep the details of their own failures from clients", () => {
    expect(new DatabaseError("password is hunter2").toJSON()).toEqual({ message: "An unexpected error occurred" });
  });

  it("name the unique field of code 10", () => {
    expect(new InvalidUniqueError("username", "expected a string").name).toBe("invalid unique username");
  });
});

describe("the message of a schema violation", () => {
  it.each([
    [{ "@entity": ["e2", "e1"], b: "x", a: "y" }, "4 schema violations (e2; e1; a: y; b: x)"],
    [{ config: { b: "x", a: "y" } }, "2 schema violations (config.a: y; config.b: x)"],
    [{ tags: [null, "bad"] }, "schema violation (tags.2: bad)"],
    [
      { config: { redis: { host: "bad", port: "worse" } } },
      'schema violation (config.redis: {\n  host = "bad",\n  port = "worse"\n})',
    ],
  ])("of %j", (fields, message) => {
    expect(new SchemaViolationError(fields).message).toBe(message);
  });
});

describe("errors of our own", () => {
  it("have stable codes", () => {
    expect(new OptionsError("trustedIps", "not an address")).toMatchObject({
      code: "ERR_INVALID_OPTION",
      option: "trustedIps",
      message: "option 'trustedIps': not an address",
    });
    expect(new PluginLoadError("x", "no such plugin")).toMatchObject({ code: "ERR_PLUGIN_LOAD", plugin: "x" });
    expect(new MissingPackageError("pg", 'database "postgres"')).toMatchObject({
      code: "ERR_MISSING_PACKAGE",
      packageName: "pg",
    });
    expect(new GatewayClosedError()).toMatchObject({ code: "ERR_GATEWAY_CLOSED", status: 503 });
  });

  it("keep their cause", () => {
    const cause = new Error("below");
    expect(new PluginLoadError("x", "broken", cause).cause).toBe(cause);
    expect(new DatabaseError("broken", cause).cause).toBe(cause);
  });
});
