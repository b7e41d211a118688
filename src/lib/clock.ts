/** The only place that reads the time: every other module is handed a {@link Clock}. */

/** Cancels a timer; calling it twice is harmless. */
export type CancelTimer = () => void;

export interface Clock {
  /** Monotonic milliseconds from an arbitrary start: for durations and deadlines. */
  now(): number;
  /** Wall-clock milliseconds since 1970: only for what people or other machines read. */
  wallTime(): number;
  /** Calls `action` once after `milliseconds`. */
  after(milliseconds: number, action: () => void): CancelTimer;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  after(milliseconds, action) {
    const timer = setTimeout(action, milliseconds);
    return () => {
      clearTimeout(timer);
    };
  },
};
