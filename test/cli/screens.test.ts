/** The screens of host and join in a real terminal, from the first code to what is left on it at the end. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { textsIn } from "../qr/found.ts";
import { DARK, LIGHT } from "../qr/screenshot.ts";
import type { Theme } from "../qr/screenshot.ts";
import { cleanUp, start } from "./harness.ts";
import type { Program } from "./harness.ts";
import { LyingRelay } from "./lying-relay.ts";
import { pictureOf } from "./tmux-picture.ts";
import { closePanes, CTRL_C, ENTER, HAS_TMUX, Pane, WHY_NOT } from "./tmux.ts";
import type { PaneOptions } from "./tmux.ts";
import { createWorld, EMAIL, storedCredentials } from "./world.ts";
import type { World } from "./world.ts";

const AUTHORIZATION = "/auth/v1/oauth/authorization";
const CODE = /[▀▄█]{7}[^]*Only scan this yourself/;
const HOST_ASKS = /Sign that device in to andré@example\.org\?/;
const JOIN_ASKS = /Sign this device in to andré@example\.org\?/;
const UNDO = /u undo/;
const AGAIN = /r a fresh code/;
/** A screen on which nothing is asked: it goes on, or waits for the other side. */
const GOES_ON = /^fxa-pair[^]*Ctrl-C end it|\[y\/N\] yes/;
/** 128 + SIGHUP. */
const HUNG_UP = 129;

const worlds = new Set<World>();

beforeAll(async () => {
  // Loads what looks for codes before anything has to be quick.
  await textsIn(await pictureOf(" ", DARK));
});

afterAll(async () => {
  await closePanes();
  await cleanUp();
  await Promise.all([...worlds].map((world) => world.close()));
});

/** A world of a test's own: they run side by side, and count. */
async function setUp() {
  const world = await createWorld();
  worlds.add(world);
  const servers = (relay = world.relay.url) => ["--server", world.accounts.url, "--channel-server", relay];

  return {
    world,
    /** A host that shows its code. */
    async host({ relay, ...options }: PaneOptions & { relay?: string } = {}): Promise<Pane> {
      const folder = await world.hostFolder();
      const host = await Pane.open(["host", ...servers(relay), "--config-dir", folder], options);
      await host.shows(CODE);
      return host;
    },
    async join(url: string, options: PaneOptions = {}): Promise<{ joining: Pane; folder: string }> {
      const folder = world.newFolder();
      const joining = await Pane.open(["join", ...servers(), "--config-dir", folder, url], options);
      return { joining, folder };
    },
    /** A device that says yes by itself. */
    joinByItself(url: string, relay?: string): Program {
      const args = ["join", ...servers(relay), "--config-dir", world.newFolder(), "--yes", "-"];
      return start(args, { input: url });
    },
    codesAsked: () => world.accounts.requests.count(AUTHORIZATION),
  };
}

type Scene = Awaited<ReturnType<typeof setUp>>;

/** What a phone would read off the screen. */
async function codeOn(pane: Pane, theme: Theme = DARK): Promise<string> {
  const texts = await textsIn(await pictureOf(await pane.colouredScreen(), theme));
  expect(texts, await pane.screen()).toHaveLength(1);
  return texts[0] ?? "";
}

/** Both sides in terminals, both asking. */
async function bothAsk(scene: Scene) {
  const host = await scene.host();
  const { joining, folder } = await scene.join(await codeOn(host));
  await host.shows(HOST_ASKS);
  await joining.shows(JOIN_ASKS);
  return { host, joining, folder };
}

