/** A relay in a terminal: what its operator sees, and how it is left. */
import { spawnSync } from "node:child_process";
import { afterAll, describe, expect, it } from "vitest";
import { cleanUp, run, start } from "./harness.ts";
import { closeTerminals, HAS_TERMINALS, Terminal, WHY_NOT as WHY_NO_TERMINAL } from "./pty.ts";
import { closePanes, CTRL_C, HAS_TMUX, Pane, WHY_NOT } from "./tmux.ts";
import { createWorld, EMAIL } from "./world.ts";

const LOOPBACK = ["relay", "--host", "127.0.0.1", "--port", "0"];
const SCREEN = /address: +(ws:\S+)\s+metrics: +http:/;

afterAll(async () => {
  await closePanes();
  await closeTerminals();
  await cleanUp();
});

describe.skipIf(!HAS_TMUX)(`on a screen (${WHY_NOT})`, () => {
  it.each([
    ["q", "q"],
    ["Ctrl-C", CTRL_C],
  ])("counts pairings, and gives the terminal back at %s", async (_name, key) => {
    const world = await createWorld();
    try {
      const pane = await Pane.open(LOOPBACK, { env: { PAIR_STATSD_PORT: "1" } });
      const [, url = ""] = SCREEN.exec(await pane.shows(SCREEN)) ?? [];
      expect(await pane.screen()).toMatch(/0 open[^]*0 connected[^]*0 done[^]*Warning: [^]*PAIR_STATSD_PORT/);
      expect(await pane.facts()).toMatchObject({ alternateScreen: true, cursorVisible: false });

      const { program, url: pairingUrl } = await world.host(["--channel-server", url]);
      await pane.shows(/1 open\s+devices: +1 connected/);
      const args = ["join", "--server", world.accounts.url, "--channel-server", url, "--json", "--yes"];
      const folder = world.newFolder();
      const joined = await run([...args, "--expect-email", EMAIL, "--config-dir", folder, "-"], {
        input: pairingUrl,
      });
      expect(joined.status, joined.stderr).toBe(0);
      expect(await program.exit).toBe(0);
      await pane.resize(60, 20);
      await pane.shows(/0 open\s+devices: +0 connected\s+pairings: +1 done[^]*channel_ended/);

      await pane.type(key);
      expect(await pane.ended()).toBe(0);
      const left = await pane.shows(/info {2}stopped/);
      expect(left).toMatch(/channel_ended[^]*draining/);
      expect(await pane.facts()).toMatchObject({ alternateScreen: false, cursorVisible: true });
      expect(pane.settings.after).toBe(pane.settings.before);
      expect(await pane.scrollback()).not.toContain("pairings:");
    } finally {
      await world.close();
    }
  });

  it("lets open channels finish after q, in lines, and ends at once at Ctrl-C then", async () => {
    const world = await createWorld();
    try {
      const pane = await Pane.open(LOOPBACK);
      const [, url = ""] = SCREEN.exec(await pane.shows(SCREEN)) ?? [];
      await world.host(["--channel-server", url]);
      await pane.shows(/1 open/);
      await pane.type("q");
      await pane.shows(/draining/);
      expect(await pane.facts()).toMatchObject({ alternateScreen: false, cursorVisible: true });
      await pane.type(CTRL_C);
      expect(await pane.ended()).toBe(130);
      expect(pane.settings.after).toBe(pane.settings.before);
    } finally {
      await world.close();
    }
  });

  it.each([
    ["--accessible", [...LOOPBACK, "--accessible"], {}],
    ["FXA_PAIR_ACCESSIBLE", LOOPBACK, { FXA_PAIR_ACCESSIBLE: "1" }],
  ])("not with %s", async (_name, args, env) => {
    const pane = await Pane.open(args, { env });
    await pane.shows(/info {2}listening url=ws:/);
    expect(await pane.facts()).toMatchObject({ alternateScreen: false });
    await pane.type(CTRL_C);
    await pane.ended();
    expect(pane.output).not.toContain("[?1049h");
  });
});

const HAS_BASH = process.platform === "linux" && spawnSync("bash", ["--version"]).status === 0;

describe.skipIf(!HAS_TERMINALS || !HAS_BASH)(`in the background (${WHY_NO_TERMINAL})`, () => {
  it("of a shell, it is not stopped by the terminal, and writes lines", async () => {
    const shell = spawnSync("bash", ["--version"]);
    if (shell.status !== 0) return;
    const command = `bash -i -c 'fxa-pair ${LOOPBACK.join(" ")} & echo pid=$!; wait'`;
    const terminal = new Terminal([], { command, env: { FXA_PAIR_ACCESSIBLE: "0" } });
    await terminal.shows(/info {2}listening url=ws:/);
    const [, pid = ""] = await terminal.shows(/pid=(\d+)/);
    process.kill(Number(pid), "SIGTERM");
    await terminal.shows(/info {2}stopped/);
    await terminal.exit;
  });
});

it("without a terminal it writes its log as ever", async () => {
  const program = start([...LOOPBACK, "--json"]);
  await program.event("listening");
  await program.says(/"event":"listening"/);
  program.kill();
  expect(await program.exit).toBe(0);
  expect(program.stderr).not.toContain("\u001b");
});
