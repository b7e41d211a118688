/** What the program asks for in a real terminal besides approvals: URLs, servers, passwords and codes. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { totp } from "../../src/accounts/totp.ts";
import { drawCells } from "../../src/qr/cells.ts";
import { terminalModules } from "../../src/qr/modules.ts";
import { PATIENT, cleanUp, run, start } from "./harness.ts";
import { closeTerminals, CTRL_C, CTRL_D, HAS_TERMINALS, Terminal, WHY_NOT } from "./pty.ts";
import { createWorld, EMAIL, PASSWORD, storedCredentials } from "./world.ts";
import type { World } from "./world.ts";

const CODE_EMAIL = "codes@example.org";
const TOTP_EMAIL = "totp@example.org";
const BLOCKED_EMAIL = "blocked@example.org";
const TOTP_SECRET = Buffer.from("a secret of 20 bytes");
const VERIFY_CODE = "/auth/v1/session/verify_code";
const VERIFY_TOTP = "/auth/v1/session/verify/totp";
const AUTHORIZATION = "/auth/v1/oauth/authorization";

let world: World;
/** Another accounts server, with a relay of its own. */
let elsewhere: World;

beforeAll(async () => {
  [world, elsewhere] = await Promise.all([createWorld(), createWorld()]);
  const { store } = world.accounts;
  await store.createAccount({ email: CODE_EMAIL, password: PASSWORD, mustConfirmSignIns: true });
  await store.createAccount({ email: BLOCKED_EMAIL, password: PASSWORD, blocked: true });
  await store.createAccount({ email: TOTP_EMAIL, password: PASSWORD, totpSecret: TOTP_SECRET });
});

beforeEach(() => {
  world.accounts.requests.clear();
});

afterAll(async () => {
  await closeTerminals();
  await cleanUp();
  await Promise.all([world.close(), elsewhere.close()]);
});

const requestsTo = (path: string) => world.accounts.requests.count(path);
const currentCode = () => totp(TOTP_SECRET, Date.now());

/** Digits that are not the code. */
const wrongCode = (code: string) => code.replace(/\d/g, (digit) => String((Number(digit) + 1) % 10));

