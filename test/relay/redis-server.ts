/** Real Redis servers on loopback, in a folder of their own, for tests: each is told ready by its own log. */
import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";

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

export class RedisServer {
  readonly port: number;
  readonly folder = mkdtempSync(join(tmpdir(), "fxa-pair-redis-"));
  readonly #options: readonly string[];
  readonly #ready: RegExp;
  #process: ChildProcess | undefined;

  private constructor(port: number, options: readonly string[], ready: RegExp) {
    this.port = port;
    this.#options = options;
    this.#ready = ready;
  }

  static async start(options: readonly string[] = [], port?: number): Promise<RedisServer> {
    const [free = 0] = port === undefined ? await freePorts(1) : [port];
    const server = new RedisServer(free, options, /Ready to accept connections/);
    await server.startAgain();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, empty, on the same port. */
  async startAgain(): Promise<void> {
    const standard = ["--port", String(this.port), "--bind", "127.0.0.1", "--save", "", "--dir", this.folder];
    const child = spawn("redis-server", [...standard, ...this.#options], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#process = child;
    started.add(this);
    const told: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      told.push(line);
      if (this.#ready.test(line)) break;
    }
    // Whatever it tells later must not fill the pipe.
    child.stdout.resume();
    if (child.exitCode !== null) throw new Error(`redis-server has ended:\n${told.join("\n")}`);
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
    await this.kill9();
    started.delete(this);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Runs commands, one a line, and returns what `redis-cli` prints. */
  cli(...args: readonly string[]): string {
    const { stdout, stderr, status } = spawnSync(
      "redis-cli",
      ["-h", "127.0.0.1", "-p", String(this.port), ...args],
      {
        encoding: "utf8",
      },
    );
    if (status !== 0) throw new Error(stdout + stderr);
    return stdout.trim();
  }
}
