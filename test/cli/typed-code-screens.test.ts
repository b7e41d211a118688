/** Codes to type on the screens of two terminals: no camera, no copying, and what both users see when somebody guesses. */
import { afterAll, describe, expect, it } from "vitest";
import { cleanUp, start } from "./harness.ts";
import { closePanes, CTRL_C, ENTER, HAS_TMUX, Pane, WHY_NOT } from "./tmux.ts";
import { createWorld, EMAIL, storedCredentials } from "./world.ts";
import type { World } from "./world.ts";

const CODE = /│ +(\d+(?:-[a-z]{3,8}){3}) +│/;
const QR_CODE = /[▀▄█]{7}[^]*Only scan this yourself/;
const HOST_ASKS = /Sign that device in to andré@example\.org\?/;
const JOIN_ASKS = /Sign this device in to andré@example\.org\?/;
const ASKS_FOR_CODE = /or type the code:/;
const GOES_ON = /^fxa-pair[^]*Ctrl-C end it/;
const UNDO = /u undo/;
const TRIED = /Somebody tried a wrong code[^]*r a fresh code/;

const worlds = new Set<World>();

afterAll(async () => {
  await closePanes();
  await cleanUp();
  await Promise.all([...worlds].map((world) => world.close()));
});

async function setUp() {
  const world = await createWorld();
  worlds.add(world);
  return {
    world,
    async host(...extra: string[]): Promise<Pane> {
      const folder = await world.hostFolder();
      return Pane.open(["host", ...world.servers, "--config-dir", folder, ...extra]);
    },
    async join(): Promise<{ joining: Pane; folder: string }> {
      const folder = world.newFolder();
      const joining = await Pane.open(["join", ...world.servers, "--config-dir", folder]);
      await joining.shows(ASKS_FOR_CODE);
      return { joining, folder };
    },
    /** A device that says yes by itself; resolves to its exit status. */
    joinByItself(source: string): Promise<number> {
      const args = ["join", ...world.servers, "--config-dir", world.newFolder(), "--yes", "-"];
      return start(args, { input: source }).exit;
    },
  };
}

async function codeOn(pane: Pane): Promise<string> {
  return CODE.exec(await pane.shows(CODE))?.[1] ?? "";
}

/** Another word of the list in the first one's place. */
function wrong(code: string): string {
  const [nameplate = "", first = "", ...rest] = code.split("-");
  return [nameplate, first === "zoo" ? "able" : "zoo", ...rest].join("-");
}

const LONG = { timeout: 150_000 };

describe.skipIf(!HAS_TMUX).concurrent(`in tmux (${WHY_NOT})`, LONG, () => {
  it("three words are typed, with a hint and Tab, and the device is signed in", async () => {
    const { host, join } = await setUp();
    const [hosting, { joining, folder }] = await Promise.all([host("--code"), join()]);
    const code = await codeOn(hosting);
    const [nameplate = "", ...words] = code.split("-");
    await joining.type(`${nameplate}-`);
    await joining.shows(/first word[^]*Tab complete/);
    for (const [index, word] of words.entries()) {
      await joining.type(word.slice(0, 4));
      // Among the words that begin so.
      await joining.shows(new RegExp(`code:\\s+\\S*${word.slice(0, 4)}\\S*\\s*\\n[^\\n]*\\b${word}\\b`));
      await joining.type("\t");
      await joining.shows(new RegExp(`code:\\s+${[nameplate, ...words.slice(0, index + 1)].join("-")}`));
      const line = await joining.screen();
      // Where the four letters are the beginning of several words, Tab leaves the hyphen to the user.
      if (index < 2 && !line.includes(`${word}-`)) await joining.type("-");
    }
    await joining.type(ENTER);
    await hosting.shows(HOST_ASKS);
    await joining.shows(JOIN_ASKS);
    // Both codes have left both screens.
    for (const pane of [hosting, joining]) expect(await pane.screen()).not.toContain(words[2]);
    await hosting.answer(HOST_ASKS, "y", GOES_ON);
    await joining.answer(JOIN_ASKS, "y");
    expect(await joining.ended()).toBe(0);
    expect(storedCredentials(folder)).toMatchObject({ email: EMAIL });
    await hosting.answer(UNDO, ENTER);
    expect(await hosting.ended()).toBe(0);
    for (const pane of [hosting, joining]) expect(await pane.scrollback()).not.toContain(words.join("-"));
  });

  it("a key takes a new channel for the other kind of code, and the old code is no good", async () => {
    const { host, joinByItself } = await setUp();
    const hosting = await host();
    await hosting.shows(QR_CODE);
    await hosting.answer(/t a code to type/, "t", CODE);
    const code = await codeOn(hosting);
    expect(await hosting.screen()).not.toMatch(/█▀|channel_/);
    await hosting.answer(/t a QR code/, "t", QR_CODE);
    expect(await hosting.screen()).not.toContain(code);
    expect(await joinByItself(code)).toBe(5);
    await hosting.type(CTRL_C);
    expect(await hosting.ended()).toBe(130);
  });

  it("W2, W3: a wrong guess is told, no new code comes by itself, and three are all there are", async () => {
    const { host, joinByItself } = await setUp();
    const hosting = await host("--code");
    const shown: string[] = [];
    for (let i = 0; i < 3; i++) {
      const code = await codeOn(hosting);
      expect(shown).not.toContain(code);
      shown.push(code);
      expect(await joinByItself(wrong(code))).toBe(7);
      await hosting.shows(TRIED);
      expect(await hosting.screen()).not.toMatch(CODE);
      // The right words come too late.
      expect(await joinByItself(code)).toBe(5);
      expect(await hosting.screen()).toMatch(TRIED);
      if (i < 2) await hosting.answer(TRIED, "r", CODE);
    }
    await hosting.answer(TRIED, "r");
    expect(await hosting.ended()).toBe(7);
    expect(await hosting.screen()).toMatch(/3 codes to type, and these were all/);
  });
});
