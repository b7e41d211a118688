/** A code that is replaced while the host is not yet listening for a device. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { cleanUp } from "./harness.ts";
import { closePanes, CTRL_C, HAS_TMUX, Pane, WHY_NOT } from "./tmux.ts";
import { createWorld } from "./world.ts";
import type { World } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await createWorld();
});

afterAll(async () => {
  await closePanes();
  await cleanUp();
  await world.close();
});

it.skipIf(!HAS_TMUX)(
  `H13: the channel of a code that is replaced at once is closed, in tmux (${WHY_NOT})`,
  { timeout: 90_000 },
  async () => {
    // The name of the account is waited for, for a while, before anything is read from the channel.
    world.accounts.faults.add({ path: "/profile/v1/profile", fault: { kind: "delay" } });
    const pane = await Pane.open(["host", ...world.servers, "--config-dir", await world.hostFolder()]);
    const shown = /[▀▄█]{7}[^]*Only scan this yourself/;
    const line = (await pane.shows(shown)).split("\n")[3]?.slice(0, 45).trimEnd() ?? "";
    await pane.answer(shown, "r", new RegExp(`^(?![^]*${line})[^]*${shown.source}`));
    await expect.poll(() => world.relay.stats().channels, { timeout: 20_000 }).toBe(1);
    await pane.type(CTRL_C);
    expect(await pane.ended()).toBe(130);
    await expect.poll(() => world.relay.stats().channels, { timeout: 20_000 }).toBe(0);
  },
);
