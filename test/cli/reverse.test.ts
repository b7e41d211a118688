/** Pairing the other way round: `join --show` and `host --scan`, and what more is asked of whoever approves (security V1-V6). */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createChannel } from "../../src/channel/pairing-channel.ts";
import { systemClock as clock } from "../../src/lib/clock.ts";
import { systemRandom as random } from "../../src/lib/random.ts";
import { noProxy } from "../../src/network/proxies.ts";
import { formatPairingUrl, formatReverseUrl } from "../../src/pairing/pairing-url.ts";
import { requestFingerprint } from "../../src/pairing/fingerprint.ts";
import { formatRequest } from "../../src/pairing/messages.ts";
import { runSupplicant } from "../../src/pairing/run-supplicant.ts";
import { qrPng } from "../../src/qr/encode.ts";
import { REQUEST } from "../pairing/request-fixture.ts";
import { cleanUp, run, start, temporaryFolder } from "./harness.ts";
import type { Program, ProgramOptions } from "./harness.ts";
import { closeTerminals, ENTER, HAS_TERMINALS, Terminal, WHY_NOT } from "./pty.ts";
import { signInHere } from "./signed-in.ts";
import { createWorld, EMAIL, PASSWORD, storedCredentials } from "./world.ts";
import type { World } from "./world.ts";

const STARTED = /Did you start this sign-in, on a device in front of you\?/;
const APPROVE = /Sign that device in to andré@example\.org\?/;
const END = /Last four characters of the fingerprint on the new device: $/;
const AUTHORIZATION = "/auth/v1/oauth/authorization";

let world: World;
/** A relay that nobody should come near. */
let shunned: Server;
let visits = 0;

beforeAll(async () => {
  world = await createWorld();
  shunned = createServer((socket) => {
    visits += 1;
    socket.destroy();
  });
  shunned.listen(0, "127.0.0.1");
  await once(shunned, "listening");
});
afterEach(() => {
  world.accounts.requests.clear();
  visits = 0;
});
afterAll(async () => {
  await closeTerminals();
  await cleanUp();
  shunned.close();
  await world.close();
});

const shunnedRelay = () => `ws://127.0.0.1:${(shunned.address() as AddressInfo).port}`;

interface NewDevice {
  readonly program: Program;
  readonly folder: string;
  readonly url: string;
  /** As the URL announces it: without hyphens. */
  readonly fingerprint: string;
}

/** A new device that shows its code to this test, and signs in without asking. */
async function newDevice(extra: readonly string[] = []): Promise<NewDevice> {
  const folder = world.newFolder();
  const args = ["join", "--show", ...world.servers, "--config-dir", folder, "--yes", "--expect-email", EMAIL];
  const program = start([...args, "--json", ...extra]);
  const { url } = await program.event("channel");
  const [, fingerprint = ""] = /&mode=reverse&fp=([0-9A-Z]{13})$/.exec(String(url)) ?? [];
  return { program, folder, url: String(url), fingerprint };
}

/** `host --scan`, of a device that is signed in. */
async function scanning(source: string, extra: readonly string[] = []): Promise<string[]> {
  const folder = await world.hostFolder();
  return ["host", ...world.servers, "--config-dir", folder, "--scan", source, ...extra];
}

async function scan(source: string, extra: readonly string[] = [], options: ProgramOptions = {}) {
  return run(await scanning(source, ["--json", ...extra]), options);
}

async function pictureOf(text: string): Promise<string> {
  const path = join(temporaryFolder(), "code.png");
  writeFileSync(path, await qrPng(text));
  return path;
}

/** What makes `--yes` allowed, for tests that end before it matters. */
const ANY_PIN = ["--yes", "--expect-fingerprint", "0VFE-238VS-CWPS"];
const ADDRESS = ["A".repeat(22), new Uint8Array(32)] as const;
const announced = () => formatReverseUrl(world.accounts.url, ...ADDRESS, "0VFE238VSCWPS");

