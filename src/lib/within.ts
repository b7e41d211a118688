import type { CancelTimer, Clock } from "./clock.ts";

/**
 * What a promise gives, but after that many milliseconds of the clock what `whenLate` returns or throws. The promise is
 * not stopped by that; whatever becomes of it is ignored then.
 */
export function within<T>(
  clock: Clock,
  milliseconds: number,
  promise: Promise<T>,
  whenLate: () => T,
): Promise<T> {
  let cancel: CancelTimer = () => undefined;
  const late = new Promise<void>((resolve) => {
    cancel = clock.after(milliseconds, resolve);
  });
  return Promise.race([promise, late.then(whenLate)]).finally(cancel);
}