describe.skipIf(!HAS_TERMINALS)(`join without a URL (${WHY_NOT})`, () => {
  it.each([[[]], [["-"]], [["--qr", "-"]]])("asks for it and does not show it (%j)", async (source) => {
    const { program, url } = await world.host();
    const folder = world.newFolder();
    const joining = new Terminal(["join", ...world.servers, "--config-dir", folder, ...source]);
    await joining.fill(/Paste the pairing URL \(it is not shown\).*: $/, `  ${url} `);
    await joining.answer(/Sign this device in to .*\?/, "y");
    expect([await joining.exit, await program.exit]).toEqual([0, 0]);
    expect(joining.text).not.toMatch(/channel_|http:/);
    expect(joining.settings.after).toBe(joining.settings.before);
  });

  // Not the accessible form: only a terminal that understands control sequences marks what is pasted.
  /** In lines, on a terminal that marks what is pasted. */
  const open = () =>
    new Terminal(["join", "--quiet", ...PATIENT, ...world.servers, "--config-dir", world.newFolder()], {
      env: { FXA_PAIR_ACCESSIBLE: "0" },
    });
  const ASKS = /Paste the pairing URL.*: $/;

  it("takes it as a terminal pastes it, over several lines, and never shows it", async () => {
    const { program, url } = await world.host();
    const joining = open();
    await joining.shows(ASKS);
    expect(joining.output).toContain("\u001b[?2004h");
    joining.type(`\u001b[200~<${url.slice(0, 50)}\r\n  ${url.slice(50)}>\u001b[201~`);
    await joining.shows(/\(\d+ characters pasted, press Enter\) $/);
    joining.type("\r");
    await joining.shows(/Sign this device in to .*\?/);
    expect(joining.output).toContain("\u001b[?2004l");
    await joining.answer(/Sign this device in to .*\?/, "y");
    expect([await joining.exit, await program.exit]).toEqual([0, 0]);
    expect(joining.text).not.toMatch(/channel_|http:/);
    expect(joining.settings.after).toBe(joining.settings.before);
  });

  it("says what is wrong, asks again, and takes pictures that are dropped on the window", async () => {
    const folder = await world.hostFolder();
    const picture = join(folder, "my code.png");
    const host = start(["host", ...world.servers, "--config-dir", folder, "--yes", "--qr-out", picture]);
    await host.says(/it is removed once it was used/);
    const joining = open();
    await joining.fill(ASKS, "https://example.com/");
    await joining.fill(/not a usable pairing URL[^]*Paste the pairing URL.*: $/, "what is this");
    await joining.fill(
      /neither a pairing URL nor a picture[^]*Paste the pairing URL.*: $/,
      "'/no/such.png' ",
    );
    await joining.fill(
      /such\.png: it cannot be read[^]*no such file[^]*Paste the pairing URL.*: $/,
      `'${picture}' `,
    );
    await joining.answer(/Sign this device in to .*\?/, "y");
    expect([await joining.exit, await host.exit]).toEqual([0, 0]);
  });

  it("takes a code to type, says which word is wrong, and completes by Tab", async () => {
    const folder = await world.hostFolder();
    const host = start(["host", ...world.servers, "--config-dir", folder, "--yes", "--code"]);
    const [code = ""] = await host.prints(/^\d.*$/m);
    const [nameplate = "", first = "", second = "", third = ""] = code.split("-");
    const joining = open();
    await joining.fill(ASKS, `${nameplate} ${first} xyzzyx ${third}`);
    await joining.fill(
      /second word, xyzzyx, is none of those[^]*Paste the pairing URL.*: $/,
      `${nameplate}-${first}-${second}-${third.slice(0, 4)}\t`,
    );
    await joining.shows(new RegExp(`: ${code}$`, "m"));
    await joining.answer(/Sign this device in to .*\?/, "y");
    expect([await joining.exit, await host.exit]).toEqual([0, 0]);
  });

  it("takes the QR code's own characters", async () => {
    const { program, url } = await world.host();
    const joining = open();
    await joining.shows(ASKS);
    const quietZone = { beside: 4, above: 4 };
    const drawn = drawCells(await terminalModules(url), {
      form: "half",
      quietZone,
      color: false,
      invert: false,
    });
    joining.type(`\u001b[200~${drawn.join("\r")}\u001b[201~`);
    await joining.shows(/press Enter\) $/);
    joining.type("\r");
    await joining.answer(/Sign this device in to .*\?/, "y");
    expect([await joining.exit, await program.exit]).toEqual([0, 0]);
  });

  it.each([
    ["an empty line", "\r"],
    ["the end of input", CTRL_D],
  ])("and ends at %s, with what to do", async (_name, keys) => {
    const joining = open();
    await joining.shows(ASKS);
    joining.type(keys);
    expect(await joining.exit).toBe(2);
    expect(joining.text).toMatch(/No pairing URL was given\.\n +Run fxa-pair host/);
  });

  it("is left by Ctrl-C, with the terminal as it was", async () => {
    const joining = open();
    await joining.shows(ASKS);
    joining.type(CTRL_C);
    expect(await joining.exit).toBe(130);
    expect(joining.output.lastIndexOf("\u001b[?2004l")).toBeGreaterThan(
      joining.output.lastIndexOf("\u001b[?2004h"),
    );
    expect(joining.settings.after).toBe(joining.settings.before);
  });
});

