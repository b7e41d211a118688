/** The ids of channels that have ended, for a while: who comes late is told 410, "it was here", instead of 404. */
import type { Ending } from "./endings.ts";

/** Milliseconds an id is remembered: two lifespans, after which no honest client still holds it. */
export const REMEMBERED_FOR = 600_000;

/** Ids remembered at most, oldest forgotten first: about half a megabyte. */
export const REMEMBERED_IDS = 4_096;

export class EndedIds {
  /** In the order of their ends, as a Map keeps the order of insertion. */
  readonly #endings = new Map<string, { readonly ending: Ending; readonly at: number }>();

  get size(): number {
    return this.#endings.size;
  }

  /** Remembers that a channel has ended, at the cost of the oldest if there are too many. */
  add(id: string, ending: Ending, now: number): void {
    this.#endings.set(id, { ending, at: now });
    if (this.#endings.size <= REMEMBERED_IDS) return;
    for (const oldest of this.#endings.keys()) {
      this.#endings.delete(oldest);
      break;
    }
  }

  /** How the channel ended; `undefined` if that is not remembered. */
  endingOf(id: string): Ending | undefined {
    return this.#endings.get(id)?.ending;
  }

  /** Forgets what has been remembered long enough. */
  forget(now: number): void {
    for (const [id, { at }] of this.#endings) {
      if (now - at < REMEMBERED_FOR) break;
      this.#endings.delete(id);
    }
  }
}
