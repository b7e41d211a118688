/**
 * Which nodes are alive. Each renews a sign of life in the store; one whose sign stays the same at several looks in a row
 * is dead since it gave it. Counting looks instead of time, a node that has slept, or a store that was away for all,
 * makes nobody look dead.
 */

/** Signs of life in a heartbeat. */
const BEATS = 4;

/**
 * Looks at which a sign of life may be the same: with the first one, and with each look as late as the rhythm of whoever
 * calls makes it, less than two heartbeats.
 */
const MISSED_BEATS = 5;

interface Peer {
  /** Channels here in which it has a part. */
  channels: number;
  /** Its latest sign of life, in the store's time. */
  sign: number | undefined;
  missed: number;
}

export interface DeadNode {
  readonly node: string;
  /** Its last sign of life, in the store's time; 0 if it is not remembered. */
  readonly since: number;
}

export class Liveness {
  readonly #interval: number;
  readonly #peers = new Map<string, Peer>();
  #next = -Infinity;
  #asking = false;

  /** `heartbeat`: milliseconds; a dead node is noticed within two of them. */
  constructor(heartbeat: number) {
    this.#interval = heartbeat / BEATS;
  }

  /** The nodes that are watched. */
  get peers(): string[] {
    return [...this.#peers.keys()];
  }

  /** A channel here has to do with that node; as often {@link unwatch} follows. */
  watch(node: string): void {
    const peer = this.#peers.get(node);
    if (peer === undefined) this.#peers.set(node, { channels: 1, sign: undefined, missed: 0 });
    else peer.channels++;
  }

  unwatch(node: string): void {
    const peer = this.#peers.get(node);
    if (peer !== undefined && --peer.channels === 0) this.#peers.delete(node);
  }

  /** Whether it is time to {@link beat}. */
  isDue(now: number): boolean {
    return !this.#asking && now >= this.#next;
  }

  /**
   * Gives a sign of life through `ask`, which is told the peers and answers their latest signs. Returns the nodes that
   * are dead; rejects if there is no answer.
   */
  async beat(
    now: number,
    ask: (peers: readonly string[]) => Promise<readonly (number | undefined)[]>,
  ): Promise<DeadNode[]> {
    this.#asking = true;
    this.#next = now + this.#interval;
    const peers = this.peers;
    try {
      const signs = await ask(peers);
      return peers.flatMap((node, index) => this.#look(node, signs[index]) ?? []);
    } finally {
      this.#asking = false;
    }
  }

  #look(node: string, sign: number | undefined): DeadNode | undefined {
    const peer = this.#peers.get(node);
    if (peer === undefined) return undefined;
    if (sign !== peer.sign) {
      peer.sign = sign;
      // Not to be known at all is no news.
      peer.missed = sign === undefined ? peer.missed + 1 : 0;
      return undefined;
    }
    if (++peer.missed < MISSED_BEATS) return undefined;
    // Told again after as long, should that have come to nothing.
    peer.missed = 0;
    return { node, since: sign ?? 0 };
  }
}
