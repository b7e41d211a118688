/**
 * Deadlines of very many things with one timer for all: things due within the same slot of time share a set, and
 * nobody looks at the others. A thing has at most one deadline; setting it again moves it.
 */

/** Length of a slot, in milliseconds: how much later than its deadline a thing may be taken. */
export const SLOT = 250;

/** `wheelSlot` of a thing that waits for nothing. */
export const UNSCHEDULED = -1;

/** A thing that can wait in a wheel; the number is the wheel's own note on it. */
export interface Scheduled {
  wheelSlot: number;
}

export class DeadlineWheel<T extends Scheduled> {
  readonly #slots = new Map<number, Set<T>>();
  /** The last slot already taken. */
  #taken = -1;
  #size = 0;

  /** How many things wait. */
  get size(): number {
    return this.#size;
  }

  /** Waits until `at` (milliseconds of the caller's clock); `Infinity` means for ever, which is not waiting at all. */
  schedule(thing: T, at: number): void {
    this.cancel(thing);
    if (at === Infinity) return;
    // A deadline that has passed goes into the next slot to be taken.
    const slot = Math.max(Math.ceil(at / SLOT), this.#taken + 1);
    const things = this.#slots.get(slot);
    if (things === undefined) this.#slots.set(slot, new Set([thing]));
    else things.add(thing);
    thing.wheelSlot = slot;
    this.#size++;
  }

  /** Lets a thing wait no longer. Harmless if it does not wait. */
  cancel(thing: T): void {
    if (thing.wheelSlot === UNSCHEDULED) return;
    const things = this.#slots.get(thing.wheelSlot);
    if (things?.delete(thing) === true) this.#size--;
    if (things?.size === 0) this.#slots.delete(thing.wheelSlot);
    thing.wheelSlot = UNSCHEDULED;
  }

  /** Takes out everything whose deadline is not after `now`, earlier slots first. */
  take(now: number): T[] {
    const last = Math.floor(now / SLOT);
    const due: T[] = [];
    for (const slot of this.#dueSlots(last)) {
      for (const thing of this.#slots.get(slot) ?? []) {
        thing.wheelSlot = UNSCHEDULED;
        due.push(thing);
      }
      this.#slots.delete(slot);
    }
    this.#taken = Math.max(this.#taken, last);
    this.#size -= due.length;
    return due;
  }

  /** After a long pause (a machine that slept) there are more slots of time than slots in use. */
  #dueSlots(last: number): number[] {
    if (last - this.#taken > this.#slots.size) {
      return [...this.#slots.keys()].filter((slot) => slot <= last).sort((a, b) => a - b);
    }
    const slots: number[] = [];
    for (let slot = this.#taken + 1; slot <= last; slot++) if (this.#slots.has(slot)) slots.push(slot);
    return slots;
  }
}
