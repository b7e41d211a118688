/** `fxa-pair relay` as a process: its settings, its log, its end, and what becomes of the pairings when it is killed. */
import { existsSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { cleanUp, run, start } from "./harness.ts";
import type { Program } from "./harness.ts";
import { closeTerminals, HAS_TERMINALS, Terminal, WHY_NOT } from "./pty.ts";
import { createWorld, EMAIL } from "./world.ts";
import type { World } from "./world.ts";

const LOOPBACK = ["--host", "127.0.0.1", "--port", "0"];
const AUTHORIZATION = "/auth/v1/oauth/authorization";
const TOKEN = "/auth/v1/oauth/token";

/** Its clients then do not try for 50 seconds to come back. */
const KEEPS_NO_SEATS = ["--resume-window", "0"];

let world: World;

beforeAll(async () => {
  world = await createWorld();
});

afterEach(() => {
  world.accounts.faults.clear();
});

afterAll(async () => {
  await closeTerminals();
  await cleanUp();
  await world.close();
});

interface RelayProcess {
  readonly program: Program;
  readonly url: string;
}

async function startRelay(extra: readonly string[] = [], env = {}): Promise<RelayProcess> {
  const program = start(["relay", "--json", ...LOOPBACK, ...extra], { env });
  const { url } = await program.event("listening");
  return { program, url: String(url) };
}

const serversWith = ({ url }: RelayProcess) => ["--server", world.accounts.url, "--channel-server", url];

async function hostAt(relay: RelayProcess) {
  const args = ["host", ...serversWith(relay), "--config-dir", await world.hostFolder(), "--json", "--yes"];
  const program = start(args);
  return { program, url: String((await program.event("channel")).url) };
}

function joinAt(relay: RelayProcess, url: string) {
  const folder = world.newFolder();
  const args = ["join", ...serversWith(relay), "--config-dir", folder, "--json", "--yes", "-"];
  return { program: start([...args, "--expect-email", EMAIL], { input: url }), folder };
}

/** The first message of a new channel, which is left at once: its seat is not waited for. */
async function firstMessage(url: string): Promise<Record<string, unknown>> {
  const socket = new WebSocket(`${url}/v1/ws/`);
  const text = await new Promise<string>((resolve, reject) => {
    socket.on("message", (message: Buffer) => {
      resolve(message.toString());
    });
    socket.on("error", reject);
  });
  socket.close(1000);
  return JSON.parse(text) as Record<string, unknown>;
}

const logOf = ({ stderr }: Program) =>
  stderr
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("its output", () => {
  it("is one event on standard output, and a log of JSON lines beside it that tells no secret", async () => {
    const relay = await startRelay(["--verbose"]);
    expect(relay.program.events).toEqual([
      {
        event: "listening",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown,
        url: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+$/) as unknown,
        metricsUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/) as unknown,
      },
    ]);
    const host = await hostAt(relay);
    const { channelId } = await host.program.event("channel");
    expect(await joinAt(relay, host.url).program.exit).toBe(0);
    expect(await host.program.exit).toBe(0);
    relay.program.kill("SIGINT");
    expect(await relay.program.exit).toBe(0);

    const lines = logOf(relay.program);
    for (const line of lines) {
      expect(line).toMatchObject({
        time: expect.any(String) as unknown,
        event: expect.any(String) as unknown,
      });
      expect(line.level).toMatch(/^(?:debug|info|warn|error)$/);
    }
    const [prefix, key] = [String(channelId).slice(0, 6), /channel_key=(.*)/.exec(host.url)?.[1] ?? ""];
    expect(lines).toContainEqual(expect.objectContaining({ event: "channel_ended", channel: prefix }));
    expect(relay.program.stderr).not.toContain(String(channelId).slice(0, 7));
    expect(relay.program.stderr).not.toContain(key);
    // How each TLS record of the handshake and after it begins, in base64url.
    expect(relay.program.stderr).not.toMatch(/F[gwQ]M[BD]/);
    expect(relay.program.events).toHaveLength(1);
  });

  it("without --json is the log alone", async () => {
    const program = start(["relay", ...LOOPBACK]);
    await program.says(/"event":"listening"/);
    program.kill("SIGTERM");
    expect(await program.exit).toBe(0);
    expect(program.stdout).toBe("");
    expect(logOf(program).map(({ event }) => event)).toContain("stopped");
  });
});

