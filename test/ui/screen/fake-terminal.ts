/** A terminal that a test looks at: what is on its alternate screen, what went to its main one, and keys for it. */
import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import type { InputStream, OutputStream, Streams } from "../../../src/ui/streams.ts";

class Keyboard extends PassThrough implements InputStream {
  readonly isTTY = true;
  raw = false;

  setRawMode(raw: boolean): void {
    this.raw = raw;
  }
}

class Display extends PassThrough implements OutputStream {
  readonly isTTY = true;
  columns = 80;
  rows = 24;
}

const ENTER = "\u001b[?1049h";
const LEAVE = "\u001b[?1049l";

export class FakeTerminal {
  readonly keyboard = new Keyboard();
  readonly display = new Display();
  readonly streams: Streams = {
    stdin: this.keyboard,
    stdout: new PassThrough(),
    stderr: this.display,
  };
  output = "";

  constructor({ columns = 80, rows = 24 } = {}) {
    this.resize(columns, rows);
    this.display.on("data", (chunk: Buffer) => {
      this.output += chunk.toString();
    });
  }

  get alternate(): boolean {
    return this.output.lastIndexOf(ENTER) > this.output.lastIndexOf(LEAVE);
  }

  /** The alternate screen's text, while it is on. */
  get screen(): string {
    const rows: string[] = [];
    const drawn = this.output.slice(this.output.lastIndexOf(ENTER));
    const [, ...pieces] = drawn.slice(drawn.lastIndexOf("\u001b[2J")).split("\u001b[");
    let row = 0;
    for (const piece of pieces) {
      const at = /^(\d+);1H/.exec(piece);
      if (at !== null) {
        row = Number(at[1]) - 1;
        rows[row] = "";
      } else rows[row] = `${rows[row] ?? ""}\u001b[${piece}`;
    }
    return Array.from(rows, (text?: string) => stripVTControlCharacters(text ?? "").trimEnd()).join("\n");
  }

  /** What is to be read on the main screen and above it. */
  get main(): string {
    // eslint-disable-next-line no-control-regex
    return stripVTControlCharacters(this.output.replaceAll(/\u001b\[\?1049h[^]*?\u001b\[\?1049l/g, ""));
  }

  type(keys: string): void {
    this.keyboard.write(keys);
  }

  resize(columns: number, rows: number): void {
    Object.assign(this.display, { columns, rows });
    this.display.emit("resize");
  }
}

/** Lets everything happen that does not wait for time. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
}
