/** No question without its subject: who is asking, for what, and from where is shown whatever the options. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cleanUp, start } from "./harness.ts";
import { closeTerminals, HAS_TERMINALS, Terminal, WHY_NOT } from "./pty.ts";
import { createWorld } from "./world.ts";
import type { World } from "./world.ts";

const HOST_ASKS = /Sign that device in to andré@example\.org\?/;
const JOIN_ASKS = /Sign this device in to andré@example\.org\?/;

let world: World;

beforeAll(async () => {
  world = await createWorld();
});

afterAll(async () => {
  await closeTerminals();
  await cleanUp();
  await world.close();
});

describe.skipIf(!HAS_TERMINALS)(`a question (${WHY_NOT})`, () => {
  it.each([
    ["--quiet", ""],
    ["--json", "> events.json"],
  ])("to the host's user is explained with %s", async (option, redirection) => {
    const folder = await world.hostFolder();
    const urlFile = join(folder, "url.txt");
    const args = ["host", ...world.servers, "--config-dir", folder, option, "--url-out", urlFile];
    const host = new Terminal([], { command: `fxa-pair ${args.join(" ")} ${redirection}`, folder });
    await host.shows(/Only scan this yourself/);
    const joining = start(
      ["join", ...world.servers, "--config-dir", world.newFolder(), "--yes", "--json", "--can-host", "-"],
      {
        input: readFileSync(urlFile, "utf8"),
      },
    );
    await host.shows(HOST_ASKS);
    const before = host.output.slice(0, host.output.search(HOST_ASKS));
    expect(before).toMatch(/Client: +Firefox for Android \(a2270f727f45f648\)/);
    expect(before).toMatch(/CAN SIGN IN AND PAIR FURTHER DEVICES/);
    expect(before).toMatch(/Browser: +fxa-pair[^]*Address: +127\.0\.0\.1[^]*Place: +unknown[^]*not proven/);
    expect(before).toContain(String((await joining.event("metadata")).fingerprint));
    await host.answer(HOST_ASKS, "n");
    expect(await host.exit).toBe(3);
    expect(await joining.exit).toBe(4);
  });

  it("to the joiner's user is explained with --quiet", async () => {
    const { program: host, url } = await world.host();
    const args = ["join", ...world.servers, "--config-dir", world.newFolder(), "--quiet", `'${url}'`];
    const joining = new Terminal([], { command: `fxa-pair ${args.join(" ")}` });
    await joining.shows(JOIN_ASKS);
    const before = joining.output.slice(0, joining.output.search(JOIN_ASKS));
    expect(before).toMatch(
      /Account: +andré@example\.org \(André\)[^]*not proven[^]*data will go to that account/,
    );
    expect(before).toContain(String((await host.event("request")).fingerprint));
    await joining.answer(JOIN_ASKS, "n");
    expect(await joining.exit).toBe(3);
  });
});