describe("a reverse pairing", () => {
  it("V5: signs the device in whose URL comes on standard input, with one fingerprint on both sides", async () => {
    const device = await newDevice();
    const host = await scan("-", ["--yes", "--expect-fingerprint", device.fingerprint], {
      input: `${device.url}\n`,
    });
    expect([host.status, await device.program.exit]).toEqual([0, 0]);
    expect(storedCredentials(device.folder)).toMatchObject({ email: EMAIL });
    expect(host.events.map(({ event }) => event).slice(0, 5)).toEqual([
      "request",
      "approved",
      "approved",
      "authorized",
      "complete",
    ]);
    const shown = [...host.events, ...device.program.events].flatMap(({ fingerprint }) => fingerprint ?? []);
    expect(new Set(shown.map((each) => JSON.stringify(each).replaceAll(/["-]/g, "")))).toEqual(
      new Set([device.fingerprint]),
    );
    expect(shown).toHaveLength(2);
    expect(world.accounts.requests.count(AUTHORIZATION)).toBe(1);
  });

  it("V5: takes a picture of the code, from a file or standard input, and a pinned key", async () => {
    const key = join(temporaryFolder(), "key");
    const { stdout } = await run(["join", "--key", key, "--print-thumbprint"]);
    const device = await newDevice(["--key", key]);
    const host = await scan(await pictureOf(device.url), ["--yes", "--approve-jwk", stdout.trim()]);
    expect([host.status, await device.program.exit]).toEqual([0, 0]);
    const other = await newDevice();
    const pin = ["--yes", "--expect-fingerprint", other.fingerprint];
    const second = await scan("-", pin, { input: await qrPng(other.url) });
    expect([second.status, await other.program.exit]).toEqual([0, 0]);
  });

  it("warns of a URL on the command line, and tells where else to put it", async () => {
    const { status, stderr } = await scan(announced(), [...ANY_PIN, "--channel-server", shunnedRelay()]);
    expect(status).toBe(6);
    expect(stderr).toMatch(/a URL on the command line can be seen by other users.*give - /);
    expect(stderr).not.toContain("channel_key");
  });

  it("shows the code where the options want it, and takes it back when it was used", async () => {
    const file = join(temporaryFolder(), "url.txt");
    const args = ["join", "--show", ...world.servers, "--config-dir", world.newFolder(), "--yes", "--json"];
    const program = start([...args, "--url-out", file]);
    expect(await program.event("channel")).not.toHaveProperty("url");
    const { status } = await scan("-", ANY_PIN, { input: `${announced()}x` });
    expect(status).toBe(9);
    program.kill("SIGINT");
    expect(await program.exit).toBe(130);
  });

  it.each([
    ["a URL besides", ["--show", "https://x.example/"], /one to read besides/],
    ["a form that is none", ["--show", "--qr", "photo.png"], /--qr with --show: must be auto/],
    ["options for a code, without showing one", ["--url-out", "x", "-"], /^.*--url-out has no meaning/],
    ["credentials and the code in one place", ["--show", "--out", "-"], /both go to standard output/],
  ])("refuses %s", async (_what, options, message) => {
    const { status, stderr } = await run(["join", ...world.servers, "--yes", ...options]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });

  it("gives way where the settings want a code shown, and one to read was typed", async () => {
    const url = formatPairingUrl(world.accounts.url, ...ADDRESS);
    const relay = ["--server", world.accounts.url, "--channel-server", shunnedRelay()];
    const sources = [["-"], ["--qr", await pictureOf(url)], ["--qr", "-"], ["--code", "-"]] as const;
    for (const source of sources) {
      const [name, place] = source;
      const input = name === "--code" ? "1-apple-river-stone" : place === "-" ? await qrPng(url) : url;
      const options = { input, env: { FXA_PAIR_SHOW: "1" } };
      const { status, stderr } = await run(["join", ...relay, "--yes", ...source], options);
      expect(status, stderr).toBe(6);
    }
    expect(visits).toBe(sources.length);
  });

  it("refuses options for a code here when one is scanned", async () => {
    const { status, stderr } = await scan("-", [...ANY_PIN, "--qr-out", "code.png"]);
    expect(status).toBe(2);
    expect(stderr).toContain("--qr-out has no meaning together with --scan");
  });

  it("gives way where the settings want one scanned, and a code shown here was typed", async () => {
    const relay = ["--server", world.accounts.url, "--channel-server", shunnedRelay()];
    const hosting = ["host", ...relay, "--config-dir", await world.hostFolder(), "--yes"];
    const showing = [["--code"], ["--qr", "half"], ["--qr-out", "code.png"]];
    for (const options of showing) {
      const env = { FXA_PAIR_SCAN: "/no/such.png" };
      const { status, stderr } = await run([...hosting, ...options], { env });
      expect(status, stderr).toBe(6);
    }
    expect(visits).toBe(showing.length);
  });
});

describe("V1: the command given decides who is who", () => {
  it.each([
    ["a normal URL", () => formatPairingUrl(world.accounts.url, ...ADDRESS), /fxa-pair join/],
    ["mode removed", () => announced().replace("&mode=reverse", ""), /fxa-pair host --scan/],
    ["mode doubled", () => `${announced()}&mode=reverse`, /fxa-pair host --scan/],
    [
      "mode added",
      () => `${formatPairingUrl(world.accounts.url, ...ADDRESS)}&mode=reverse`,
      /fxa-pair join.*fxa-pair host --scan/,
    ],
  ])("host --scan ends at %s, and says which command it is for", async (_what, url, hint) => {
    const relay = ["--channel-server", shunnedRelay()];
    const { status, stderr } = await scan("-", [...ANY_PIN, ...relay], { input: url() });
    expect(status).toBe(2);
    expect(stderr).toMatch(hint);
    expect(visits).toBe(0);
  });

  it("join ends at the code of another new device, whether pasted or in a picture", async () => {
    const args = ["join", "--server", world.accounts.url, "--channel-server", shunnedRelay(), "--yes"];
    const [text, picture] = await Promise.all([
      run([...args, "-"], { input: announced() }),
      run([...args, "--qr", await pictureOf(announced())]),
    ]);
    for (const { status, stderr } of [text, picture]) {
      expect(status).toBe(2);
      expect(stderr).toContain("fxa-pair host --scan");
    }
    const removed = await run([...args, "-"], { input: announced().replace("&mode=reverse", "") });
    expect(removed.status).toBe(2);
    expect(visits).toBe(0);
  });

  it("host without --scan says what a URL is for", async () => {
    const folder = await world.hostFolder();
    const args = ["host", ...world.servers, "--config-dir", folder, "--yes"];
    const normal = await run([...args, formatPairingUrl(world.accounts.url, ...ADDRESS)]);
    const reverse = await run([...args, announced()]);
    expect([normal.status, reverse.status]).toEqual([2, 2]);
    expect(normal.stderr).toContain("fxa-pair join");
    expect(reverse.stderr).toContain("fxa-pair host --scan");
    expect(normal.stderr + reverse.stderr).not.toContain("channel_key");
  });
});

describe.skipIf(!HAS_TERMINALS)(`whoever approves by scanning (${WHY_NOT})`, () => {
  it("V2: is told the risk and asked first; Enter ends it, and nothing has reached the relay", async () => {
    const args = await scanning(await pictureOf(announced()), ["--channel-server", shunnedRelay()]);
    const host = new Terminal(args);
    await host.answer(STARTED, ENTER);
    expect(await host.exit).toBe(3);
    expect(host.text).toMatch(/Whoever made it gets in[^]*say no\.\n.*Did you start/);
    expect(host.text).toContain("nothing was sent anywhere");
    expect(visits).toBe(0);
    expect(world.accounts.requests.count(AUTHORIZATION)).toBe(0);
  });

  it("V3: is not asked about another request than the code announces, and tells the sender nothing", async () => {
    const relayUrl = world.relay.url;
    const facts = { allowInsecure: true, clock, random, userAgent: "Firefox", proxyFor: noProxy };
    const channel = await createChannel({ relayUrl, ...facts });
    const other = requestFingerprint(formatRequest({ ...REQUEST, state: "another" }));
    const url = formatReverseUrl(world.accounts.url, channel.id, channel.key, other);
    const told: string[] = [];
    const thief = runSupplicant({
      channel,
      clock,
      origin: { role: "creator" },
      timeout: 60_000,
      request: REQUEST,
      ask: () => Promise.resolve(true),
      redeem: () => Promise.resolve(),
      report: ({ type }) => told.push(type),
      signal: new AbortController().signal,
    }).catch((error: unknown) => error);
    const host = new Terminal(await scanning(await pictureOf(url)));
    await host.answer(STARTED, "y");
    expect(await host.exit).toBe(7);
    expect(host.text).toContain("Another request came than the scanned code announces");
    expect(host.text).not.toMatch(APPROVE);
    expect(await thief).toMatchObject({ code: "declined_there" });
    expect(told).toEqual(["connected", "declined"]);
    expect(world.accounts.requests.count(AUTHORIZATION)).toBe(0);
  });

  it("V4: approves with the last four characters, read off the other screen", async () => {
    const device = await newDevice();
    const host = new Terminal(await scanning(await pictureOf(device.url)));
    await host.answer(STARTED, "y");
    await host.answer(APPROVE, "y");
    await host.shows(END);
    // They are nowhere on this screen before they are typed.
    expect(host.text).toContain(`${device.fingerprint.slice(0, 4)}-${device.fingerprint.slice(4, 9)}-____`);
    expect(host.text).not.toContain(device.fingerprint.slice(9));
    await host.fill(END, device.fingerprint.slice(9).toLowerCase());
    expect(await host.done()).toBe(0);
    expect(await device.program.exit).toBe(0);
    expect(storedCredentials(device.folder)).toMatchObject({ email: EMAIL });
  });

  it.each([
    ["wrong ones", (end: string) => (end === "0000" ? "1111" : "0000")],
    ["none", () => ""],
    ["too few", (end: string) => end.slice(0, 3)],
  ])("V4: has one try: %s end it, and burn the channel", async (_what, typed) => {
    const device = await newDevice();
    const host = new Terminal(await scanning(await pictureOf(device.url)));
    await host.answer(STARTED, "y");
    await host.answer(APPROVE, "y");
    await host.fill(END, typed(device.fingerprint.slice(9)));
    expect(await host.exit).toBe(3);
    expect(await device.program.exit).toBe(4);
    expect(world.accounts.requests.count(AUTHORIZATION)).toBe(0);
    const again = await scan("-", ["--yes", "--expect-fingerprint", device.fingerprint], {
      input: device.url,
    });
    expect(again.status).toBe(5);
  });

  it("finds a copied code taken: both users see it", async () => {
    // Whoever copied the code comes first, and would have the new device in an account of their own.
    const eve = "eve@example.org";
    await world.accounts.store.createAccount({ email: eve, password: PASSWORD });
    const eves = await signInHere(world.accounts.url, eve, PASSWORD);
    const folder = world.newFolder();
    const file = join(temporaryFolder(), "url.txt");
    const device = new Terminal([
      ...["join", "--show", ...world.servers, "--config-dir", folder],
      ...["--url-out", file],
    ]);
    await device.shows(/Written to .*url\.txt/);
    const { readFileSync } = await import("node:fs");
    const url = readFileSync(file, "utf8").trim();
    const [, fingerprint = ""] = /fp=(\w+)$/.exec(url) ?? [];
    const pin = ["--yes", "--expect-fingerprint", fingerprint];
    const thief = start(["host", ...world.servers, "--config-dir", eves, "--scan", "-", ...pin], {
      input: url,
    });
    // The new device's user reads whose account that is.
    await device.shows(/Sign this device in to eve@example\.org\?/);
    const host = await scan("-", pin, { input: url });
    expect(host.status).toBe(7);
    expect(host.stderr).toContain("Another device is in this channel already");
    await device.answer(/Sign this device in to eve@example\.org\?/, ENTER);
    expect([await device.exit, await thief.exit]).toEqual([3, 4]);
    expect(storedCredentials(folder)).toBeUndefined();
  });
});

describe("V5: --yes with --scan", () => {
  it("needs a pin, and reads nothing without one", async () => {
    const { status, stderr } = await scan("-", ["--yes"], { input: announced() });
    expect(status).toBe(2);
    expect(stderr).toMatch(/--expect-fingerprint <fp> or --approve-jwk/);
    expect(stderr).not.toContain("Reading");
  });

  it("ends before it connects when the code announces another request than the pin", async () => {
    const pin = ["--yes", "--expect-fingerprint", "1111-11111-1111", "--channel-server", shunnedRelay()];
    expect(await scan("-", pin, { input: announced() })).toMatchObject({ status: 8 });
    expect(visits).toBe(0);
  });

  it("needs somebody to ask otherwise", async () => {
    expect(await scan("-", [], { input: announced() })).toMatchObject({ status: 2 });
  });
});

describe("V6: a QR code with something else", () => {
  it.each([
    ["a web page", "http://example.org/pair#channel"],
    ["a script", "javascript:alert(1)"],
    ["a secret", "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP"],
    ["3 KB of text", "long ".repeat(580)],
    ["another server's code", "https://accounts.example.org/pair#channel_id=x&channel_key=y"],
  ])("is described and never opened: %s", async (_what, text) => {
    const relay = ["--channel-server", shunnedRelay()];
    const { status, stderr } = await scan(await pictureOf(text), [...ANY_PIN, ...relay]);
    expect(status).toBe(9);
    expect(stderr).not.toContain("JBSWY3DPEHPK3PXP");
    expect(visits).toBe(0);
    expect(world.accounts.requests.all()).toHaveLength(0);
  });

  it("is no URL to open on the command line either, and no other server is asked", async () => {
    const elsewhere = formatReverseUrl("https://accounts.example.org", ...ADDRESS, "0VFE238VSCWPS");
    for (const source of ["https://example.org/", "javascript:alert(1)", elsewhere]) {
      expect(await scan(source, ANY_PIN)).toMatchObject({ status: 9 });
    }
    expect(world.accounts.requests.all()).toHaveLength(0);
  });
});
