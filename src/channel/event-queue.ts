/** Events pushed by one side, iterated by one consumer on the other. Unbounded: whoever pushes sets the limits. */
export class EventQueue<T> implements AsyncIterable<T> {
  readonly #events: T[] = [];
  #wake: () => void = () => undefined;
  #ended = false;

  push(event: T): void {
    if (this.#ended) return;
    this.#events.push(event);
    this.#wake();
  }

  /** What was pushed before is still delivered. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) yield event;
      else if (this.#ended) return;
      else await this.#pushed();
    }
  }

  #pushed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
