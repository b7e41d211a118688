/**
 * Text of others in a real terminal, and in lines for scripts: whatever a peer, a relay, a server or a picture says is shown
 * as text. It moves no cursor, names no window, copies nothing, hides nothing, and breaks no line of JSON.
 */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Fault } from "../../src/accounts/faults.ts";
import { qrPng } from "../../src/qr/encode.ts";
import { FeignedRelay, ID } from "./feigned-relay.ts";
import { PATIENT, cleanUp, run, start, temporaryFolder } from "./harness.ts";
import { startImpostor } from "./impostor.ts";
import { LyingRelay } from "./lying-relay.ts";
import { closeTerminals, CTRL_C, HAS_TERMINALS, Terminal, WHY_NOT } from "./pty.ts";
import { createWorld, EMAIL, PASSWORD, storedCredentials } from "./world.ts";
import type { World } from "./world.ts";

/** Clipboard, title, screen, cursor, line, direction, and an 8-bit control: short enough to be shown whole. */
const ATTACK = "\u001b]52;c;UE9P\u0007\u001b]2;T\u0007\u001b[2J\r\u202e\u009b1A";
const SHOWN = "\\u{1b}]52;c;UE9P\\u{7}\\u{1b}]2;T\\u{7}\\u{1b}[2J\\u{d}\\u{202e}\\u{9b}1A";
/** What only JSON can carry besides: a NUL, half a character, the ends of lines. */
const WORSE = `${ATTACK}\u0000\ud800\n\u2028\u2029\udc00`;
const PLAIN = { env: { FXA_PAIR_ACCESSIBLE: "1" }, columns: 200 };
const KEY = "B".repeat(42) + "A";

let world: World;
let liar: LyingRelay;
const rest: { close(): void }[] = [];

beforeAll(async () => {
  world = await createWorld();
  liar = await LyingRelay.start(world.relay.url, { ua: ATTACK, city: ATTACK, region: "", country: ATTACK });
});

afterEach(() => {
  world.accounts.faults.clear();
  for (const thing of rest.splice(0)) thing.close();
});

afterAll(async () => {
  await closeTerminals();
  await cleanUp();
  liar.close();
  await world.close();
});

/** Nothing that a terminal would obey, and no line that is begun a second time. */
function expectHarmless(output: string): void {
  // eslint-disable-next-line no-control-regex
  expect(output).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]|\r(?!\n)/);
  expect(output).not.toMatch(/[\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/);
}

function expectValidJson(stdout: string, events: readonly unknown[]): void {
  expect(events.length).toBeGreaterThan(0);
  expect(stdout.trimEnd().split("\n")).toHaveLength(events.length);
  expect(stdout).not.toMatch(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/u);
}

const servers = () => ["--server", world.accounts.url, "--channel-server", liar.url];

/** The folder of a device that is signed in to an account that is called like that. */
async function folderNamed(text: string): Promise<string> {
  const folder = await world.hostFolder();
  const credentials = { ...storedCredentials(folder), email: `${text}@x` };
  writeFileSync(join(folder, "credentials.json"), JSON.stringify(credentials));
  return folder;
}

async function hostNamed(text: string, extra: readonly string[]): Promise<string[]> {
  return ["host", ...servers(), "--config-dir", await folderNamed(text), ...extra];
}

const joinArgs = (...extra: string[]) => ["join", ...servers(), "--config-dir", world.newFolder(), ...extra];

/** A signed-in device, everything about which is called like that. */
async function impostorNamed(name: string): Promise<string> {
  const impostor = await startImpostor(world.accounts.url, liar.url, { name });
  rest.push({ close: () => void impostor.close() });
  return impostor.url;
}

