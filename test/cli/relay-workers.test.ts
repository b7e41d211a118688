/** `fxa-pair relay --workers`: several processes, one relay. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import WebSocket from "ws";
import { describeWithRedis, freePorts, RedisServer } from "../relay/redis-server.ts";
import type { Program } from "./harness.ts";
import { cleanUp, run, start, temporaryFolder } from "./harness.ts";
import { createWorld, EMAIL } from "./world.ts";
import type { World } from "./world.ts";

type LogLine = Record<string, unknown>;

const logOf = ({ stderr }: Program): LogLine[] =>
  stderr
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as LogLine);

/** Process ids of a process's children. */
async function childrenOf({ child }: Program): Promise<number[]> {
  const { readFile } = await import("node:fs/promises");
  const text = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8");
  return text.trim().split(" ").filter(Boolean).map(Number);
}

/** A client that has got its first message. */
class Client {
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  readonly #messages: string[] = [];
  #wake: () => void = () => undefined;

  constructor(url: string) {
    this.socket = new WebSocket(url);
    this.socket
      .on("error", () => undefined)
      .on("message", (message: Buffer) => {
        this.#messages.push(message.toString());
        this.#wake();
      });
    this.closed = new Promise((resolve) => this.socket.on("close", resolve));
  }

  async next(): Promise<Record<string, unknown>> {
    while (this.#messages.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return JSON.parse(this.#messages.shift() ?? "") as Record<string, unknown>;
  }
}

describeWithRedis("a relay of several processes", () => {
  let redis: RedisServer;
  let world: World;

  beforeAll(async () => {
    [redis, world] = await Promise.all([RedisServer.start(), createWorld()]);
  });

  afterEach(cleanUp);

  afterAll(async () => {
    await cleanUp();
    await world.close();
    await redis.stop();
  });

  async function startRelay(extra: readonly string[] = [], env = {}) {
    const args = ["--host", "127.0.0.1", "--port", "0", "--workers", "2", "--redis", redis.url, ...extra];
    const program = start(["relay", "--json", ...args], { env });
    const { url, metricsUrl } = await program.event("listening");
    return { program, url: String(url), metricsUrl: String(metricsUrl) };
  }

  async function figure(metricsUrl: string, name: string): Promise<number> {
    const text = await (await fetch(metricsUrl)).text();
    const line = text.split("\n").find((each) => each.startsWith(`fxa_pair_relay_${name} `));
    return Number(line?.split(" ").at(-1));
  }

  it("listens on one port and says so once; each process tells its part to the log", async () => {
    const { program, url } = await startRelay([], { PAIR_STATSD_HOST: "x" });
    expect(await childrenOf(program)).toHaveLength(2);
    expect(program.events).toHaveLength(1);
    for (const who of ['"worker":1,', '"worker":2,', ""])
      await program.says(new RegExp(`Z",${who}"event":"listening","url":"${url}"`));
    expect(program.stderr.match(/PAIR_STATSD_HOST/g)).toHaveLength(1);
    program.kill();
    expect(await program.exit).toBe(0);
  });

  it("lets devices pair whose connections are at different processes, and counts them as one relay", async () => {
    const { program, url, metricsUrl } = await startRelay();
    expect(metricsUrl).toBe(`${url.replace("ws:", "http:")}/metrics`);
    const servers = ["--server", world.accounts.url, "--channel-server", url];
    const pairings = 2;
    for (let count = 0; count < pairings; count++) {
      const hostArgs = ["host", ...servers, "--config-dir", await world.hostFolder(), "--json", "--yes"];
      const host = start(hostArgs);
      const input = String((await host.event("channel")).url);
      const joinArgs = ["join", ...servers, "--config-dir", world.newFolder(), "--yes", "-"];
      const joined = await run([...joinArgs, "--expect-email", EMAIL], { input });
      expect([joined.status, await host.exit]).toEqual([0, 0]);
    }
    const joins = logOf(program).filter(
      ({ event }) => event === "channel_opened" || event === "participant_joined",
    );
    expect(new Set(joins.map(({ worker }) => worker))).toEqual(new Set([1, 2]));
    expect(await figure(metricsUrl, "channels_created_total")).toBe(pairings);
    expect(await figure(metricsUrl, "connections_accepted_total")).toBe(2 * pairings);
    expect(await figure(metricsUrl, "workers")).toBe(2);
    program.kill();
    expect(await program.exit).toBe(0);
  });

  it("replaces a process that is killed; the others' channels go on, the figures do not go back", async () => {
    const { program, url, metricsUrl } = await startRelay(["--metrics-port", "0", "--verbose"]);
    expect(metricsUrl).not.toContain(url.replace("ws:", "http:"));
    expect((await fetch(`${url.replace("ws:", "http:")}/metrics`)).status).toBe(404);
    // Round and round: two connections one after the other are at different processes.
    const pairs = [];
    for (let count = 0; count < 4; count++) {
      const first = new Client(`${url}/v1/ws/`);
      const { channelid } = await first.next();
      pairs.push({ first, channelid: String(channelid) });
    }
    const created = await figure(metricsUrl, "channels_created_total");
    expect(created).toBe(4);
    await program.says(/(?:"channel_opened"[^]*){4}/);
    const openedBy = new Map(
      logOf(program)
        .filter(({ event }) => event === "channel_opened")
        .map(({ channel, worker }) => [channel, worker]),
    );
    const [victim, survivor] = await childrenOf(program);
    process.kill(Number(victim), "SIGKILL");
    await program.says(/"event":"worker_ended","worker":\d+,"code":null,"signal":"SIGKILL"/);
    const { worker: dead } = logOf(program).find(({ event }) => event === "worker_ended") ?? {};
    await program.says(/"worker":3,"event":"listening"/);
    const children = await childrenOf(program);
    expect(children).toHaveLength(2);
    expect(children).toContain(survivor);
    expect(await figure(metricsUrl, "channels_created_total")).toBe(4);
    expect(await figure(metricsUrl, "worker_restarts_total")).toBe(1);
    const stillThere = pairs.filter(({ channelid }) => openedBy.get(channelid.slice(0, 6)) !== dead);
    expect(stillThere.length).toBeGreaterThan(0);
    for (const { first, channelid } of stillThere) {
      const second = new Client(`${url}/v1/ws/${channelid}`);
      await second.next();
      second.socket.send("still here");
      expect(await first.next()).toMatchObject({ message: "still here" });
    }
    program.kill("SIGKILL");
    await program.exit;
  });

  it("drains as one when it is told to stop, and ends with status 0", async () => {
    const { program, url } = await startRelay(["--drain", "1"]);
    const clients = [new Client(`${url}/v1/ws/`), new Client(`${url}/v1/ws/`)];
    await Promise.all(clients.map((each) => each.next()));
    program.kill("SIGTERM");
    await program.says(/"worker":\d,"event":"draining"[^]*"worker":\d,"event":"draining"/);
    const late = new Client(`${url}/v1/ws/`);
    expect(await late.closed).toBe(1006);
    expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual([1001, 1001]);
    expect(await program.exit).toBe(0);
    expect(logOf(program).at(-1)).toMatchObject({ event: "stopped" });
    expect(program.stderr).not.toMatch(/worker_ended|primary_gone/);
  });

  it("ends when it is told to, also while its processes end before they listen", async () => {
    const crash = join(temporaryFolder(), "crash.cjs");
    writeFileSync(crash, `if (require("node:cluster").isWorker) process.exit(70);`);
    const args = ["--host", "127.0.0.1", "--port", "0", "--workers", "2", "--redis", redis.url];
    const program = start(["relay", ...args], { env: { NODE_OPTIONS: `--require=${crash}` } });
    await program.says(/(?:"worker_ended"[^]*){3}/);
    program.kill("SIGTERM");
    expect(await program.exit).toBe(0);
    expect(logOf(program).map(({ event }) => event)).not.toContain("listening");
  });

  it("reads its files again in every process at SIGHUP", async () => {
    const { fileURLToPath } = await import("node:url");
    const mmdb = fileURLToPath(new URL("../relay/places/GeoIP2-City-Test.mmdb", import.meta.url));
    const { program } = await startRelay(["--mmdb", mmdb]);
    program.kill("SIGHUP");
    await program.says(/(?:"event":"reloaded","setting":"mmdb"[^]*){2}/);
    program.kill();
    expect(await program.exit).toBe(0);
  });

  it("leaves no process behind when the first one is killed", async () => {
    const { program } = await startRelay();
    expect(await childrenOf(program)).toHaveLength(2);
    program.kill("SIGKILL");
    // Its output ends when the last process that has it is gone.
    await program.exit;
    expect(program.stderr.match(/"event":"primary_gone"/g)).toHaveLength(2);
  });

  it("does not start where it cannot, and says why once", async () => {
    const [port = 0] = await freePorts(1);
    const holder = start(["relay", "--json", "--host", "127.0.0.1", "--port", String(port)]);
    await holder.event("listening");
    const flags = ["--host", "127.0.0.1", "--workers", "2", "--redis", redis.url];
    const taken = await run(["relay", "--json", ...flags, "--port", String(port)]);
    expect(taken.status).toBe(2);
    expect(taken.events).toMatchObject([
      {
        event: "error",
        code: "usage",
        message: expect.stringContaining("another program listens there") as unknown,
      },
    ]);
    const metrics = await run(["relay", ...flags, "--port", "0", "--metrics-port", String(port)]);
    expect([metrics.status, metrics.stderr]).toEqual([
      2,
      expect.stringContaining("another program listens there"),
    ]);
    const missing = await run(["relay", ...flags, "--port", "0", "--mmdb", "/nowhere"]);
    expect(missing.status).toBe(2);
    expect(missing.stderr.match(/^fxa-pair: mmdb: \/nowhere does not exist\.$/gm)).toHaveLength(1);
    holder.kill();
    await holder.exit;
  });
});
