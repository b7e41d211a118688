/** Real Redis servers on loopback, in a folder of their own, for tests: each is told ready by its own log. */
import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { on, once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { AddressInfo, Server, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { SLOTS } from "../../src/relay/redis/keys.ts";

const HAS_REDIS = spawnSync("redis-server", ["--version"]).status === 0;

/** Tests that need a redis-server. Without one they are skipped, which is said; in CI that is a failure. */
export function describeWithRedis(name: string, tests: () => void): void {
  if (HAS_REDIS) {
    describe(name, tests);
    return;
  }
  describe.skip(name, tests);
  if (process.env.CI) it(`${name}: redis-server is missing`, () => expect.fail("CI installs redis-server."));
  else console.warn(`${name}: skipped, as there is no redis-server on the PATH.`);
}

const started = new Set<RedisServer>();
process.once("exit", () => {
  for (const server of started) server.kill();
});

/** Ports nobody listens on just now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

/** Starts something on a free port, on another one if somebody else has just taken that. */
export async function onFreePort<T>(action: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    const [port = 0] = await freePorts(1);
    try {
      return await action(port);
    } catch (error) {
      if (attempt === 4) throw error;
    }
  }
}

export class RedisServer {
  readonly port: number;
  readonly folder = mkdtempSync(join(tmpdir(), "fxa-pair-redis-"));
  readonly #options: readonly string[];
  readonly #log: string[] = [];
  #process: ChildProcess | undefined;
  #control: Socket | undefined;
  readonly #watching: Socket[] = [];
  #waiting: { pattern: RegExp; resolve: () => void }[] = [];

  private constructor(port: number, options: readonly string[]) {
    this.port = port;
    this.#options = options;
  }

  /** Starts one with more options, in the form of the command line. */
  static start(options: readonly string[] = []): Promise<RedisServer> {
    return onFreePort(async (port) => {
      const server = new RedisServer(port, options);
      await server.startAgain();
      return server;
    });
  }

  /** Starts a sentinel that watches a master by the name "relay". */
  static sentinel(master: RedisServer): Promise<RedisServer> {
    return onFreePort(async (port) => {
      const server = new RedisServer(port, []);
      const lines = [
        `sentinel monitor relay 127.0.0.1 ${master.port} 1`,
        "sentinel down-after-milliseconds relay 500",
        "sentinel failover-timeout relay 2000",
      ];
      const file = join(server.folder, "sentinel.conf");
      writeFileSync(
        file,
        [`port ${port}`, "bind 127.0.0.1", `dir ${server.folder}`, ...lines, ""].join("\n"),
      );
      await server.#run([file, "--sentinel"], /\+monitor master/);
      return server;
    });
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, empty, on the same port. */
  startAgain(): Promise<void> {
    const standard = ["--port", String(this.port), "--bind", "127.0.0.1", "--save", "", "--dir", this.folder];
    return this.#run([...standard, ...this.#options], /Ready to accept connections/);
  }

  /** Resolves as soon as its log has a line like that, which may be there already. */
  logs(pattern: RegExp): Promise<void> {
    if (this.#log.some((line) => pattern.test(line))) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ pattern, resolve }));
  }

  async #run(args: readonly string[], ready: RegExp): Promise<void> {
    const child = spawn("redis-server", args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#process = child;
    started.add(this);
    this.#log.length = 0;
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.#log.push(line);
      for (const { pattern, resolve } of this.#waiting) if (pattern.test(line)) resolve();
      this.#waiting = this.#waiting.filter(({ pattern }) => !pattern.test(line));
    });
    const ended = once(child, "exit").then(() => {
      throw new Error(`redis-server has ended:\n${this.#log.join("\n")}`);
    });
    ended.catch(() => undefined);
    await Promise.race([this.logs(ready), ended]);
  }

  /** Stops it in its tracks, as `kill -9` does. */
  async kill9(): Promise<void> {
    const child = this.#process;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  /** It answers nothing until {@link goOn}, and keeps its connections. */
  pause(): void {
    this.#process?.kill("SIGSTOP");
  }

  goOn(): void {
    this.#process?.kill("SIGCONT");
  }

  /** For the end of this process. */
  kill(): void {
    this.#process?.kill("SIGKILL");
  }

  async stop(): Promise<void> {
    for (const socket of [this.#control, ...this.#watching]) socket?.destroy();
    await this.kill9();
    started.delete(this);
    await rm(this.folder, { recursive: true, force: true, maxRetries: 20 });
  }

  /** Deletes everything in it. */
  async empty(): Promise<void> {
    this.#control ??= await RedisServer.#connect(this.port);
    const answered = once(this.#control, "data");
    this.#control.write("FLUSHALL\r\n");
    await answered;
  }

  /** What is published under a name from now on, in the protocol's own form. */
  async publications(name: string): Promise<{ next(): Promise<string> }> {
    const socket = await RedisServer.#connect(this.port);
    const texts = on(socket.setEncoding("utf8"), "data");
    const next = async (): Promise<string> => String(((await texts.next()).value as string[])[0]);
    socket.write(`SSUBSCRIBE ${name}\r\n`);
    await next();
    this.#watching.push(socket);
    return { next };
  }

  static async #connect(port: number): Promise<Socket> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    // It may be killed, or kill the connection.
    socket.on("error", () => undefined);
    return socket;
  }

  /** Runs commands, one a line, and returns what `redis-cli` prints. */
  cli(...args: readonly string[]): string {
    const { stdout, stderr, status } = spawnSync(
      "redis-cli",
      ["-e", "-h", "127.0.0.1", "-p", String(this.port), ...args],
      {
        encoding: "utf8",
      },
    );
    if (status !== 0) throw new Error(stdout + stderr);
    return stdout.trim();
  }
}

/** Starts primaries that share the slots of a cluster, without replicas. */
export async function startCluster(count = 3): Promise<RedisServer[]> {
  const busPorts = await freePorts(count);
  const servers = await Promise.all(
    busPorts.map((port) => RedisServer.start(["--cluster-enabled", "yes", "--cluster-port", String(port)])),
  );
  const share = Math.ceil(SLOTS / count);
  for (const [index, server] of servers.entries()) {
    const last = Math.min((index + 1) * share, SLOTS) - 1;
    server.cli("CLUSTER", "ADDSLOTSRANGE", String(index * share), String(last));
    server.cli("CLUSTER", "SET-CONFIG-EPOCH", String(index + 1));
    for (const [other, { port }] of servers.entries()) {
      if (other < index) server.cli("CLUSTER", "MEET", "127.0.0.1", String(port), String(busPorts[other]));
    }
  }
  await Promise.all(servers.map((server) => server.logs(/Cluster state changed: ok/)));
  return servers;
}

/** The address of a cluster. */
export function clusterUrl(servers: readonly RedisServer[]): string {
  return `redis+cluster://${servers.map(({ port }) => `127.0.0.1:${port}`).join(",")}`;
}

/** A way to a server that can swallow its answers, and be cut. */
export class ServerProxy {
  port = 0;
  /** Whether what the server says gets lost. */
  mute = false;
  /** How often the server is let answer on a new connection. */
  fallSilentAfter = Infinity;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: RedisServer) {
    this.#server = createServer((near) => {
      const far = connect(target.port, "127.0.0.1");
      let answers = 0;
      near.pipe(far);
      far.on("data", (chunk) => {
        if (!this.mute && ++answers <= this.fallSilentAfter) near.write(chunk);
      });
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(socket);
        socket
          .on("error", () => undefined)
          .on("close", () => {
            this.#sockets.delete(socket);
            other.destroy();
          });
      }
    });
  }

  static async start(target: RedisServer): Promise<ServerProxy> {
    const proxy = new ServerProxy(target);
    await once(proxy.#server.listen(0, "127.0.0.1"), "listening");
    proxy.port = (proxy.#server.address() as AddressInfo).port;
    return proxy;
  }

  /** Cuts every connection; new ones are let through. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  stop(): void {
    this.#server.close();
    this.cut();
  }
}
