/** Returns that many fresh random bytes. Injected, so that tests can fix it; the system's generator otherwise. */
export type RandomSource = (length: number) => Uint8Array;

/** The system's cryptographic generator. */
export const systemRandom: RandomSource = (length) =>
  globalThis.crypto.getRandomValues(new Uint8Array(length));
