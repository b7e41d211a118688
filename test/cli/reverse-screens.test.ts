/** A reverse pairing on two real terminals: what the new device draws is what the signed-in one reads. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { qrPng } from "../../src/qr/encode.ts";
import { textsIn } from "../qr/found.ts";
import { DARK } from "../qr/screenshot.ts";
import { cleanUp, temporaryFolder } from "./harness.ts";
import { pictureOf } from "./tmux-picture.ts";
import { closePanes, ENTER, HAS_TMUX, Pane, WHY_NOT } from "./tmux.ts";
import { createWorld, EMAIL, storedCredentials } from "./world.ts";
import type { World } from "./world.ts";

/** What a new device goes on saying once its user has agreed. */
const END = /last\s+four\s+characters\s+of\s+\w{4}-\w{5}-(\w{4})/;

let world: World;

beforeAll(async () => {
  world = await createWorld();
  // Loads what looks for codes before anything has to be quick.
  await textsIn(await pictureOf(" ", DARK));
});
afterAll(async () => {
  await closePanes();
  await cleanUp();
  await world.close();
});

describe.skipIf(!HAS_TMUX)(`a reverse pairing in tmux (${WHY_NOT})`, () => {
  it("goes from the code on one screen to the end of the fingerprint typed on the other", async () => {
    const folder = world.newFolder();
    const large = { columns: 120, rows: 50 };
    const device = await Pane.open(["join", "--show", ...world.servers, "--config-dir", folder], large);
    await device.shows(/[▀▄█]{7}[^]*Only scan this yourself/);
    const [url = ""] = await textsIn(await pictureOf(await device.colouredScreen(), DARK));
    expect(url).toMatch(/&mode=reverse&fp=[0-9A-Z]{13}$/);
    const picture = join(temporaryFolder(), "photo.png");
    writeFileSync(picture, await qrPng(url));

    const args = ["host", ...world.servers, "--config-dir", await world.hostFolder(), "--scan", picture];
    const host = await Pane.open(args);
    await host.answer(/Did you start this sign-in/, "y", /Sign that device in to|read the end off there/);
    // The new device says yes first; its screen goes on showing what the host asks for.
    await device.answer(/Sign this device in to/, "y", END);
    const [, end = ""] = END.exec(await device.screen()) ?? [];
    expect(end).toBe(url.slice(-4));
    await host.answer(/Sign that device in to/, "y", /Last four characters of the fingerprint/);
    expect(await host.screen()).not.toContain(end);
    await host.type(`${end}${ENTER}`);
    await host.shows(/u undo/);
    await host.answer(/u undo/, ENTER);
    expect([await host.ended(), await device.ended()]).toEqual([0, 0]);
    expect(storedCredentials(folder)).toMatchObject({ email: EMAIL });
    // Neither leaves a code behind.
    for (const pane of [host, device]) {
      expect(await pane.scrollback()).not.toMatch(/channel_|[█▀▄]/);
    }
  });
});
