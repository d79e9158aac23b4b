import { describe, expect, it } from "vitest";
import { DatabaseError } from "../../../src/errors/dao-errors.js";
import { kongName, postgresOptionsFrom } from "../../../src/store/strategies/postgres/environment.js";
import { databaseError } from "../../../src/store/strategies/postgres/failures.js";
import { fittingName, quoteName, quoteText, tableName } from "../../../src/store/strategies/postgres/names.js";
import { postgresOptionKinds, postgresSettings } from "../../../src/store/strategies/postgres/settings.js";

describe("settings of PostgreSQL", () => {
  it("have Kong's defaults", () => {
    expect(postgresSettings({})).toEqual({
      host: "127.0.0.1",
      port: 5432,
      user: "kong",
      password: undefined,
      database: "kong",
      schema: undefined,
      connectTimeout: 5000,
      statementTimeout: 5000,
      ssl: false,
      sslRequired: false,
      connections: 10,
      turnTimeout: 60_000,
      idleTimeout: 60_000,
    });
    expect(postgresSettings({ pgSsl: true, pgSslCa: "pem" }).ssl).toEqual({ rejectUnauthorized: false, ca: "pem" });
    expect(postgresSettings({ pgSsl: true, pgSslVerify: true }).ssl).toEqual({ rejectUnauthorized: true });
    expect(postgresSettings({ pgPoolSize: 5, pgMaxConcurrentQueries: 3 }).connections).toBe(3);
  });

  it.each([
    [{ pgPort: "5432" }, "option 'pgPort': must be a whole number, 0 or more"],
    [{ pgTimeout: -1 }, "option 'pgTimeout': must be a whole number, 0 or more"],
    [{ pgHost: 1 }, "option 'pgHost': must be a text"],
    [{ pgSsl: "on" }, "option 'pgSsl': must be true or false"],
    [{ pgPoolSize: 0 }, "option 'pgPoolSize': must be at least 1"],
  ])("refuse %j", (options, message) => {
    expect(() => postgresSettings(options as never)).toThrow(message);
  });

  it("can be texts by Kong's names", () => {
    const texts: Record<string, string> = {
      pg_host: "db",
      pg_port: "1",
      pg_ssl: "on",
      pg_ssl_verify: "off",
      pg_ssl_cert_key: "pem",
    };
    expect(postgresOptionsFrom((name) => texts[name])).toEqual({
      pgHost: "db",
      pgPort: 1,
      pgSsl: true,
      pgSslVerify: false,
      pgSslCertKey: "pem",
    });
    expect(() => postgresOptionsFrom(() => "maybe")).toThrow(/is not a whole number|neither 'on' nor 'off'/);
    expect(Object.keys(postgresOptionKinds).map(kongName)).toContain("pg_max_concurrent_queries");
  });
});

describe("names in SQL", () => {
  it("are quoted, whatever is in them", () => {
    expect(quoteName('a"b')).toBe('"a""b"');
    expect(tableName("my.schema", "t")).toBe('"my.schema"."t"');
    expect(tableName(undefined, "t")).toBe('"t"');
    expect(quoteText("it's")).toBe("'it''s'");
    expect(quoteText("a\\'b")).toBe("E'a\\\\''b'");
  });

  it("are cut so that two long ones stay two", () => {
    const long = `${"é".repeat(40)}_a_key`;
    const [one, two] = [fittingName(long), fittingName(`${long}2`)];
    expect(Buffer.byteLength(one)).toBeLessThanOrEqual(63);
    expect(one).not.toBe(two);
    expect(fittingName("routes_name_key")).toBe("routes_name_key");
  });
});

describe("failures of PostgreSQL", () => {
  const settings = postgresSettings({ pgDatabase: "shop" });
  const failure = (message: string, code?: string): Error =>
    Object.assign(new Error(message), code === undefined ? {} : { code });

  it.each([
    [failure("connect ECONNREFUSED", "ECONNREFUSED"), "PostgreSQL at 127.0.0.1:5432 cannot be reached: connect ECONNREFUSED"],
    [
      failure("Connection terminated unexpectedly"),
      "PostgreSQL at 127.0.0.1:5432 cannot be reached: Connection terminated unexpectedly",
    ],
    [
      failure("the database system is starting up", "57P03"),
      "PostgreSQL at 127.0.0.1:5432 cannot be reached: the database system is starting up",
    ],
    [failure("canceling statement", "57014"), "PostgreSQL cancelled a statement after 5000 ms"],
    [
      failure('relation "x" does not exist', "42P01"),
      "relation \"x\" does not exist: the migrations have not run in database 'shop'",
    ],
    [failure("division by zero", "22012"), "division by zero (SQLSTATE 22012)"],
  ])("are told in words: %s", (error, message) => {
    const told = databaseError(error, settings);
    expect(told).toBeInstanceOf(DatabaseError);
    expect(told).toMatchObject({ code: 8, message, cause: error });
    expect(databaseError(told, settings)).toBe(told);
  });
});