describe.skipIf(!HAS_TERMINALS)(`in a terminal (${WHY_NOT})`, () => {
  const times = (text: string) => text.split(SHOWN).length - 1;

  it("account, browser and place are shown to the host with their controls spelled out", async () => {
    const host = new Terminal(await hostNamed(ATTACK, ["--qr", "none"]), PLAIN);
    const [url] = await host.shows(/http:\S+channel_key=\S{43}/);
    start(joinArgs("--yes", "-"), { input: url });
    await host.shows(/Sign that device in to/);
    // Browser, place, account.
    expect(times(host.text), host.text).toBeGreaterThanOrEqual(3);
    host.type(CTRL_C);
    expect(await host.exit).toBe(130);
    expectHarmless(host.output.replace("^C", ""));
  });

  it("account, names, browser and place are shown to the joiner, likewise", async () => {
    const folder = await folderNamed(`Old${ATTACK}`);
    const args = ["join", ...servers(), "--config-dir", folder, await impostorNamed(ATTACK)];
    const joining = new Terminal(args, PLAIN);
    await joining.shows(/Sign this device in to/);
    // Account, its name, device, browser, place; the account here, and the account again.
    expect(times(joining.text), joining.text).toBeGreaterThanOrEqual(6);
    expect(joining.text).toContain(`This replaces the sign-in of Old${SHOWN}`);
    joining.type(CTRL_C);
    expect(await joining.exit).toBe(130);
    expectHarmless(joining.output.replace("^C", ""));
  });

  it("what a relay says when it refuses or closes is not repeated", async () => {
    const refusing = await rawServer(
      `HTTP/1.1 403 ${ATTACK.replace("\r", "")}\r\nX-Reason: ${ATTACK.replace("\r", "")}\r\nContent-Length: 3\r\n\r\n${ATTACK}`,
    );
    const closing = await FeignedRelay.start(
      [0, 1].map(() => (socket) => {
        socket.close(4999, ATTACK);
      }),
    );
    rest.push(closing);
    const url = `${world.accounts.url}/pair#channel_id=${ID}&channel_key=${KEY}`;
    for (const relay of [refusing, closing.url]) {
      const through = ["--server", world.accounts.url, "--channel-server", relay];
      const [host, joining] = [
        new Terminal(["host", ...through, "--config-dir", await world.hostFolder(), "--yes"], PLAIN),
        new Terminal(["join", ...through, "--config-dir", world.newFolder(), "--yes", url], PLAIN),
      ];
      for (const terminal of [host, joining]) {
        expect(await terminal.exit, terminal.text).toBe(6);
        expectHarmless(terminal.output);
        expect(terminal.text).not.toContain("UE9P");
      }
    }
  });

  const ANSWERS: [string, Fault][] = [
    ["an error's message", answer(400, { code: 400, errno: 999, error: ATTACK, message: ATTACK })],
    ["an error's particulars", answer(400, { errno: 107, param: ATTACK, validation: { keys: [ATTACK] } })],
    ["an error's scopes", answer(400, { errno: 169, invalidScopes: [ATTACK] })],
    ["an error's address", answer(400, { errno: 120, email: ATTACK, message: ATTACK })],
    [
      "a way to be verified",
      answer(400, { errno: 125, verificationMethod: ATTACK, verificationReason: ATTACK }),
    ],
    ["a page", answer(502, `<h1>${ATTACK}</h1>`)],
  ];
  it("no error of an accounts server is obeyed", async () => {
    for (const [name, fault] of ANSWERS) {
      const rule = world.accounts.faults.add({ path: "/auth/v1/account/login", fault });
      const args = ["login", "--server", world.accounts.url, "--config-dir", world.newFolder()];
      const command = `printf '%s' '${PASSWORD}' | fxa-pair ${args.join(" ")} --email ${EMAIL} --password-stdin --verbose`;
      const terminal = new Terminal([], { ...PLAIN, command });
      expect([6, 8], `${name}: ${terminal.text}`).toContain(await terminal.exit);
      expectHarmless(terminal.output);
      expect(rule.hits(), name).toBeGreaterThan(0);
      rule.remove();
    }
  });

  it("the text of a QR code is shown, by qr and by join", async () => {
    const picture = join(temporaryFolder(), "code.png");
    writeFileSync(picture, await qrPng(ATTACK));
    const [found, refused] = [
      new Terminal(["qr", ...PATIENT, picture], PLAIN),
      new Terminal(["join", "--config-dir", world.newFolder(), ...PATIENT, "--qr", picture], PLAIN),
    ];
    expect([await found.exit, await refused.exit]).toEqual([0, 9]);
    for (const terminal of [found, refused]) {
      expectHarmless(terminal.output);
      expect(terminal.text).toContain("\\u{1b}]52;c;");
    }
  });

  it("other devices' names are shown, or count as none", async () => {
    const device = {
      clientId: "a2270f727f45f648",
      deviceId: "0".repeat(32),
      sessionTokenId: null,
      refreshTokenId: "1".repeat(64),
      isCurrentSession: false,
      deviceType: "desktop",
      createdTime: 1,
      lastAccessTime: 2,
      scope: ["profile"],
    };
    const list = [ATTACK, "Lap\u200btop\u2060"].map((name) => ({
      ...device,
      name,
      userAgent: name,
      os: name,
    }));
    world.accounts.faults.add({ path: "/auth/v1/account/attached_clients", fault: answer(200, list) });
    const terminal = new Terminal(["devices", "--config-dir", await world.hostFolder()], PLAIN);
    expect(await terminal.exit, terminal.text).toBe(0);
    expectHarmless(terminal.output);
    expect(terminal.text).toMatch(/unnamed[^]*Lap\\u\{200b\}top\\u\{2060\}/);
  });
});

describe("for scripts", () => {
  it("everything that a pairing tells is in lines of JSON, and means the same", async () => {
    const sender = { ua: ATTACK, city: ATTACK };
    const host = start(await hostNamed(WORSE, ["--json", "--yes"]));
    const { url } = await host.event("channel");
    const joined = await run(joinArgs("--json", "--yes", "-"), { input: String(url) });
    await host.exit;
    expect(joined.events[0]).toMatchObject({ event: "metadata", sender });
    expect(await host.event("request")).toMatchObject({ sender });
    const fooled = start(joinArgs("--json", "--yes", "-"), { input: await impostorNamed(ATTACK) });
    expect(await fooled.event("metadata")).toMatchObject({
      email: `${ATTACK}@x`,
      displayName: ATTACK,
      deviceName: ATTACK,
      sender,
    });
    fooled.kill("SIGINT");
    expect(await fooled.exit).toBe(130);
    for (const { stdout, stderr, events } of [joined, host, fooled]) {
      expectValidJson(stdout, events);
      expectHarmless(stderr);
    }
  });

  it("so is the text of a QR code", async () => {
    const picture = join(temporaryFolder(), "code.png");
    writeFileSync(picture, await qrPng(`${ATTACK}\u0000\n\u2028`));
    const found = await run(["qr", "--json", ...PATIENT, picture]);
    expectValidJson(found.stdout, found.events);
    expect(found.events).toMatchObject([{ text: `${ATTACK}\u0000\n\u2028` }]);
  });
});

function answer(status: number, body: unknown): Fault {
  return { kind: "answer", status, body };
}

/** Says the same to whoever comes. */
async function rawServer(text: string): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.end(Buffer.from(text, "utf8")));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  rest.push(server);
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
