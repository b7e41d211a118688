/**
 * Whole pairings over real sockets, each device behind a network of its own. Time passes only where something waits for
 * nothing but time: between two attempts to come back, and at the end, once the other device has gone.
 */
import { createCodeChannel, joinCodeChannel } from "../../src/channel/code-channel.ts";
import { createChannel, joinChannel } from "../../src/channel/pairing-channel.ts";
import type { ChannelOptions, PairingChannel } from "../../src/channel/pairing-channel.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { noProxy } from "../../src/network/proxies.ts";
import { runAuthority } from "../../src/pairing/run-authority.ts";
import { runSupplicant } from "../../src/pairing/run-supplicant.ts";
import { POLICY, REQUEST } from "../pairing/request-fixture.ts";
import { FakeClock } from "../relay/support.ts";
import { CuttingProxy } from "./cutting-proxy.ts";
import type { Cut, Direction } from "./cutting-proxy.ts";

const CODE = "0123456789abcdef".repeat(4);
const METADATA = { email: "a@b.example", avatar: null, displayName: null, deviceName: null };
const RESUME_PAUSE = 2000;
/** Real milliseconds after which a run is given up, for a test that fails instead of one that hangs. */
const STUCK = 20_000;

/** What the joiner is given: a pairing URL, or a code to type. */
export type Way = "url" | "code";
const WORDS = "tiger-abandon-zoo";

export type Side = "host" | "join";
export const SIDES: readonly Side[] = ["host", "join"];
export const DIRECTIONS: readonly Direction[] = ["up", "down"];

/** What became of a run. */
export interface Outcome {
  /** `complete`, or the error in words. */
  readonly ends: Readonly<Record<Side, string>>;
  /** How many codes were asked for, and redeemed. */
  readonly codes: readonly [asked: number, redeemed: number];
}

export const ALL_WELL: Outcome = { ends: { host: "complete", join: "complete" }, codes: [1, 1] };

/** A network for each device, for one run after another. */
export class Lane {
  readonly networks: Readonly<Record<Side, CuttingProxy>>;
  readonly #way: Way;

  /** @param nodes URLs of a relay's nodes. The devices begin at different ones, and come back to others. */
  static async open(nodes: readonly string[], way: Way = "url"): Promise<Lane> {
    const [host, join] = [CuttingProxy.start(...nodes), CuttingProxy.start(...nodes.toReversed())];
    return new Lane({ host: await host, join: await join }, way);
  }

  private constructor(networks: Record<Side, CuttingProxy>, way: Way) {
    this.networks = networks;
    this.#way = way;
  }

  close(): void {
    for (const side of SIDES) this.networks[side].close();
  }

  /** Runs a pairing with these cuts in the connections of one device. */
  async run(side: Side, cuts: readonly Cut[]): Promise<Outcome> {
    for (const each of SIDES) this.networks[each].reset(each === side ? cuts : []);
    const codes: [number, number] = [0, 0];
    const [host, join] = await this.#openBoth();
    const clocks = { host: new FakeClock(), join: new FakeClock() };
    const ports = { ask: async () => true, report: () => undefined, signal: new AbortController().signal };
    const authority = runAuthority({
      ...ports,
      channel: host,
      clock: clocks.host,
      policy: POLICY,
      metadata: METADATA,
      timeout: 900_000,
      clientName: async () => null,
      async authorize() {
        codes[0] += 1;
        return CODE;
      },
    });
    const supplicant = runSupplicant({
      ...ports,
      channel: join,
      clock: clocks.join,
      timeout: 300_000,
      request: REQUEST,
      async redeem(code) {
        codes[1] += code === CODE ? 1 : NaN;
      },
    });
    const [hostEnd, joinEnd] = await inTime(
      Promise.all([
        ending(authority).finally(() => void hurry(clocks.join, supplicant)),
        ending(supplicant).finally(() => void hurry(clocks.host, authority)),
      ]),
    );
    return { ends: { host: hostEnd, join: joinEnd }, codes };
  }

  async #openBoth(): Promise<[host: PairingChannel, join: PairingChannel]> {
    if (this.#way === "code") {
      const host = await createCodeChannel({ ...this.#options("host"), password: WORDS });
      const { nameplate } = host;
      return [host, await joinCodeChannel({ ...this.#options("join"), nameplate, password: WORDS })];
    }
    const host = await createChannel(this.#options("host"));
    const channelKey = new Uint8Array(host.key);
    return [host, await joinChannel({ ...this.#options("join"), channelId: host.id, channelKey })];
  }

  #options(side: Side): ChannelOptions {
    return {
      relayUrl: this.networks[side].url,
      clock: untroubledByPauses(),
      random: systemRandom,
      userAgent: "fxa-pair/0 (test)",
      proxyFor: noProxy,
    };
  }
}

/** A clock that stands still save for the pauses between attempts, which are over as soon as they begin. */
function untroubledByPauses(): FakeClock {
  const clock = new FakeClock();
  const pass = () => {
    void clock.waitedFor(RESUME_PAUSE).then(() => {
      clock.advance(RESUME_PAUSE);
      pass();
    });
  };
  pass();
  return clock;
}

/** Lets time pass for a device whose counterpart has gone: what it still waits for will not come. */
async function hurry(clock: FakeClock, running: Promise<unknown>): Promise<void> {
  const state = { running: true };
  const end = () => (state.running = false);
  running.then(end, end);
  while (state.running) {
    await new Promise(setImmediate);
    clock.advance(1000);
  }
}

function ending(running: Promise<unknown>): Promise<string> {
  return running.then(
    () => "complete",
    (error: unknown) => String(error),
  );
}

async function inTime(ends: Promise<[string, string]>): Promise<[string, string]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<[string, string]>((resolve) => {
    timer = setTimeout(resolve, STUCK, ["stuck", "stuck"]);
  });
  return Promise.race([ends, late]).finally(() => {
    clearTimeout(timer);
  });
}

/** Where frames end in what a connection carried, its opening handshake included, counted in bytes. */
export function boundaries(carried: Buffer): number[] {
  let end = carried.indexOf("\r\n\r\n") + 4;
  const ends = [end];
  while (end < carried.length) {
    const masked = ((carried[end + 1] ?? 0) & 0x80) !== 0;
    const short = (carried[end + 1] ?? 0) & 0x7f;
    const length = short < 126 ? short : carried.readUInt16BE(end + 2);
    end += 2 + (short < 126 ? 0 : 2) + (masked ? 4 : 0) + length;
    ends.push(end);
  }
  return ends;
}
