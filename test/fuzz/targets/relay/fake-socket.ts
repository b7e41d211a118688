/** A connection that exists in this program only: what arrives on it is said, what is written to it is kept. */
import { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import { check } from "../../engine/target.ts";

export class FakeSocket extends EventEmitter {
  readonly written: Buffer[] = [];
  /** Bytes that the other end has not taken. */
  writableLength = 0;
  isEnded = false;
  isDestroyed = false;

  /** As what the program takes it for: it calls nothing that is not here. */
  asDuplex(): Duplex {
    return this as unknown as Duplex;
  }

  arrive(bytes: Uint8Array): void {
    // What arrives is the program's own to change.
    if (!this.isDestroyed) this.emit("data", Buffer.from(bytes));
  }

  /** The other end sends no more. */
  halfClose(): void {
    if (!this.isDestroyed) this.emit("end");
  }

  write(bytes: Buffer | string): boolean {
    check(!this.isEnded, "something is written after the end");
    this.written.push(Buffer.from(bytes));
    return true;
  }

  end(): void {
    this.isEnded = true;
  }

  destroy(): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    this.emit("close");
  }
}