describe("its settings", () => {
  const OURS = "FXA_PAIR_RELAY_CONN_LIFESPAN";
  it.each<[string, string[], Record<string, string>, number]>([
    ["the default", [], {}, 300],
    ["the reference's variable", [], { PAIR_CONN_LIFESPAN: "100" }, 100],
    ["our variable rather than that", [], { PAIR_CONN_LIFESPAN: "100", [OURS]: "200" }, 200],
    [
      "the flag rather than any",
      ["--conn-lifespan", "250"],
      { PAIR_CONN_LIFESPAN: "100", [OURS]: "200" },
      250,
    ],
  ])("are %s", async (_name, flags, env, lifespan) => {
    const { program, url } = await startRelay(flags, env);
    const { expires_in: left } = await firstMessage(url);
    expect(left).toBeGreaterThan(lifespan - 5);
    expect(left).toBeLessThanOrEqual(lifespan);
    program.kill();
    await program.exit;
  });

  it("of the reference that have no counterpart are named in one warning", async () => {
    const { program } = await startRelay([], {
      PAIR_IP_VIOLATION: "1",
      PAIR_VERBOSE: "1",
      PAIR_HEARTBEAT: "4",
    });
    const [line] = await program.says(/^.*warning.*$/m);
    expect(line).toMatch(/ignored: PAIR_IP_VIOLATION, PAIR_VERBOSE$/);
    expect(program.stderr.match(/warning/g)).toHaveLength(1);
    program.kill();
    await program.exit;
  });

  it.each<[string, string[], Record<string, string>]>([
    ["max-channel-connections", ["--max-channel-connections", "1"], {}],
    ["port", ["--port", "65536"], {}],
    ["heartbeat", ["--heartbeat", "60", "--client-timeout", "60"], {}],
    ["conn-lifespan", [], { [OURS]: "-1" }],
    ["max-data", [], { PAIR_MAX_DATA: "64k" }],
  ])("cannot be impossible: %s", async (name, flags, env) => {
    const ended = await run(["relay", "--json", ...LOOPBACK, ...flags], { env });
    expect(ended.status).toBe(2);
    expect(ended.stderr).toContain(name);
    expect(ended.events).toMatchObject([{ event: "error", code: "usage" }]);
  });

  it("cannot be a port that is taken", async () => {
    const { program, url } = await startRelay();
    const ended = await run(["relay", "--host", "127.0.0.1", "--port", new URL(url).port]);
    expect(ended.status).toBe(2);
    expect(ended.stderr).toMatch(/another program listens there/);
    program.kill();
    await program.exit;
  });
});

describe("told to stop", () => {
  it("it lets a pairing finish, and takes no new ones", async () => {
    const relay = await startRelay();
    const held = world.accounts.faults.add({ path: AUTHORIZATION, fault: { kind: "delay" } });
    const host = await hostAt(relay);
    const joining = joinAt(relay, host.url);
    await joining.program.event("approved");
    relay.program.kill("SIGTERM");
    await relay.program.says(/"event":"draining"/);
    const late = start(["host", ...serversWith(relay), "--config-dir", await world.hostFolder(), "--yes"]);
    expect(await late.exit).toBe(6);
    held.release();
    expect(await joining.program.exit).toBe(0);
    expect(await host.program.exit).toBe(0);
    expect(await relay.program.exit).toBe(0);
  });

  it("it waits no longer than --drain", async () => {
    const relay = await startRelay(["--drain", "1", ...KEEPS_NO_SEATS]);
    const host = await hostAt(relay);
    relay.program.kill("SIGTERM");
    expect(await relay.program.exit).toBe(0);
    expect(await host.program.exit).toBe(6);
  });
});

