/** The input that is being tried, in memory that the watchdog sees, too. */
import { Worker } from "node:worker_threads";

const HEADER_BYTES = 8;

export class CurrentInput {
  readonly #header: Int32Array;
  readonly #bytes: Uint8Array;

  /** Starts the watchdog. `patience`: milliseconds of computing that one input may take. */
  constructor(maxLength: number, patience: number) {
    const memory = new SharedArrayBuffer(HEADER_BYTES + maxLength);
    this.#header = new Int32Array(memory, 0, 2);
    this.#bytes = new Uint8Array(memory, HEADER_BYTES);
    new Worker(new URL("watchdog.mjs", import.meta.url), {
      workerData: { memory, patience },
      execArgv: [],
    }).unref();
  }

  set(input: Uint8Array): void {
    this.#bytes.set(input);
    this.#header[1] = input.length;
    this.#header[0] = (this.#header[0] ?? 0) + 1;
  }

  get(): Uint8Array {
    return this.#bytes.slice(0, this.#header[1]);
  }
}
