/** What can be broken on the network, and where nobody is asked. */
import type { Breakage } from "./breakage.ts";

const DISCOVERY = "src/oauth/discovery.ts";
const HTTP = "src/oauth/http.ts";
const CALLS = "src/oauth/calls.ts";
const ERRORS = "src/oauth/error-table.ts";
const LOGIN = "src/oauth/login.ts";
const CONFIRM = "src/oauth/confirm-sign-in.ts";
const SANDBOX = "src/commands/sandbox.ts";
const EXITS = "src/commands/exit-codes.ts";

export const NETWORK: readonly Breakage[] = [
  {
    ids: ["N1"],
    file: DISCOVERY,
    find: "if (!isSecure(url)) throw notAServer(",
    replace: "if (url.hostname === '') throw notAServer(",
    words: "an accounts server may be named by plain http anywhere",
  },
  {
    ids: ["N1"],
    file: DISCOVERY,
    find: "!isSecure(url) ||\n    url.username",
    replace: "url.username",
    words: "the configuration may name addresses without TLS anywhere",
  },
  {
    ids: ["N1"],
    file: "src/channel/relay-url.ts",
    find: 'url.protocol === "ws:" && !allowInsecure && !isLoopback(url.hostname)',
    replace: 'url.protocol === "ws:" && !allowInsecure && url.hostname === ""',
    words: "a relay without TLS that nobody named is used",
  },
  {
    ids: ["N1"],
    file: "src/commands/accounts.ts",
    find: 'if (url.protocol === "ws:" && !isLoopback(url.hostname)) {',
    replace: 'if (url.protocol === "ws:" && isLoopback(url.hostname)) {',
    words: "a relay without TLS that the user named is used without a warning",
  },
  {
    ids: ["N1"],
    file: "src/lib/loopback.ts",
    find: "/^127(?:\\.\\d{1,3}){3}$/.test(hostname)",
    replace: 'hostname.startsWith("127.")',
    words: "a name that begins like an address of this machine counts as one",
  },
  {
    ids: ["N2"],
    file: HTTP,
    find: "buildConnector({ rejectUnauthorized: true })",
    replace: "buildConnector({})",
    words: "the environment can turn off the check of the accounts server's certificate",
  },
  {
    ids: ["N2"],
    file: "src/channel/socket.ts",
    find: "rejectUnauthorized: true,",
    replace: "",
    words: "the environment can turn off the check of the relay's certificate",
  },
  {
    ids: ["N2"],
    file: HTTP,
    find: "if (CERTIFICATE_PROBLEM.test(code)) {",
    replace: 'if (code === "") {',
    words: "a certificate that is not trusted is told without what helps",
  },
  {
    ids: ["N3"],
    file: "src/oauth/credentials.ts",
    find: "if (credentials.server === contentServer) return credentials;",
    replace: 'if (contentServer.startsWith("http")) return { ...credentials, server: contentServer };',
    words: "credentials of one server go to the one that the options name",
  },
  {
    ids: ["N3"],
    file: HTTP,
    find: "return {\n      status: response.statusCode,",
    replace: `const { location } = response.headers;
    if (response.statusCode >= 300 && response.statusCode < 400 && typeof location === "string") {
      return this.#exchange({ ...request, url: new URL(location, request.url).href }, signal, host);
    }
    return {
      status: response.statusCode,`,
    words: "redirects are followed, with the credentials",
  },
  {
    ids: ["N4"],
    file: HTTP,
    find: "if (size > MAX_ANSWER_BYTES) {",
    replace: "if (size < 0) {",
    words: "an answer may have any size",
  },
  {
    ids: ["N4"],
    file: HTTP,
    find: "const cancel = clock.after(timeLimit, () => {",
    replace: "const cancel = clock.after(86_400_000, () => {",
    words: "an answer may take as long as it likes",
  },
  {
    ids: ["N4"],
    file: CALLS,
    find: "if (result.success) return result.output;",
    replace: 'if (result.success || path !== "") return result.output as v.InferOutput<Answer>;',
    words: "answers of another form are taken as they are",
  },
  {
    ids: ["N4"],
    file: ERRORS,
    find: 'if (status >= 200 && status < 300 && typeof document === "object" && document !== null) return document;',
    replace: "if (status >= 200 && status < 300) return document ?? {};",
    words: "a page instead of a document counts as an empty one",
  },
  {
    ids: ["A1"],
    file: "src/commands/host.ts",
    find: "if (flags.yes) warnAboutYes(flags, way, run);",
    replace: "",
    words: "--yes is not warned of",
  },
  {
    ids: ["A1"],
    file: "src/commands/host.ts",
    find: "await newDevice.conclude(!flags.yes && run.prompter !== null);\n  return 0;",
    replace: `await newDevice.conclude(!flags.yes && run.prompter !== null);
  return flags.yes ? runHost(flags, way, run) : 0;`,
    words: "a host with --yes makes another offer after it approved a request",
  },
  {
    ids: ["A2"],
    file: EXITS,
    find: "unreadable: 9,",
    replace: "unreadable: 2,",
    words: "what cannot be read ends as a wrong option does",
  },
  {
    ids: ["A2"],
    file: EXITS,
    find: "declined_there: 4,",
    replace: "declined_there: 3,",
    words: "a no of the other device ends as one of this device",
  },
  {
    ids: ["A3"],
    file: CALLS,
    find: "error.offersUnblockCode ? undefined : error.retryAfter * 1000;",
    replace: "error.offersUnblockCode ? undefined : error.retryAfter * 10;",
    words: "throttling is waited for a hundredth of the time",
  },
  {
    ids: ["A3"],
    file: CALLS,
    find: "const MAX_ATTEMPTS = 3;",
    replace: "const MAX_ATTEMPTS = 4;",
    words: "a throttled request is sent a fourth time",
  },
  {
    ids: ["A3"],
    file: CALLS,
    find: "if (wait === undefined || clock.now() + wait > deadline) throw error;",
    replace: "if (wait === undefined) throw error;",
    words: "throttling is waited for beyond the time limit",
  },
  {
    ids: ["A3"],
    file: CALLS,
    find: "call.once === true || attempt === MAX_ATTEMPTS ? undefined",
    replace: "attempt === MAX_ATTEMPTS ? undefined",
    words: "a password or a code is sent again by itself",
  },
  {
    ids: ["A4"],
    file: CALLS,
    find: "if (!(error instanceof AccountsError)) return undefined;",
    replace:
      "if (!(error instanceof AccountsError)) return undefined;\n  if (error.status === 403 || error.status === 406) return 1000;",
    words: "what turned this program away as a robot is tried again",
  },
  {
    ids: ["A4"],
    file: LOGIN,
    find: "!error.offersUnblockCode || attempt.unblockCode !== undefined",
    replace: "error.errno !== 125 || attempt.unblockCode !== undefined",
    words: "an unblock code is asked for where none was offered",
  },
  {
    ids: ["A4"],
    file: ERRORS,
    find: "if (status === 403 || status === 406) return turnedAway(status, host);",
    replace: "",
    words: "being turned away as a robot is not told as what it is",
  },
  {
    ids: ["A5"],
    file: CONFIRM,
    find: "const MAX_CODES = 3;",
    replace: "const MAX_CODES = 4;",
    words: "a fourth code is asked for",
  },
  {
    ids: ["A5"],
    file: LOGIN,
    find: "const MAX_UNBLOCK_CODES = 3;",
    replace: "const MAX_UNBLOCK_CODES = 4;",
    words: "a fourth unblock code is asked for",
  },
  {
    ids: ["A5"],
    file: "src/oauth/sign-in.ts",
    find: "wipe(authPW);",
    replace: "",
    words: "the password's proof is not wiped",
  },
  {
    ids: ["A5"],
    file: LOGIN,
    find: "wipe(unwrapBKey);\n  }\n}",
    replace: "}\n}",
    words: "what unwraps the account's key is not wiped",
  },
  {
    ids: ["A5"],
    file: "src/oauth/stretch.ts",
    find: "wipe(quickStretchedPW);",
    replace: "",
    words: "the stretched password is not wiped",
  },
  {
    ids: ["A5"],
    file: "src/oauth/stretch.ts",
    find: "wipe(passwordBytes);",
    replace: "",
    words: "the password's bytes are not wiped",
  },
  {
    ids: ["A5"],
    file: LOGIN,
    find: "wipe(kA, wrapKb, kB);",
    replace: "wipe(kA, wrapKb);",
    words: "the account's key is not wiped",
  },
  {
    ids: ["A6"],
    file: SANDBOX,
    find: 'const LOOPBACK = "127.0.0.1";',
    replace: 'const LOOPBACK = "0.0.0.0";',
    words: "the sandbox's relay listens on all addresses",
  },
  {
    ids: ["A6"],
    file: "src/accounts/server.ts",
    find: 'const HOST = "127.0.0.1";',
    replace: 'const HOST = "0.0.0.0";',
    words: "the sandbox's accounts server listens on all addresses",
  },
  {
    ids: ["A2"],
    file: EXITS,
    find: "interrupted: 130,",
    replace: "interrupted: 0,",
    words: "an interruption ends as a success",
  },
  {
    ids: ["A2"],
    file: EXITS,
    find: "refused: 8,",
    replace: "refused: 6,",
    words: "a refusal of the accounts server ends as an unreachable one",
  },
  {
    ids: ["A2"],
    file: "src/ui/json.ts",
    find: "code: error.code,",
    replace: 'code: "internal",',
    words: "the event of a failure does not say which it was",
  },
  {
    ids: ["A6"],
    file: SANDBOX,
    find: "FXA_PAIR_CONFIG_DIR: configDir,",
    replace: "",
    words: "what runs in the sandbox uses the user's own credentials",
  },
  {
    ids: ["A6"],
    file: SANDBOX,
    find: "environment.variables, { configFile: false });",
    replace: "environment.variables);",
    words: "the sandbox reads the user's settings",
  },
];
