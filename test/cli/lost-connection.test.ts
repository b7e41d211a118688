/** Real processes whose connection to the relay is lost in mid-pairing: what they say, and that they finish. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { CuttingProxy } from "../channel/cutting-proxy.ts";
import type { Cut } from "../channel/cutting-proxy.ts";
import { cleanUp, start } from "./harness.ts";
import { closeTerminals, CTRL_C, HAS_TERMINALS, Terminal, WHY_NOT } from "./pty.ts";
import { createWorld, EMAIL, storedCredentials } from "./world.ts";
import type { World } from "./world.ts";

const AUTHORIZATION = "/auth/v1/oauth/authorization";
const LOST = "The connection to the relay was lost: trying to get it back (50 s at most).";
const BACK = "The connection to the relay is back.";
const FOR_A_MOMENT = "The connection to the relay was lost for a moment, and is back.";

let world: World;
const networks: CuttingProxy[] = [];

beforeAll(async () => {
  world = await createWorld();
});

afterEach(() => {
  world.accounts.faults.clear();
  for (const network of networks.splice(0)) network.close();
});

afterAll(async () => {
  await closeTerminals();
  await cleanUp();
  await world.close();
});

async function networkWith(cuts: readonly Cut[] = []): Promise<CuttingProxy> {
  const network = await CuttingProxy.start(world.relay.url);
  network.reset(cuts);
  networks.push(network);
  return network;
}

/** The command line of `host` or `join` behind a network. */
const behind = (network: CuttingProxy, name: string, folder: string) => [
  ...[name, "--server", world.accounts.url, "--channel-server", network.url],
  ...["--config-dir", folder],
];

/** A device that says yes by itself. */
function joinByItself(url: string, network: CuttingProxy) {
  const folder = world.newFolder();
  const args = [...behind(network, "join", folder), "--yes", "--expect-email", EMAIL, "--json", "-"];
  return { program: start(args, { input: url }), folder };
}

describe("a connection cut once on either side", () => {
  // In the envelope of the server's flight, and in the request: connections that had carried something before.
  it("is back in a moment: one line on standard error, no event, and the pairing finishes", async () => {
    const ofHost = await networkWith([{ direction: "up", after: 700, relayNotices: true }]);
    const ofJoin = await networkWith([{ direction: "down", after: 600, relayNotices: false }]);
    const { program: host, url } = await world.host(["--channel-server", ofHost.url]);
    const { program: joining, folder } = joinByItself(url, ofJoin);
    expect([await host.exit, await joining.exit]).toEqual([0, 0]);
    expect([ofHost.connections, ofJoin.connections]).toEqual([2, 2]);
    expect(storedCredentials(folder)).toBeDefined();
    for (const { stderr } of [host, joining]) {
      const told = stderr.split("\n").filter((line) => line.includes("The connection"));
      expect([[FOR_A_MOMENT], [LOST, BACK]]).toContainEqual(told);
    }
    expect(host.events.map(({ event }) => event).toSorted()).toEqual([
      "added",
      "approved",
      "approved",
      "authorized",
      "channel",
      "complete",
      "request",
    ]);
    expect(joining.events.map(({ event }) => event).toSorted()).toEqual([
      "approved",
      "approved",
      "complete",
      "metadata",
    ]);
  });
});

describe.skipIf(!HAS_TERMINALS)(`a question while the connection is lost (${WHY_NOT})`, () => {
  const AGAIN = new RegExp(
    `^${LOST.replaceAll(/[().]/g, "\\$&")}\\nSign th.* device in to .* \\[y/N\\] $`,
    "m",
  );

  async function askingHost() {
    const network = await networkWith();
    const host = new Terminal([...behind(network, "host", await world.hostFolder()), "--qr", "none"]);
    const [url] = await host.shows(/^http:\S+#channel_id=\S{22}&channel_key=\S{43}$/m);
    const joining = joinByItself(url, await networkWith());
    await host.shows(/Sign that device in to .*\[y\/N\] /);
    await joining.program.event("approved");
    return { network, host, joining };
  }

  it("of the host stays open, and its yes counts once the connection is back", async () => {
    const { network, host, joining } = await askingHost();
    const asked = world.accounts.requests.count(AUTHORIZATION);
    network.goDown();
    await host.shows(AGAIN);
    await host.answer(/Sign that device in to/, "y");
    await host.shows(/The accounts server agreed/);
    network.comeUp();
    expect([await host.done(), await joining.program.exit]).toEqual([0, 0]);
    expect(host.text).toContain(`\n${BACK}\n`);
    expect(world.accounts.requests.count(AUTHORIZATION)).toBe(asked + 1);
    // The other side noticed nothing.
    expect(joining.program.stderr).not.toMatch(/The connection/);
  });

  it("of the new device stays open, and its yes counts once the connection is back", async () => {
    const held = world.accounts.faults.add({ path: AUTHORIZATION, fault: { kind: "delay" } });
    const { program: host, url } = await world.host();
    const network = await networkWith();
    const folder = world.newFolder();
    const joining = new Terminal([...behind(network, "join", folder), url]);
    await joining.shows(/Sign this device in to .*\[y\/N\] /);
    network.goDown();
    await joining.shows(AGAIN);
    await joining.answer(/Sign this device in to/, "y");
    held.release();
    await host.event("authorized");
    network.comeUp();
    expect([await joining.exit, await host.exit]).toEqual([0, 0]);
    expect(joining.text).toContain(`\n${BACK}\n`);
    expect(storedCredentials(folder)).toBeDefined();
  });

  it("is left by Ctrl-C at once, and the terminal as it was", async () => {
    const { network, host } = await askingHost();
    const asked = world.accounts.requests.count(AUTHORIZATION);
    network.goDown();
    await host.shows(AGAIN);
    host.type(CTRL_C);
    expect(await host.exit).toBe(130);
    expect(world.accounts.requests.count(AUTHORIZATION)).toBe(asked);
    expect(host.settings.after).toBe(host.settings.before);
  });
});
