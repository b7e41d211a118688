/** What can be broken in how secrets are kept. */
import type { Breakage } from "./breakage.ts";

const FILES = "src/lib/private-file.ts";
const OFFER = "src/commands/offer.ts";
const LOGOUT = "src/commands/logout.ts";
const TERMINAL = "src/ui/screen/terminal.ts";
const FAILURE = "src/commands/failure.ts";

export const SECRETS: readonly Breakage[] = [
  {
    ids: ["S1"],
    file: "src/main.ts",
    find: 'process.title = "fxa-pair";',
    replace: "",
    words: "what was typed stays in the process list",
  },
  {
    ids: ["S2"],
    file: FAILURE,
    find: "const kind = thrown instanceof Error ? thrown.name : typeof thrown;",
    replace: "const kind = thrown instanceof Error ? thrown.message : String(thrown);",
    words: "the words of an unexpected error are shown",
  },
  {
    ids: ["S3"],
    file: OFFER,
    find: "connected: async () => {\n      shown.connected();\n      await files.remove();",
    replace: "connected: async () => {\n      await Promise.resolve();\n      shown.connected();",
    words: "files with the URL stay until the end although a device has used it",
  },
  {
    ids: ["S4"],
    file: FILES,
    find: "await open(path, CREATE_FLAGS, 0o600);",
    replace: "await open(path, CREATE_FLAGS, 0o644);",
    words: "a file with secrets can be read by others for a moment",
  },
  {
    ids: ["S4"],
    file: FILES,
    find: "constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | SAFE_FLAGS",
    replace: "constants.O_CREAT | constants.O_WRONLY",
    words: "a file that is there already is written to",
  },
  {
    ids: ["S4"],
    file: FILES,
    find: "HAS_MODES ? constants.O_NOFOLLOW | constants.O_NONBLOCK : 0",
    replace: "0",
    words: "links are followed when files are read",
  },
  {
    ids: ["S4"],
    file: FILES,
    find: '(status.mode & 0o077) === 0 ? undefined : "can be read by other users"',
    replace: '(status.mode & 0o022) === 0 ? undefined : "can be written by other users"',
    words: "a file that others can read is used",
  },
  {
    ids: ["S4"],
    file: FILES,
    find: "await mkdir(path, { recursive: true, mode: 0o700 });",
    replace: "await mkdir(path, { recursive: true });",
    words: "the folder of credentials is open to others",
  },
  {
    ids: ["S4"],
    file: FILES,
    find: "if (!HAS_MODES || (folder.mode & 0o022) === 0) return;",
    replace: "if (folder.isDirectory()) return;",
    words: "a folder that others can write into is used",
  },
  {
    ids: ["S5"],
    file: TERMINAL,
    find: "const ENTER = `\\u001b[?1049h",
    replace: "const ENTER = `",
    words: "codes are shown on the main screen, and stay in the scrollback",
  },
  {
    ids: ["S5"],
    file: "src/ui/screen/screen-reporter.ts",
    find: "this.#screen.clearNotices();\n      this.#screen.show({",
    replace: 'this.#screen.clearNotices();\n      if (view.kind === "code") this.#screen.show({',
    words: "a QR code that was used stays on the screen",
  },
  {
    ids: ["S6"],
    file: OFFER,
    find: "if (flags.copy && !run.signal.aborted) copy();",
    replace: "if (!run.signal.aborted && run.prompter !== null) copy();",
    words: "the URL is copied although nobody asked for it",
  },
  {
    ids: ["S7"],
    file: LOGOUT,
    find: "await revoke(credentials, flags.force, run);\n        await forget(store, credentials);",
    replace: "await forget(store, credentials);\n        await revoke(credentials, flags.force, run);",
    words: "logout forgets first",
  },
  {
    ids: ["S8"],
    file: "src/main.ts",
    find: "const argv = process.argv.slice(2);",
    replace:
      'const argv = process.argv.slice(2);\nif (!argv.includes("--version")) void fetch("http://127.0.0.1:8/update").catch(() => undefined);',
    words: "the program looks for updates",
  },
  {
    ids: ["S5"],
    file: "src/commands/setup.ts",
    find: "const stopRestoring = environment.onExit(close);",
    replace: "const stopRestoring = environment.onExit(() => undefined);",
    words: "a second signal leaves the code on the screen",
  },
  {
    ids: ["S5"],
    file: TERMINAL,
    find: "return `${erase}\\u001b[2J`;",
    replace: "return erase;",
    words: "what was on the screen is not wiped",
  },
  {
    ids: ["S5"],
    file: TERMINAL,
    find: "return `${erase}\\u001b[2J`;",
    replace: 'return "\\u001b[2J";',
    words: "a picture of the code is not wiped",
  },
  {
    ids: ["S1"],
    file: "src/commands/pairing-source.ts",
    find: '"a code" : "a URL", run);',
    replace: '"a code" : "a URL", { ...run, reporter: { ...run.reporter, warn: () => undefined } });',
    words: "a URL on the command line is not warned of",
  },
  {
    ids: ["S1"],
    file: "src/commands/login.ts",
    find: "if (flags.totp !== undefined || flags.unblockCode !== undefined) {",
    replace: "if (flags.unblockCode !== undefined) {",
    words: "an authenticator's code on the command line is not warned of",
  },
  {
    ids: ["S1"],
    file: "src/commands/login.ts",
    find: '.option("--password-stdin", "read the password from standard input")',
    replace:
      '.option("--password-stdin", "read the password from standard input")\n      .option("--password <password>", "the password")',
    words: "an option takes a password as its value",
  },
  {
    ids: ["S5"],
    file: TERMINAL,
    find: "this.#streams.stderr.write(this.#wipe());",
    replace: "this.#drawn = [];",
    words: "a picture of the code outlasts another size of the window",
  },
  {
    ids: ["S5"],
    file: TERMINAL,
    find: "stderr.write(this.#wipe() + LEAVE);",
    replace: "stderr.write(LEAVE);",
    words: "a picture of the code outlasts the screen",
  },
  {
    ids: ["S5"],
    file: TERMINAL,
    find: 'let output = moved ? this.#wipe() : "";',
    replace: 'let output = "";\n    if (moved) this.#drawn = [];',
    words: "a picture of the code outlasts what is drawn over it",
  },
  {
    ids: ["S2"],
    file: FAILURE,
    find: "return /^-{0,2}[A-Za-z][A-Za-z-]{0,30}$/.test(name)",
    replace: 'return name !== ""',
    words: "what was mistyped is repeated",
  },
  {
    ids: ["S2"],
    file: "src/pairing/pairing-url.ts",
    find: 'throw unreadable("channel_key", "it must be 32 bytes in base64url without padding");',
    replace:
      'throw unreadable("channel_key", `it must be 32 bytes, not ${single(parameters, "channel_key")}`);',
    words: "a channel key that is none is repeated",
  },
  {
    ids: ["S2"],
    file: "src/network/proxies.ts",
    find: "host: destinationOf(url).host,",
    replace:
      'host: `${url.username === "" ? "" : `${url.username}:${url.password}@`}${destinationOf(url).host}`,',
    words: "a proxy's password is named with its address",
  },
  {
    ids: ["S2"],
    file: "src/commands/status.ts",
    find: "keyIds: Object.fromEntries(keys.map(([scope, { kid }]) => [scope, kid])),",
    replace: "keyIds: Object.fromEntries(keys.map(([scope, { k }]) => [scope, k])),",
    words: "`status` shows keys",
  },
];