describe.skipIf(!HAS_TERMINALS)(`a URL of another accounts server (${WHY_NOT})`, () => {
  const joinFrom = (url: string, folder = world.newFolder()) => {
    const joining = new Terminal(["join", "--server", world.accounts.url, "--config-dir", folder, url]);
    return { joining, folder };
  };

  it("leads there only when its name is typed", async () => {
    const { program, url } = await elsewhere.host();
    const { joining, folder } = joinFrom(url);
    const { host } = new URL(elsewhere.accounts.url);
    await joining.shows(/another accounts server than/);
    await joining.shows(new RegExp(`Type its name \\(${host}\\) to go on: $`));
    expect(elsewhere.relay.stats().connections).toBe(1);
    joining.type(`${host}\r`);
    await joining.answer(/Sign this device in to .*\?/, "y");
    expect([await joining.exit, await program.exit]).toEqual([0, 0]);
    expect(storedCredentials(folder)).toMatchObject({ server: elsewhere.accounts.url });
  });

  it.each(["y", "yes", "", "127.0.0.1"])("is refused when %j is typed", async (line) => {
    const { program, url } = await elsewhere.host();
    elsewhere.accounts.requests.clear();
    const { joining, folder } = joinFrom(url);
    await joining.fill(/Type its name \(.*\) to go on: $/, line);
    await joining.shows(/The pairing URL is for the accounts server|Connecting to the other device/);
    expect(joining.text).not.toContain("Connecting");
    expect(await joining.exit).toBe(9);
    expect(elsewhere.relay.stats().connections).toBe(1);
    expect(elsewhere.accounts.requests.all()).toEqual([]);
    expect(existsSync(folder)).toBe(false);
    program.kill("SIGINT");
    await program.exit;
  });

  it("J2: is refused with --yes, and not asked about", async () => {
    const { program, url } = await elsewhere.host();
    elsewhere.accounts.requests.clear();
    const folder = world.newFolder();
    const args = ["join", "--server", world.accounts.url, "--config-dir", folder, "--yes", url];
    const joining = new Terminal(args);
    await joining.shows(/The pairing URL is for the accounts server|Type its name/);
    expect(joining.text).not.toContain("Type its name");
    expect(await joining.exit).toBe(9);
    expect(elsewhere.relay.stats().connections).toBe(1);
    expect(elsewhere.accounts.requests.all()).toEqual([]);
    program.kill("SIGINT");
    await program.exit;
  });

  it("is shown in ASCII, so that look-alike letters are seen", async () => {
    const url = `https://аccounts.firefox.com/pair#channel_id=${"A".repeat(22)}&channel_key=${"A".repeat(43)}`;
    const { joining } = joinFrom(url);
    await joining.fill(/Type its name \(xn--ccounts-1fg\.firefox\.com\) to go on: $/, "accounts.firefox.com");
    expect(await joining.exit).toBe(9);
  });
});

describe.skipIf(!HAS_TERMINALS)(`another account's credentials (${WHY_NOT})`, () => {
  const OTHER = "other@example.org";
  /** A device with tokens of its own, as if they were another account's. */
  async function folderOfAnotherAccount(): Promise<string> {
    const { url } = await world.host();
    const folder = world.newFolder();
    const args = ["join", ...world.servers, "--config-dir", folder, "--yes", "-"];
    expect((await run(args, { input: url })).status).toBe(0);
    const file = join(folder, "credentials.json");
    writeFileSync(file, JSON.stringify({ ...storedCredentials(folder), email: OTHER }));
    return folder;
  }

  it.each([
    ["kept after a no", "n", 3, OTHER],
    ["replaced after a yes", "y", 0, EMAIL],
  ])("are named, and %s", async (_name, key, status, kept) => {
    const folder = await folderOfAnotherAccount();
    const { url } = await world.host();
    const joining = new Terminal(["join", ...world.servers, "--config-dir", folder, url]);
    await joining.shows(/^This replaces the sign-in of other@example\.org/m);
    await joining.answer(/Sign this device in to andré@example\.org\?/, key);
    expect(await joining.exit).toBe(status);
    expect(storedCredentials(folder)).toMatchObject({ email: kept });
  });
});

