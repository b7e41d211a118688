/** Very many pairings and half-open connections through one relay, and what is left of them in it. */
import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { RelayStats } from "../../src/relay/server.ts";

export interface Left {
  readonly stats: RelayStats;
  /** Objects on the heap that stand for connections. */
  readonly objects: readonly number[];
  /** Bytes on the heap, and those it answers for. */
  readonly held: number;
}

const IN_FLIGHT = 32;
const EXPIRED = 700_000;

/** Says what is left when the relay is warm, and again after everything. Half-open connections are of three kinds. */
export async function soak(pairings: number, halfOpen: number): Promise<{ before: Left; after: Left }> {
  const relay = new Child("soak-process.ts");
  const load = new Child("../../bench/relay/load.mjs");
  try {
    const { url } = (await relay.next()) as { url: string };
    const { hostname: host, port } = new URL(url);
    const target = { host, port: Number(port) };
    const run = async (pairs: number, halves: number): Promise<Left> => {
      for (let done = 0; done < pairs; done += 1_000) {
        const count = Math.min(1_000, pairs - done);
        await load.ask({ task: "pair", targets: [target], inFlight: IN_FLIGHT, count });
        await relay.ask({ advance: 500 });
      }
      await leaveHalfOpen(load, relay, target, Math.ceil(halves / 3));
      await relay.ask({ advance: EXPIRED });
      return (await relay.ask({ collect: true })) as Left;
    };
    const before = await run(1_000, 150);
    return { before, after: await run(pairings, halfOpen) };
  } finally {
    relay.end();
    load.end();
  }
}

/** Requests that never end, sockets that break without a word, and devices that fall silent; so many of each. */
async function leaveHalfOpen(load: Child, relay: Child, target: object, each: number): Promise<void> {
  await load.ask({ task: "beginRequests", target, total: each });
  await load.ask({ task: "hold", target, total: each, seats: 1 });
  await load.ask({ task: "release", abruptly: true, keepRequests: true });
  await load.ask({ task: "hold", target, total: each, seats: 1 });
  await load.ask({ task: "mute" });
  for (;;) {
    const { stats } = (await relay.ask({ advance: 20_000 })) as Pick<Left, "stats">;
    if (stats.connections === 0) break;
  }
  await load.ask({ task: "release", abruptly: true });
}

/** A process that answers each message with one. */
class Child {
  readonly #process: ChildProcess;

  constructor(name: string) {
    // Counting objects on the heap is an experimental function of Node's.
    const execArgv = [...process.execArgv, "--disable-warning=ExperimentalWarning"];
    this.#process = fork(fileURLToPath(new URL(name, import.meta.url)), { execArgv });
  }

  /** What it says next; it may not end before. */
  async next(): Promise<unknown> {
    const settled = new AbortController();
    const { signal } = settled;
    const ended = once(this.#process, "exit", { signal }).then(() => ({ error: "The process has ended." }));
    const told = once(this.#process, "message", { signal }).then(([message]) => message as object);
    const message = await Promise.race([told, ended]);
    settled.abort();
    for (const other of [told, ended]) other.catch(() => undefined);
    if ("error" in message) throw new Error(message.error);
    return message;
  }

  ask(message: object): Promise<unknown> {
    this.#process.send(message);
    return this.next();
  }

  end(): void {
    this.#process.kill("SIGKILL");
  }
}
