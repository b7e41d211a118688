/** A connection to a real HTTP server that exists in this program only: what it writes is kept. */
import { Duplex } from "node:stream";

export class Wire extends Duplex {
  readonly #written: Buffer[] = [];
  readonly remoteAddress: string | undefined;

  constructor(remoteAddress: string | undefined) {
    super();
    this.remoteAddress = remoteAddress;
  }

  /** Everything that was sent to the client. */
  get answers(): Buffer {
    return Buffer.concat(this.#written);
  }

  get isLetGo(): boolean {
    return this.writableEnded || this.destroyed;
  }

  override _read(): void {
    // It arrives by `push`.
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: () => void): void {
    this.#written.push(typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk);
    done();
  }
}