describe.skipIf(!HAS_TERMINALS)(`login (${WHY_NOT})`, () => {
  function login(email: string) {
    const folder = world.newFolder();
    const terminal = new Terminal(["login", ...world.servers, "--config-dir", folder]);
    const signIn = async () => {
      await terminal.fill(/E-mail: $/, email);
      await terminal.fill(/Password of .*: $/, PASSWORD);
    };
    return { terminal, folder, signIn };
  }

  it("asks for address and password, and shows the first only", async () => {
    const { terminal, folder, signIn } = login(EMAIL);
    await signIn();
    expect(await terminal.exit).toBe(0);
    expect(terminal.text).toContain(EMAIL);
    expect(terminal.output).not.toContain(PASSWORD.slice(0, 7));
    expect(storedCredentials(folder)).toMatchObject({ email: EMAIL });
    expect(terminal.settings.after).toBe(terminal.settings.before);
  });

  it("asks for the code that was mailed, again when it is wrong", async () => {
    const { terminal, folder, signIn } = login(CODE_EMAIL);
    await signIn();
    await terminal.shows(/Code mailed to you: $/);
    const code = world.accounts.mail.last(CODE_EMAIL, "code")?.code ?? "";
    terminal.type(`${wrongCode(code)}\r`);
    await terminal.fill(/wrong or too old\.\nCode mailed to you: $/, code);
    expect(await terminal.exit).toBe(0);
    expect(storedCredentials(folder)).toMatchObject({ email: CODE_EMAIL });
    expect(requestsTo(VERIFY_CODE)).toBe(2);
  });

  it("sends the code again when Enter alone is pressed", async () => {
    const { terminal, folder, signIn } = login(CODE_EMAIL);
    const mails = () => world.accounts.mail.all().filter(({ kind }) => kind === "code").length;
    const before = mails();
    await signIn();
    await terminal.fill(/Press Enter alone[^]*\nCode mailed to you: $/, "");
    await terminal.shows(/Another mail is on its way[^]*\nCode mailed to you: $/);
    expect(mails() - before).toBe(2);
    terminal.type(`${world.accounts.mail.last(CODE_EMAIL, "code")?.code ?? ""}\r`);
    expect(await terminal.exit).toBe(0);
    expect(storedCredentials(folder)).toMatchObject({ email: CODE_EMAIL });
  });

  it("tells a wrong password with the address, and how to go on without typing that again", async () => {
    const { terminal } = login(EMAIL);
    await terminal.fill(/E-mail: $/, CODE_EMAIL);
    await terminal.fill(/Password of .*: $/, "not the password");
    expect(await terminal.exit).toBe(8);
    expect(terminal.text).toMatch(/The password of codes@example\.org is wrong\./);
    expect(terminal.text).toMatch(/fxa-pair login --email codes@example\.org/);
    expect(requestsTo("/auth/v1/account/login")).toBe(1);
  });

  it("tells how many minutes to wait when there were too many attempts", async () => {
    const throttled = world.accounts.faults.add({
      path: "/auth/v1/account/login",
      fault: { kind: "throttled", retryAfter: "840" },
    });
    const { terminal, signIn } = login(EMAIL);
    await signIn();
    expect(await terminal.exit).toBe(8);
    throttled.remove();
    expect(terminal.text).toMatch(/Wait 14 minutes/);
  });

  it("asks for the unblock code of a blocked sign-in", async () => {
    const { terminal, folder, signIn } = login(BLOCKED_EMAIL);
    await signIn();
    await terminal.shows(/blocked for security[^]*Unblock code: $/);
    terminal.type(`${world.accounts.mail.last(BLOCKED_EMAIL, "unblock")?.code ?? ""}\r`);
    expect(await terminal.exit).toBe(0);
    expect(storedCredentials(folder)).toMatchObject({ email: BLOCKED_EMAIL });
  });

  it("takes the unblock code as an option where nobody can be asked, and says so", async () => {
    const folder = world.newFolder();
    const args = ["login", ...world.servers, "--config-dir", folder, "--email", BLOCKED_EMAIL];
    const blocked = await run([...args, "--password-stdin"], { input: PASSWORD });
    expect([blocked.status, blocked.stderr]).toEqual([2, expect.stringMatching(/--unblock-code/)]);
    const code = world.accounts.mail.last(BLOCKED_EMAIL, "unblock")?.code ?? "";
    const ended = await run([...args, "--password-stdin", "--unblock-code", code], { input: PASSWORD });
    expect(ended.status, ended.stderr).toBe(0);
  });

  it("ends after three wrong codes, and keeps nothing", async () => {
    const { terminal, folder, signIn } = login(CODE_EMAIL);
    await signIn();
    for (const asked of [/mailed to you: $/, /old\.\nCode mailed.*: $/, /(?:old\.[^]*){2}Code mailed.*: $/]) {
      await terminal.shows(asked);
      const code = world.accounts.mail.last(CODE_EMAIL, "code")?.code ?? "";
      terminal.type(`${wrongCode(code)}\r`);
    }
    expect(await terminal.exit).toBe(8);
    expect(terminal.text).toMatch(/3 wrong codes/);
    expect(existsSync(join(folder, "credentials.json"))).toBe(false);
    expect(requestsTo(VERIFY_CODE)).toBe(3);
    expect(requestsTo("/auth/v1/account/login")).toBe(1);
  });

  it("asks accounts with two-step authentication for the app's code", async () => {
    const { terminal, folder, signIn } = login(TOTP_EMAIL);
    await signIn();
    await terminal.fill(/Code of your authenticator app: $/, currentCode());
    expect(await terminal.exit).toBe(0);
    expect(storedCredentials(folder)).toMatchObject({ email: TOTP_EMAIL });
  });
});

