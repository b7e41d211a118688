/** tmux's control mode: commands and their answers as lines, and word of everything that a pane is sent. */
import type { ChildProcessWithoutNullStreams } from "node:child_process";

interface Asked {
  readonly command: string;
  resolve(answer: string): void;
  reject(error: Error): void;
}

export class TmuxClient {
  /** Resolves when tmux has ended. */
  readonly closed: Promise<void>;
  ended = false;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #asked: Asked[] = [];
  readonly #output: Buffer[] = [];
  readonly #waiters = new Set<() => void>();
  #rest = "";
  /** The lines of the answer that is coming in. */
  #answer: string[] | undefined;

  /** @param child a tmux that was started with `-C` and a command, whose answer comes first */
  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    const ignore = () => undefined;
    this.#asked.push({ command: "", resolve: ignore, reject: ignore });
    child.stdin.on("error", ignore);
    child.stdout.setEncoding("latin1").on("data", (text: string) => {
      const lines = (this.#rest + text).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) this.#take(line);
    });
    this.closed = new Promise((resolve) => {
      child.on("close", () => {
        this.ended = true;
        for (const { command, reject } of this.#asked.splice(0)) reject(new Error(`tmux ended: ${command}`));
        this.wake();
        resolve();
      });
    });
  }

  /** What the pane was sent, as text. */
  get output(): string {
    return Buffer.concat(this.#output).toString("utf8");
  }

  /** Runs one command of tmux; resolves with what it prints. */
  send(command: string): Promise<string> {
    if (this.ended) return Promise.reject(new Error(`tmux has ended: ${command}`));
    return new Promise((resolve, reject) => {
      this.#asked.push({ command, resolve, reject });
      this.#child.stdin.write(`${command}\n`);
    });
  }

  /** Resolves when something has been written to the pane, or tmux has ended. */
  nextChange(): Promise<void> {
    if (this.ended) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.add(resolve);
    });
  }

  kill(): void {
    if (!this.ended) this.#child.stdin.write("kill-server\n");
  }

  #take(line: string): void {
    if (this.#answer !== undefined) {
      if (!/^%(?:end|error) \d+ \d+ \d+$/.test(line)) {
        this.#answer.push(line);
        return;
      }
      const answer = Buffer.from(this.#answer.join("\n"), "latin1").toString("utf8");
      this.#answer = undefined;
      const asked = this.#asked.shift();
      if (line.startsWith("%end")) asked?.resolve(answer);
      else asked?.reject(new Error(`tmux refused ${asked.command}: ${answer}`));
      return;
    }
    if (/^%begin \d+ \d+ \d+$/.test(line)) this.#answer = [];
    const [, written] = /^%output %\d+ (.*)$/.exec(line) ?? [];
    if (written === undefined) return;
    const bytes = written.replaceAll(/\\([0-7]{3})/g, (_all, octal: string) =>
      String.fromCharCode(parseInt(octal, 8)),
    );
    this.#output.push(Buffer.from(bytes, "latin1"));
    this.wake();
  }

  /** Lets those look again who wait for a change. */
  wake(): void {
    for (const resolve of this.#waiters) resolve();
    this.#waiters.clear();
  }
}
