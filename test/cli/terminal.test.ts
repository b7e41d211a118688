/** Pairings in real terminals: who is asked what, which keys count, and how everything looks when it is over. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { textsIn } from "../qr/found.ts";
import { DARK, LIGHT, screenshot } from "../qr/screenshot.ts";
import { cleanUp, run, start } from "./harness.ts";
import { closeTerminals, CTRL_C, CTRL_D, ENTER, HAS_TERMINALS, Terminal, WHY_NOT } from "./pty.ts";
import type { TerminalOptions } from "./pty.ts";
import { createWorld, EMAIL, PASSWORD, storedCredentials } from "./world.ts";
import type { World } from "./world.ts";

const AUTHORIZATION = "/auth/v1/oauth/authorization";
const HOST_ASKS = /Sign that device in to andré@example\.org\?/;
const JOIN_ASKS = /Sign this device in to andré@example\.org\?/;
/** 128 + SIGHUP. */
const HUNG_UP = 129;

let world: World;

beforeAll(async () => {
  world = await createWorld();
});

afterAll(async () => {
  await closeTerminals();
  await cleanUp();
  await world.close();
});

async function hostHere(extra: readonly string[] = ["--qr", "none"], options: TerminalOptions = {}) {
  const folder = await world.hostFolder();
  const host = new Terminal(["host", ...world.servers, "--config-dir", folder, ...extra], options);
  const [url] = await host.shows(/^http:\S+#channel_id=\S{22}&channel_key=\S{43}$/m);
  await host.shows(/Only scan this yourself/);
  return { host, url };
}

function joinHere(url: string, folder = world.newFolder()) {
  const joining = new Terminal(["join", ...world.servers, "--config-dir", folder, url]);
  return { joining, folder };
}

/** Both sides in terminals, both asking. */
async function bothAsk() {
  const { host, url } = await hostHere();
  const { joining, folder } = joinHere(url);
  await host.shows(HOST_ASKS);
  await joining.shows(JOIN_ASKS);
  return { host, joining, folder };
}

/** A device that says yes by itself. */
function joinByItself(url: string) {
  const args = ["join", ...world.servers, "--config-dir", world.newFolder(), "--yes", "-"];
  return start(args, { input: url });
}

const codesAsked = () => world.accounts.requests.count(AUTHORIZATION);

/** As it was before, and echoing. */
function expectSane({ settings }: Terminal): void {
  expect(settings.before).toMatch(/ echo /);
  expect(settings.after).toBe(settings.before);
}

describe.skipIf(!HAS_TERMINALS)(`two users (${WHY_NOT})`, () => {
  it("approve, the host first", async () => {
    const { host, joining, folder } = await bothAsk();
    await host.answer(HOST_ASKS, "y");
    await joining.shows(/Approved on the other device/);
    expect(storedCredentials(folder)).toBeUndefined();
    await joining.answer(JOIN_ASKS, "y");

    expect([await host.done(), await joining.exit]).toEqual([0, 0]);
    expect(storedCredentials(folder)).toMatchObject({ email: EMAIL });
    expectSane(host);
    expectSane(joining);
  });

  it("approve, the joiner first", async () => {
    const { host, joining, folder } = await bothAsk();
    const before = codesAsked();
    await joining.answer(JOIN_ASKS, "Y");
    await host.shows(/Approved on the other device/);
    expect(codesAsked()).toBe(before);
    await host.answer(HOST_ASKS, "Y");

    expect([await host.done(), await joining.exit]).toEqual([0, 0]);
    expect(storedCredentials(folder)).toMatchObject({ email: EMAIL });
  });

  it("see the same fingerprint, who is asking, and what is only hearsay", async () => {
    const { host, joining } = await bothAsk();
    const fingerprint = /Fingerprint: ([0-9A-Z]{4}-[0-9A-Z]{5}-[0-9A-Z]{4})/;
    expect((await host.shows(fingerprint))[1]).toBe((await joining.shows(fingerprint))[1]);
    for (const words of [
      /Firefox for Android \(a2270f727f45f648\)/,
      /Browser: +fxa-pair\/\S+ \(linux\)/,
      /Address: +127\.0\.0\.1/,
      /Place: +unknown/,
      /reported by the relay, not proven/,
      /see your name, e-mail address and picture/,
      /read and change your Firefox Sync data/,
      /compare/,
    ]) {
      expect(host.text).toMatch(words);
    }
    expect(joining.text).toMatch(/Account: +andré@example\.org \(André\)/);
    expect(joining.text).toMatch(/data will go to that account/);
    host.type(CTRL_C);
    expect(await joining.exit).toBe(4);
  });

  it.each([
    ["n", "n"],
    ["Enter", ENTER],
    ["q", "q"],
    ["the end of input", CTRL_D],
  ])("part when the host presses %s", async (_name, key) => {
    const { host, joining, folder } = await bothAsk();
    const before = codesAsked();
    await host.answer(HOST_ASKS, key);
    expect([await host.exit, await joining.exit]).toEqual([3, 4]);
    expect(codesAsked()).toBe(before);
    expect(storedCredentials(folder)).toBeUndefined();
    expectSane(host);
    expectSane(joining);
  });

  it.each([
    ["n", "n"],
    ["Enter", ENTER],
    ["the end of input", CTRL_D],
  ])("part when the joiner presses %s", async (_name, key) => {
    const { host, joining, folder } = await bothAsk();
    await joining.answer(JOIN_ASKS, key);
    await host.chooseCode("q");
    expect([await host.exit, await joining.exit]).toEqual([4, 3]);
    expect(storedCredentials(folder)).toBeUndefined();
  });
});

describe.skipIf(!HAS_TERMINALS)(`a key (${WHY_NOT})`, () => {
  it("typed ahead of the question is no answer to it", async () => {
    const { host, url } = await hostHere();
    const before = codesAsked();
    host.type("yyyy");
    await host.shows(/^yyyy/m); // the terminal has taken them
    const joining = joinByItself(url);
    await host.answer(HOST_ASKS, "n");
    expect(await host.exit).toBe(3);
    expect(await joining.exit).toBe(4);
    expect(codesAsked()).toBe(before);
  });

  it("pressed twenty times asks for one code", async () => {
    const { host, url } = await hostHere();
    const before = codesAsked();
    const held = world.accounts.faults.add({ path: AUTHORIZATION, fault: { kind: "delay" } });
    const joining = joinByItself(url);
    await host.answer(HOST_ASKS, "y".repeat(10));
    for (let press = 0; press < 10; press++) host.type("y");
    await host.shows(/Approved here/);
    held.remove();
    expect([await host.done(), await joining.exit]).toEqual([0, 0]);
    expect(codesAsked() - before).toBe(1);
  });

  it("that means nothing changes nothing", async () => {
    const { host, url } = await hostHere();
    const joining = joinByItself(url);
    await host.answer(HOST_ASKS, "xzj \t1oY");
    expect([await host.done(), await joining.exit]).toEqual([0, 0]);
  });
});

describe.skipIf(!HAS_TERMINALS)(`Ctrl-C (${WHY_NOT})`, () => {
  const scenes: [string, () => Promise<{ pressed: Terminal; other?: Promise<number> }>][] = [
    ["while the host waits for a device", async () => ({ pressed: (await hostHere()).host })],
    [
      "at the host's question",
      async () => {
        const { host, url } = await hostHere();
        const joining = joinByItself(url);
        await host.shows(HOST_ASKS);
        return { pressed: host, other: joining.exit };
      },
    ],
    [
      "at the joiner's question",
      async () => {
        const { program, url } = await world.host();
        const { joining } = joinHere(url);
        await joining.shows(JOIN_ASKS);
        return { pressed: joining, other: program.exit };
      },
    ],
    [
      "while the host waits for the joiner",
      async () => {
        const { host, joining } = await bothAsk();
        await host.answer(HOST_ASKS, "y");
        await host.shows(/waiting for the new device/);
        return { pressed: host, other: joining.exit };
      },
    ],
    [
      "while the joiner waits for the host",
      async () => {
        const { host, joining } = await bothAsk();
        await joining.answer(JOIN_ASKS, "y");
        await host.shows(/Approved on the other device/);
        return { pressed: joining, other: host.chooseCode("q").then(() => host.exit) };
      },
    ],
    [
      "where the URL is asked for",
      async () => {
        const pressed = new Terminal(["join", ...world.servers, "--config-dir", world.newFolder()]);
        await pressed.shows(/Paste the pairing URL/);
        return { pressed };
      },
    ],
    [
      "where the password is asked for",
      async () => {
        const pressed = new Terminal(["login", ...world.servers, "--config-dir", world.newFolder()]);
        await pressed.fill(/E-mail: $/, EMAIL);
        await pressed.shows(/Password of .*: $/);
        pressed.type(PASSWORD);
        return { pressed };
      },
    ],
  ];

  it.each(scenes)("%s ends it and leaves the terminal sane", async (_name, scene) => {
    const { pressed, other } = await scene();
    pressed.type(CTRL_C);
    expect(await pressed.exit, pressed.text).toBe(130);
    expectSane(pressed);
    if (other !== undefined) expect(await other).toBe(4);
    expect(pressed.text).not.toContain(PASSWORD);
  });

  it("takes the offer back", async () => {
    const { host, url } = await hostHere();
    host.type(CTRL_C);
    await host.exit;
    expect(await joinByItself(url).exit).toBe(5);
  });
});

describe.skipIf(!HAS_TERMINALS)(`a terminal that is closed (${WHY_NOT})`, () => {
  it("is a no at the question", async () => {
    const { host, url } = await hostHere();
    const before = codesAsked();
    const joining = joinByItself(url);
    await host.shows(HOST_ASKS);
    host.hangUp();
    expect(await host.exit).toBe(HUNG_UP);
    expect(await joining.exit).toBe(4);
    expect(codesAsked()).toBe(before);
  });

  it("withdraws the offer", async () => {
    const { host, url } = await hostHere();
    host.hangUp();
    expect(await host.exit).toBe(HUNG_UP);
    expect(await joinByItself(url).exit).toBe(5);
  });
});

describe.skipIf(!HAS_TERMINALS)(`the QR code (${WHY_NOT})`, () => {
  it.each<[string, string[], Record<string, string>, TerminalOptions, (typeof DARK)[]]>([
    ["half blocks in 80×24", [], {}, { columns: 80, rows: 24 }, [DARK, LIGHT]],
    ["full size", ["--qr", "full"], {}, {}, [DARK, LIGHT]],
    ["half blocks without colours", ["--no-color"], {}, {}, [DARK]],
    ["full size without colours", ["--qr", "full"], { NO_COLOR: "1" }, {}, [DARK]],
    ["ASCII in another character set", [], { LC_ALL: "de_DE.ISO-8859-1" }, {}, [DARK, LIGHT]],
  ])("in %s is the URL above it", async (_name, extra, env, size, themes) => {
    const { host, url } = await hostHere([...extra, "--quiet"], { ...size, env: { ...IN_LINES, ...env } });
    const drawing = host.output.split(/\r?\n/).filter(isDrawn).join("\n");
    for (const theme of themes) {
      expect(await textsIn(await screenshot(drawing, theme))).toEqual([url]);
    }
    // Nothing reaches the clipboard by itself.
    expect(host.output).not.toContain("\u001b]52");
  });

  it("is left out where it does not fit, and it says so", async () => {
    const { host } = await hostHere(["--quiet"], { columns: 80, rows: 20, env: IN_LINES });
    expect(host.text).toMatch(/needs 43×24, this window is 80×20/);
    expect(host.output.split("\n").filter(isDrawn)).toEqual([]);
  });
});

/** With --quiet: drawn once, among lines. Screens have tests of their own. */
const IN_LINES = { FXA_PAIR_ACCESSIBLE: "0" };

/** Whether a line is nothing but modules, and colours for them. */
function isDrawn(line: string): boolean {
  // eslint-disable-next-line no-control-regex
  const modules = line.replaceAll(/\u001b\[[\d;]*m/g, "").replace("\r", "");
  return modules.length >= 45 && /^[ █▀▄#]+$/.test(modules);
}

describe("without a terminal", () => {
  it("host refuses before it opens a channel, unless it need not ask", async () => {
    const before = world.relay.stats().channels;
    const ended = await run(["host", ...world.servers, "--config-dir", await world.hostFolder()]);
    expect(ended.status).toBe(2);
    expect(ended.stderr).toMatch(/no terminal.*\n.*--yes/);
    expect(world.relay.stats().channels).toBe(before);
  });
});