describe.skipIf(!HAS_TERMINALS)(`logout while the server is down (${WHY_NOT})`, () => {
  it.each([
    ["keeps the credentials after a no", "n", 6, true],
    ["forgets them here after a yes, and says what still lives", "y", 0, false],
  ])("%s", async (_name, key, status, kept) => {
    const folder = await world.hostFolder();
    const down = world.accounts.faults.add({ path: "*", fault: { kind: "unavailable" } });
    const terminal = new Terminal(["logout", "--config-dir", folder]);
    await terminal.answer(/although the server still accepts them\?/, key);
    expect(await terminal.exit).toBe(status);
    down.remove();
    expect(storedCredentials(folder) !== undefined).toBe(kept);
    expect(terminal.text).toMatch(/The server still accepts this device's refresh token and session\./);
    if (!kept) expect(terminal.text).toMatch(/forgotten here only[^]*Remove this device/);
  });
});

describe("a sign-in with two-step authentication", () => {
  /** A device of that account that signed in so many minutes ago. */
  async function signedIn(minutes: number): Promise<string> {
    const folder = world.newFolder();
    const args = ["login", ...world.servers, "--config-dir", folder, "--email", TOTP_EMAIL];
    const ended = await run([...args, "--password-stdin", "--totp", currentCode()], { input: PASSWORD });
    expect(ended.status, ended.stderr).toBe(0);
    const file = join(folder, "credentials.json");
    const credentials = JSON.parse(readFileSync(file, "utf8")) as { authAt: number };
    writeFileSync(file, JSON.stringify({ ...credentials, authAt: credentials.authAt - minutes * 60 }));
    return folder;
  }

  async function hostAndDevice(minutes: number) {
    const host = new Terminal([
      "host",
      ...world.servers,
      "--config-dir",
      await signedIn(minutes),
      "--qr",
      "none",
    ]);
    const [url] = await host.shows(/^http:\S+channel_key=\S{43}$/m);
    const args = ["join", ...world.servers, "--config-dir", world.newFolder(), "--yes", "-"];
    const joining = start(args, { input: url });
    await host.answer(/Sign that device in to totp@example\.org\?/, "y");
    return { host, joining };
  }

  it.skipIf(!HAS_TERMINALS)(`approves by a yes while it is fresh (${WHY_NOT})`, async () => {
    const { host, joining } = await hostAndDevice(0);
    expect([await host.done(), await joining.exit]).toEqual([0, 0]);
    expect(host.text).not.toMatch(/authenticator/);
  });

  it.skipIf(!HAS_TERMINALS)(`needs the app's code besides when it is not (${WHY_NOT})`, async () => {
    const { host, joining } = await hostAndDevice(6);
    await host.shows(/Code of your authenticator app: $/);
    expect(host.text).toMatch(/have your authenticator app ready[^]*Only scan this yourself/);
    expect(requestsTo(AUTHORIZATION)).toBe(0);
    host.type(`${wrongCode(currentCode())}\r`);
    await host.fill(/wrong or too old\.\nCode of your authenticator app: $/, currentCode());
    expect([await host.done(), await joining.exit]).toEqual([0, 0]);
    expect(requestsTo(AUTHORIZATION)).toBe(1);
  });

  it.skipIf(!HAS_TERMINALS).each([
    ["three wrong codes", () => wrongCode(currentCode()), 3],
    ["no code", () => "", 1],
  ])(`takes %s for no (${WHY_NOT})`, async (_name, code, times) => {
    const { host, joining } = await hostAndDevice(6);
    const before = requestsTo(VERIFY_TOTP);
    for (let time = 0; time < times; time++) {
      await host.fill(new RegExp(`(?:old\\.[^]*){${time}}Code of your authenticator app: $`), code());
    }
    expect([await host.exit, await joining.exit]).toEqual([3, 4]);
    expect(requestsTo(VERIFY_TOTP) - before).toBe(code() === "" ? 0 : times);
    expect(requestsTo(AUTHORIZATION)).toBe(0);
  });

  it("is not enough for --yes when it is old, unless the request is pinned", async () => {
    const folder = await signedIn(6);
    const args = ["host", ...world.servers, "--config-dir", folder, "--json", "--yes"];
    const ended = await run(args);
    expect(ended.status).toBe(10);
    expect(ended.events.map(({ event }) => event)).toEqual(["error"]);

    const key = `${folder}.key`;
    const thumbprint = (await run(["join", "--key", key, "--print-thumbprint"])).stdout.trim();
    const host = start([...args, "--approve-jwk", thumbprint]);
    const { url } = await host.event("channel");
    const joining = ["join", ...world.servers, "--config-dir", world.newFolder(), "--key", key, "--yes", "-"];
    expect((await run(joining, { input: String(url) })).status).toBe(0);
    expect(await host.exit).toBe(0);
  });
});
