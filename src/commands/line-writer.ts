/**
 * Lines to a descriptor, many in one piece: a busy writer is not held up, neither by the system nor by a reader that
 * does not read. The descriptor must not block, which those of pipes and sockets do not once the program has used them
 * as a stream.
 */
import { writeSync } from "node:fs";
import type { CancelTimer, Clock } from "../lib/clock.ts";

export interface LineWriterOptions {
  readonly clock: Clock;
  /** Called for each line that is lost. */
  onDrop(): void;
}

/** Bytes of a piece: as many as a pipe takes whole (POSIX `PIPE_BUF`), so that lines of several processes do not mix. */
const PIECE = 4_096;

/** Bytes that wait at most for a reader that does not read; after that, lines are lost rather than the program. */
const MAX_WAITING = 4 * 1024 * 1024;

/** Milliseconds that a line waits for others, and between two tries when nobody reads. */
const FLUSH_AFTER = 100;

/** How often a reader that does not read is tried at the end, {@link FLUSH_AFTER} apart. */
const LAST_TRIES = 20;

interface Piece {
  /** Bytes, once a part of it has been written. */
  text: string | Buffer;
  bytes: number;
  lines: number;
}

export class LineWriter {
  readonly #descriptor: number;
  readonly #options: LineWriterOptions;
  #pieces: Piece[] = [];
  #waiting = 0;
  #cancel: CancelTimer | undefined;

  constructor(descriptor: number, options: LineWriterOptions) {
    this.#descriptor = descriptor;
    this.#options = options;
  }

  /** Takes a line with its line end. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#waiting + bytes > MAX_WAITING) {
      this.#options.onDrop();
      return;
    }
    this.#waiting += bytes;
    const last = this.#pieces.at(-1);
    if (typeof last?.text === "string" && last.bytes + bytes <= PIECE) {
      last.text += line;
      last.bytes += bytes;
      last.lines += 1;
    } else {
      this.#pieces.push({ text: line, bytes, lines: 1 });
    }
    // With a second piece begun, the first is full; with more, nobody reads, and the timer tries again.
    if (this.#pieces.length === 2) this.#flush();
    this.#cancel ??= this.#flushLater();
  }

  /** Writes what waits; gives up on a reader that does not read for two seconds. */
  close(): void {
    this.#cancel?.();
    for (let tries = 1; !this.#flush() && tries < LAST_TRIES; tries++) pause(FLUSH_AFTER);
  }

  #flushLater(): CancelTimer {
    return this.#options.clock.after(FLUSH_AFTER, () => {
      this.#cancel = this.#flush() ? undefined : this.#flushLater();
    });
  }

  /** Writes as much as is taken now; whether that was everything. */
  #flush(): boolean {
    let piece;
    while ((piece = this.#pieces[0]) !== undefined) {
      const written = this.#write(piece);
      if (written === 0) return false;
      this.#waiting -= written;
      if (written === piece.bytes) this.#pieces.shift();
      else this.#pieces[0] = rest(piece, written);
    }
    return true;
  }

  /** Bytes that need no longer be written: nobody can be told why a line was lost. */
  #write({ text, bytes, lines }: Piece): number {
    try {
      return typeof text === "string" ? writeSync(this.#descriptor, text) : writeSync(this.#descriptor, text);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EAGAIN") return 0;
      for (let line = 0; line < lines; line++) this.#options.onDrop();
      return bytes;
    }
  }
}

/** What is left of a piece of which a file system took only a part. */
function rest(piece: Piece, written: number): Piece {
  const whole = typeof piece.text === "string" ? Buffer.from(piece.text) : piece.text;
  return { text: whole.subarray(written), bytes: piece.bytes - written, lines: piece.lines };
}

/** Holds everything up, as only the end of a process may. */
function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
