/** A promise that is settled from outside, by the first who does. */
export class Settled<T> {
  #resolve: (value: T) => void = () => undefined;
  readonly promise = new Promise<T>((resolve) => {
    this.#resolve = resolve;
  });

  settle(value: T): void {
    this.#resolve(value);
  }
}
