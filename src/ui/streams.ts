/**
 * The process's own streams and the facts about them, in one object that tests can replace. Besides `main.ts` the only
 * module that touches `process`.
 */
import type { Readable, Writable } from "node:stream";

export interface InputStream extends Readable {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
}

export interface OutputStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  /** The file descriptor, if it is one. */
  readonly fd?: number;
}

export interface Streams {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** Getters, because merely touching `process.stdin` opens it. */
export const systemStreams: Streams = {
  get stdin() {
    return process.stdin;
  },
  get stdout() {
    return process.stdout;
  },
  get stderr() {
    return process.stderr;
  },
};

/** Whether a question can be asked: keys can be read from stdin and the question be seen on stderr. */
export function canAsk(streams: Streams): boolean {
  return streams.stderr.isTTY === true && streams.stdin.isTTY === true;
}
