/**
 * Loaded into a real process before the program: counts what is done with the files of one folder, and at one of these
 * steps kills the process or fails. FXA_TEST_FILES is a JSON object: `folder`; `log`, a file for the steps' names; `at`, the
 * step's name; `fault`, "kill", "kill halfway" (of what is written) or an error code; `always`, whether every step that changes
 * anything fails.
 */
import { appendFileSync } from "node:fs";
import files from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { constants } from "node:fs";

const { folder, log, at, fault, always = false } = JSON.parse(process.env.FXA_TEST_FILES ?? "{}");
const CHANGES = ["mkdir", "rename", "unlink", "link", "create", "write", "sync", "chmod"];
const append = appendFileSync;
const counts = new Map();

/** One step; calls `real` unless it is the one that fails. */
async function step(operation, path, real, halfway = () => undefined) {
  const name = nameOf(operation, path);
  if (log !== undefined) append(log, `${name}\n`);
  if (always && CHANGES.includes(operation)) throw failure();
  if (name !== at) return real();
  if (fault !== "kill") await halfway();
  if (fault === "kill" || fault === "kill halfway") process.kill(process.pid, "SIGKILL");
  throw failure();
}

function nameOf(operation, path) {
  const relative = path.slice(folder.length + 1).replace(/[0-9a-f]{16,}/, "*") || "the folder";
  const name = `${operation} ${relative}`;
  const count = (counts.get(name) ?? 0) + 1;
  counts.set(name, count);
  return count === 1 ? name : `${name} ${count}`;
}

const failure = () => Object.assign(new Error(`${fault}: made by a test`), { code: fault });
const isOurs = (path) => typeof path === "string" && (path === folder || path.startsWith(`${folder}/`));

for (const operation of ["mkdir", "rename", "unlink", "link", "stat", "readdir", "readFile"]) {
  const real = files[operation];
  files[operation] = (path, ...rest) =>
    isOurs(path) ? step(operation, path, () => real(path, ...rest)) : real(path, ...rest);
}

const open = files.open;
files.open = async (path, flags, ...rest) => {
  if (!isOurs(path)) return open(path, flags, ...rest);
  const creates = typeof flags === "number" && (flags & constants.O_CREAT) !== 0;
  const handle = await step(creates ? "create" : "open", path, () => open(path, flags, ...rest));
  const { chmod, close, sync, writeFile, write, readFile, stat } = handle;
  handle.chmod = (...given) => step("chmod", path, () => chmod.apply(handle, given));
  handle.sync = () => step("sync", path, () => sync.call(handle));
  handle.close = () => step("close", path, () => close.call(handle));
  handle.stat = (...given) => step("stat file", path, () => stat.apply(handle, given));
  handle.readFile = (...given) => step("read", path, () => readFile.apply(handle, given));
  handle.write = (...given) => step("write", path, () => write.apply(handle, given));
  handle.writeFile = (content) =>
    step(
      "write",
      path,
      () => writeFile.call(handle, content),
      () => writeFile.call(handle, content.slice(0, content.length / 2)),
    );
  return handle;
};

syncBuiltinESMExports();
