/** Small things that every scenario needs. */

/** Fails a scenario, saying what was found instead. */
export function expect(condition, otherwise) {
  if (!condition) throw new Error(otherwise);
}

export const started = () => performance.now();
export const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`;
export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