describe("killed", () => {
  it("before a device came: the host cannot go on", async () => {
    const relay = await startRelay(KEEPS_NO_SEATS);
    const host = await hostAt(relay);
    relay.program.kill("SIGKILL");
    expect(await host.program.exit).toBe(6);
    expect(host.program.events.at(-1)).toMatchObject({ event: "error", code: "unreachable" });
    expect(host.program.stderr).not.toMatch(/may be signed in/);
    // Nor can anybody join any more.
    expect(await joinAt(relay, host.url).program.exit).toBe(6);
  });

  it("before the code was sent: neither can, and nothing is stored", async () => {
    const relay = await startRelay(KEEPS_NO_SEATS);
    const held = world.accounts.faults.add({ path: AUTHORIZATION, fault: { kind: "delay" } });
    const host = await hostAt(relay);
    const joining = joinAt(relay, host.url);
    await joining.program.event("approved");
    await host.program.event("approved");
    relay.program.kill("SIGKILL");
    expect([await host.program.exit, await joining.program.exit]).toEqual([6, 6]);
    held.release();
    expect(host.program.events.map(({ event }) => event)).not.toContain("authorized");
    expect(host.program.stderr).not.toMatch(/may be signed in/);
    expect(existsSync(joining.folder)).toBe(false);
  });

  it("while both have all they need: both finish", async () => {
    const relay = await startRelay(KEEPS_NO_SEATS);
    const host = await hostAt(relay);
    const held = world.accounts.faults.add({ path: TOKEN, method: "POST", fault: { kind: "delay" } });
    const joining = joinAt(relay, host.url);
    await host.program.event("complete");
    await joining.program.says(/Fetching tokens/);
    relay.program.kill("SIGKILL");
    await relay.program.exit;
    held.release();
    expect([await host.program.exit, await joining.program.exit]).toEqual([0, 0]);
    expect(existsSync(joining.folder)).toBe(true);
  });

  it("and started again, it has forgotten all seats: neither side can go on, nor waits for long", async () => {
    const relay = await startRelay();
    const held = world.accounts.faults.add({ path: AUTHORIZATION, fault: { kind: "delay" } });
    const host = await hostAt(relay);
    const joining = joinAt(relay, host.url);
    await host.program.event("approved");
    relay.program.kill("SIGKILL");
    await relay.program.exit;
    const both = [host.program, joining.program];
    await Promise.all(both.map((program) => program.says(/relay was lost: trying to get it back/)));
    const again = await startRelay(["--port", new URL(relay.url).port]);
    expect(await Promise.all(both.map(({ exit }) => exit))).toEqual([6, 6]);
    held.release();
    for (const { events, stderr } of both) {
      expect(events.at(-1)).toMatchObject({ event: "error", code: "unreachable" });
      expect(stderr).not.toMatch(/is back/);
    }
    again.program.kill("SIGTERM");
    await again.program.exit;
  });

  describe.skipIf(!HAS_TERMINALS)(`at a question (${WHY_NOT})`, () => {
    async function askingJoiner(relay: RelayProcess, url: string) {
      const folder = world.newFolder();
      const joining = new Terminal(["join", ...serversWith(relay), "--config-dir", folder, url]);
      await joining.shows(/Sign this device in to .*\[y\/N\] /);
      return { joining, folder };
    }

    it("of both: neither can go on", async () => {
      const relay = await startRelay(KEEPS_NO_SEATS);
      const urlFile = `${world.newFolder()}-url`;
      const folder = await world.hostFolder();
      const host = new Terminal([
        "host",
        ...serversWith(relay),
        "--config-dir",
        folder,
        "--url-out",
        urlFile,
      ]);
      await host.shows(/Only scan this yourself/);
      const joiner = await askingJoiner(relay, readFileSync(urlFile, "utf8").trim());
      await host.shows(/Sign that device in to .*\[y\/N\] /);
      const asked = world.accounts.requests.count(AUTHORIZATION);
      relay.program.kill("SIGKILL");
      await host.chooseCode("q");
      expect([await host.exit, await joiner.joining.exit]).toEqual([6, 6]);
      expect(world.accounts.requests.count(AUTHORIZATION)).toBe(asked);
      expect(existsSync(joiner.folder)).toBe(false);
      for (const { settings } of [host, joiner.joining]) expect(settings.after).toBe(settings.before);
    });

    it("of the joiner, who has the code: the host says that the device may be signed in, and it may", async () => {
      const relay = await startRelay(KEEPS_NO_SEATS);
      const host = await hostAt(relay);
      const { joining, folder } = await askingJoiner(relay, host.url);
      await host.program.event("authorized");
      await joining.shows(/Approved on the other device/);
      relay.program.kill("SIGKILL");
      expect(await host.program.exit).toBe(6);
      expect(host.program.stderr).toMatch(/may be signed in: look/);
      expect(host.program.events.at(-1)).toMatchObject({ details: { perhapsSignedIn: true } });
      await joining.answer(/Sign this device in to/, "y");
      expect(await joining.exit).toBe(0);
      expect(existsSync(folder)).toBe(true);
    });
  });
});
