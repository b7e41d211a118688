/** Nodes of a relay around a real Redis in real time, and the guests of its channels. */
import { encodeBase64url } from "../../src/lib/base64url.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import type { Admission, Message, Participant } from "../../src/relay/backplane.ts";
import { isRefusal } from "../../src/relay/backplane.ts";
import type { Ending } from "../../src/relay/endings.ts";
import { parseRedisAddress } from "../../src/relay/redis/address.ts";
import { RedisBackplane } from "../../src/relay/redis/backplane.ts";
import type { RegistryLimits } from "../../src/relay/registry.ts";
import { LIMITS } from "./contract/world.ts";
import { RecordingLog, RecordingObserver } from "./support.ts";

const SWEEP_INTERVAL = 50;

const fresh = (): string => encodeBase64url(systemRandom(16));

interface NodeOptions {
  limits?: Partial<RegistryLimits>;
  heartbeat?: number;
  /** Without it, time passes by itself and the node is swept. */
  clock?: Clock;
}

const running = new Set<TestNode>();

/** For `afterEach`. */
export async function stopNodes(): Promise<void> {
  await Promise.all([...running].map((node) => node.stop()));
}

export class TestNode {
  readonly observer = new RecordingObserver();
  readonly log = new RecordingLog();
  #backplane: RedisBackplane | undefined;
  #sweeping: NodeJS.Timeout | undefined;

  static async start(
    address: string,
    { limits, heartbeat = 5_000, clock }: NodeOptions = {},
  ): Promise<TestNode> {
    const node = new TestNode();
    node.#backplane = await RedisBackplane.start({
      address: parseRedisAddress(address),
      limits: { ...LIMITS, ...limits },
      ...{ heartbeat, observer: node.observer, log: node.log, random: systemRandom },
      ...(clock === undefined
        ? { clock: systemClock }
        : { clock, storeTime: () => Promise.resolve(clock.now()) }),
    });
    running.add(node);
    if (clock === undefined)
      node.#sweeping = setInterval(() => {
        node.backplane.sweep();
      }, SWEEP_INTERVAL);
    return node;
  }

  get backplane(): RedisBackplane {
    return this.#backplane!;
  }

  /** It gives no sign of life any more, and does nothing that time asks for. */
  freeze(): void {
    clearInterval(this.#sweeping);
  }

  async stop(): Promise<void> {
    this.freeze();
    running.delete(this);
    await this.backplane.close();
  }

  async open(): Promise<Guest> {
    return this.seat(
      await this.backplane.open({ id: fresh(), token: fresh(), address: "192.0.2.1", nameplate: false }),
    );
  }

  async join(id: string): Promise<Guest> {
    return this.seat(await this.backplane.join({ id, token: fresh(), address: "192.0.2.2" }));
  }

  async resume({ admission }: Guest, received?: number): Promise<Guest> {
    const { id, resume: presented = "" } = admission;
    return this.seat(
      await this.backplane.resume({ id, presented, token: fresh(), address: "192.0.2.3", received }),
    );
  }

  /** Seats whoever was admitted; throws if that was refused. */
  seat(answer: Awaited<ReturnType<RedisBackplane["open"]>>): Guest {
    if (isRefusal(answer)) throw new Error(answer.message);
    const guest = new Guest(this, answer);
    this.backplane.attach(answer, guest);
    return guest;
  }
}

/** One connection of a seat, and what it hears. */
export class Guest implements Participant {
  readonly heard: (string | Ending)[] = [];
  readonly admission: Admission;
  readonly #node: TestNode;
  #waiting: { count: number; resolve: () => void }[] = [];

  constructor(node: TestNode, admission: Admission) {
    this.#node = node;
    this.admission = admission;
  }

  get id(): string {
    return this.admission.id;
  }

  deliver({ text }: Message): void {
    this.#hear(text);
  }

  end(ending: Ending): void {
    this.#hear(ending);
  }

  says(...texts: readonly string[]): void {
    for (const text of texts) this.#node.backplane.relay(this.admission, { text, sender: "" }, text.length);
  }

  leaves(): void {
    this.#node.backplane.leave(this.admission);
  }

  endsAll(ending: Ending): void {
    this.#node.backplane.end(this.admission, ending);
  }

  isLost(): void {
    this.#node.backplane.lose(this.admission);
  }

  /** Resolves with everything heard as soon as that is so much. */
  async hears(count: number): Promise<readonly (string | Ending)[]> {
    if (this.heard.length < count) {
      await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }));
    }
    return this.heard;
  }

  #hear(what: string | Ending): void {
    this.heard.push(what);
    const ready = this.#waiting.filter(({ count }) => count <= this.heard.length);
    this.#waiting = this.#waiting.filter((waiting) => !ready.includes(waiting));
    for (const { resolve } of ready) resolve();
  }
}

/** Two guests of a channel, on a node each. */
export async function pair(here: TestNode, there: TestNode = here): Promise<[Guest, Guest]> {
  const first = await here.open();
  return [first, await there.join(first.id)];
}