/** As it was before, and nothing on it that anybody else might want. */
async function expectSane(pane: Pane): Promise<void> {
  expect(pane.settings.before).toMatch(/ echo /);
  expect(pane.settings.after).toBe(pane.settings.before);
  expect(await pane.facts()).toMatchObject({ alternateScreen: false, cursorVisible: true, mouse: false });
  // Bracketed paste, and whatever else was asked of the terminal for a while.
  const modes = new Map<string, string>();
  // eslint-disable-next-line no-control-regex
  for (const [, names = "", state = ""] of pane.output.matchAll(/\u001b\[\?([\d;]+)([hl])/g))
    for (const name of names.split(";")) modes.set(name, state);
  modes.delete("25"); // the cursor, which is on
  expect([...modes.values()]).not.toContain("h");
  const left = await pane.scrollback();
  expect(left).not.toMatch(/channel_|[█▀▄]|http:/);
  for (const theme of [DARK, LIGHT]) expect(await textsIn(await pictureOf(left, theme))).toEqual([]);
}

const about = `in tmux (${WHY_NOT})`;
const LONG = { timeout: 90_000 };

describe.skipIf(!HAS_TMUX).concurrent(`the code on the screen, ${about}`, LONG, () => {
  it.each([
    [80, 24],
    [100, 60],
    [120, 50],
  ])("reads as the URL beside it in %i×%i, in light and dark themes", async (columns, rows) => {
    const { host } = await setUp();
    const pane = await host({ columns, rows });
    const [dark, light] = [await codeOn(pane, DARK), await codeOn(pane, LIGHT)];
    expect(light).toBe(dark);
    const words = (await pane.screen()).replaceAll(/^.*[█▀▄]|\s+/gm, "");
    if (words.includes("http:")) expect(words).toContain(dark);
    await pane.type(CTRL_C);
    expect(await pane.ended()).toBe(130);
    await expectSane(pane);
    expect(pane.output).not.toContain("\u001b]52");
  });

  it("is laid out again as the window changes, or the reason is given", async () => {
    const { host, joinByItself } = await setUp();
    const pane = await host({ columns: 120, rows: 50 });
    const url = await codeOn(pane);
    await pane.resize(80, 24);
    await pane.shows(CODE);
    expect(await codeOn(pane)).toBe(url);
    await pane.resize(40, 20);
    const small = await pane.shows(/this\s+window\s+is\s+40×20/);
    expect(small).toMatch(/needs\s+\d+×\d+/);
    expect(small).not.toMatch(/[█▀▄]/);
    expect(small.replaceAll(/\s/g, "")).toContain(url);
    await pane.resize(100, 40);
    await pane.shows(CODE);
    expect(await codeOn(pane)).toBe(url);

    const joining = joinByItself(url);
    await pane.shows(HOST_ASKS);
    await pane.resize(80, 24);
    await pane.answer(HOST_ASKS, "y", UNDO);
    await pane.answer(UNDO, ENTER);
    expect([await pane.ended(), await joining.exit]).toEqual([0, 0]);
    await expectSane(pane);
  });

  it("is replaced by r, and the old one is worth nothing then", async () => {
    const { host, joinByItself } = await setUp();
    const pane = await host();
    const old = await codeOn(pane);
    const line = lineWithCode(await pane.screen());
    await pane.answer(CODE, "r", new RegExp(`^(?![^]*${line})[^]*${CODE.source}`));
    const fresh = await codeOn(pane);
    expect(fresh).not.toBe(old);
    expect(await joinByItself(old).exit).toBe(5);
    const joining = joinByItself(fresh);
    await pane.answer(HOST_ASKS, "y", UNDO);
    await pane.answer(UNDO, ENTER);
    expect([await pane.ended(), await joining.exit]).toEqual([0, 0]);
  });

  it("is offered afresh when its time is over", async () => {
    const scene = await setUp();
    const relay = await LyingRelay.start(scene.world.relay.url, {});
    const pane = await scene.host({ relay: relay.url });
    const old = await codeOn(pane);
    relay.expire();
    const over = await pane.shows(AGAIN);
    expect(over).not.toMatch(/[█▀▄]|channel_/);
    await pane.answer(AGAIN, "r", CODE);
    const fresh = await codeOn(pane);
    expect(await scene.joinByItself(old, relay.url).exit).toBe(5);
    const joining = scene.joinByItself(fresh, relay.url);
    await pane.answer(HOST_ASKS, "y", UNDO);
    await pane.answer(UNDO, ENTER);
    expect([await pane.ended(), await joining.exit]).toEqual([0, 0]);
    await expectSane(pane);
    relay.close();
  });

  it("goes with the status of what ended it when no fresh one is wanted", async () => {
    const scene = await setUp();
    const relay = await LyingRelay.start(scene.world.relay.url, {});
    const pane = await scene.host({ relay: relay.url });
    relay.expire();
    await pane.answer(AGAIN, "q");
    expect(await pane.ended()).toBe(5);
    await expectSane(pane);
    relay.close();
  });

  it("is copied when c is pressed, and that is said", async () => {
    const { host } = await setUp();
    const pane = await host();
    const url = await codeOn(pane);
    expect(pane.output).not.toContain("\u001b]52");
    expect(await pane.clipboard()).toBe("");
    // In the first moment of a screen no key counts.
    const press = setInterval(() => void pane.type("c"), 500);
    await pane.shows(/copied|clipboard/i).finally(() => {
      clearInterval(press);
    });
    expect(pane.output).toContain(`\u001b]52;c;${Buffer.from(url).toString("base64")}`);
    expect(await pane.clipboard()).toContain(url.slice(0, 20));
    await pane.type("q");
    await pane.ended();
    await expectSane(pane);
  });
});

/** A line of a drawn code, to see that it is gone. */
function lineWithCode(screen: string): string {
  return screen.split("\n")[3]?.slice(0, 45).trimEnd() ?? "";
}

describe.skipIf(!HAS_TMUX).concurrent(`two users, ${about}`, LONG, () => {
  it("approve, the host first", async () => {
    const scene = await setUp();
    const { host, joining, folder } = await bothAsk(scene);
    await host.answer(HOST_ASKS, "y", GOES_ON);
    expect(storedCredentials(folder)).toBeUndefined();
    await joining.answer(JOIN_ASKS, "y");
    await host.answer(UNDO, ENTER);
    expect([await host.ended(), await joining.ended()]).toEqual([0, 0]);
    expect(storedCredentials(folder)).toMatchObject({ email: EMAIL });
    for (const pane of [host, joining]) await expectSane(pane);
    expect(await joining.scrollback()).toMatch(/signed in to andré@example\.org/);
    expect(await host.scrollback()).toMatch(/the new device is signed in/);
  });

  it("approve, the joiner first", async () => {
    const scene = await setUp();
    const { host, joining, folder } = await bothAsk(scene);
    await joining.answer(JOIN_ASKS, "y", GOES_ON);
    await host.shows(/Approved on the other device/);
    expect(scene.codesAsked()).toBe(0);
    await host.answer(HOST_ASKS, "y", UNDO);
    await host.answer(UNDO, ENTER);
    expect([await host.ended(), await joining.ended()]).toEqual([0, 0]);
    expect(scene.codesAsked()).toBe(1);
    expect(storedCredentials(folder)).toMatchObject({ email: EMAIL });
  });

  it.each([
    ["host", "n"],
    ["host", ENTER],
    ["joiner", "n"],
    ["joiner", ENTER],
  ])("part when the %s presses %j", async (side, key) => {
    const scene = await setUp();
    const { host, joining, folder } = await bothAsk(scene);
    if (side === "host") {
      await host.answer(HOST_ASKS, key);
      expect([await host.ended(), await joining.ended()]).toEqual([3, 4]);
    } else {
      await joining.answer(JOIN_ASKS, key);
      expect(await joining.ended()).toBe(3);
      await host.answer(AGAIN, "q");
      expect(await host.ended()).toBe(4);
    }
    expect(scene.codesAsked()).toBe(0);
    expect(storedCredentials(folder)).toBeUndefined();
    for (const pane of [host, joining]) await expectSane(pane);
  });

  it("compare the same fingerprint", async () => {
    const { host, joining } = await bothAsk(await setUp());
    const fingerprints = await Promise.all(
      [host, joining].map(async (pane) => /\b\w{4}-\w{5}-\w{4}\b/.exec(await pane.screen())?.[0]),
    );
    expect(fingerprints[0]).toBeDefined();
    expect(fingerprints[1]).toBe(fingerprints[0]);
  });

  it("are asked all the same when keys were pressed before", async () => {
    const scene = await setUp();
    const host = await scene.host();
    const url = await codeOn(host);
    const asked = host.shows(HOST_ASKS);
    await host.type("yyyy");
    const { joining } = await scene.join(url);
    await joining.type("yyyy\r");
    await asked;
    await joining.answer(JOIN_ASKS, "n");
    expect(await joining.ended()).toBe(3);
    expect(scene.codesAsked()).toBe(0);
  });
});

describe.skipIf(!HAS_TMUX).concurrent(`Ctrl-C, ${about}`, LONG, () => {
  const scenes: [string, (scene: Scene) => Promise<{ pressed: Pane; other?: Promise<number> }>][] = [
    ["at the code", async (scene) => ({ pressed: await scene.host() })],
    [
      "at the host's question",
      async (scene) => {
        const pressed = await scene.host();
        const joining = scene.joinByItself(await codeOn(pressed));
        await pressed.shows(HOST_ASKS);
        return { pressed, other: joining.exit };
      },
    ],
    [
      "where a fresh code is offered",
      async (scene) => {
        const relay = await LyingRelay.start(scene.world.relay.url, {});
        const pressed = await scene.host({ relay: relay.url });
        relay.expire();
        await pressed.shows(AGAIN);
        return { pressed };
      },
    ],
    [
      "while the host waits for the joiner",
      async (scene) => {
        const { host, joining } = await bothAsk(scene);
        await host.answer(HOST_ASKS, "y", GOES_ON);
        return { pressed: host, other: joining.ended() };
      },
    ],
    [
      "at the joiner's question",
      async (scene) => {
        const { program, url } = await scene.world.host();
        const { joining } = await scene.join(url);
        await joining.shows(JOIN_ASKS);
        return { pressed: joining, other: program.exit };
      },
    ],
    [
      "while the joiner waits for the host",
      async (scene) => {
        const { host, joining } = await bothAsk(scene);
        await joining.answer(JOIN_ASKS, "y", GOES_ON);
        await host.shows(/Approved on the other device/);
        const other = host.answer(AGAIN, "q").then(() => host.ended());
        return { pressed: joining, other };
      },
    ],
    [
      "where the URL is asked for",
      async ({ world }) => {
        const pressed = await Pane.open(["join", ...world.servers, "--config-dir", world.newFolder()]);
        await pressed.shows(/Paste the pairing URL|paste/i);
        await pressed.type("http://127.0.0.1/pair#channel_id=half");
        return { pressed };
      },
    ],
  ];

  it.each(scenes)("%s ends it and leaves the terminal as it was", async (_name, prepare) => {
    const { pressed, other } = await prepare(await setUp());
    await pressed.type(CTRL_C);
    expect(await pressed.ended(), await pressed.screen()).toBe(130);
    if (other !== undefined) expect(await other).toBe(4);
    await expectSane(pressed);
  });
});

describe.skipIf(!HAS_TMUX).concurrent(`a host that is ended from outside, ${about}`, LONG, () => {
  it("by a closed terminal asks for nothing, and takes its code back", async () => {
    const scene = await setUp();
    const [idle, asking] = [await scene.host(), await scene.host()];
    const [unused, used] = [await codeOn(idle), await codeOn(asking)];
    const joining = scene.joinByItself(used);
    await asking.shows(HOST_ASKS);
    for (const pane of [idle, asking]) {
      await pane.close();
      expect(await pane.ended()).toBe(HUNG_UP);
    }
    expect(await joining.exit).toBe(4);
    expect(scene.codesAsked()).toBe(0);
    expect(await scene.joinByItself(unused).exit).toBe(5);
  });

  it("by a signal leaves the terminal as it was", async () => {
    const { host } = await setUp();
    const pane = await host();
    await pane.signal("SIGTERM");
    expect(await pane.ended()).toBe(130);
    await expectSane(pane);
  });

  it("is no terminal's trouble where everything said of a device is hostile", async () => {
    const attack = "\u001b]52;c;UE9P\u0007\u001b]2;T\u0007\u001b[2J\r\u202e\u009b1A";
    const scene = await setUp();
    const relay = await LyingRelay.start(scene.world.relay.url, { ua: attack, city: attack });
    const pane = await scene.host({ relay: relay.url });
    const { title } = await pane.facts();
    scene.joinByItself(await codeOn(pane), relay.url);
    const asked = await pane.shows(HOST_ASKS);
    expect(asked).toContain("\\u{1b}]52;c;UE9P\\u{7}");
    expect((await pane.facts()).title).toBe(title);
    expect(await pane.clipboard()).toBe("");
    expect(pane.output).not.toMatch(/UE9P\u0007|\u001b\]|[\u202e\u009b]/); // eslint-disable-line no-control-regex
    await pane.type(CTRL_C);
    await pane.ended();
    await expectSane(pane);
    relay.close();
  });
});
