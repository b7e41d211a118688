/**
 * The real program in a real pseudo-terminal, by way of `script` from util-linux: keys go through the kernel's line
 * discipline, and what is seen is what a terminal would be sent, echo included.
 */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { dirname } from "node:path";
import type { Readable, Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { environmentFor, PROGRAM } from "./harness.ts";

export const CTRL_C = "\u0003";
export const CTRL_D = "\u0004";
export const ENTER = "\r";

/** Longer than the first moment of a question, in which no key counts. */
const ANSWER_AFTER_MS = 400;
const ANSWER_AGAIN_MS = 1500;

/** Whether terminals can be had here. In CI on Linux they must: there, tests fail instead of being skipped. */
export const HAS_TERMINALS =
  process.platform === "linux" &&
  (process.env.CI === "true" || spawnSync("script", ["--version"]).status === 0);
export const WHY_NOT = "needs the script command of util-linux";

export interface TerminalOptions {
  readonly env?: Record<string, string>;
  readonly columns?: number;
  readonly rows?: number;
  readonly folder?: string;
  /** A shell command to run in place of the program; `fxa-pair` in it is the program. */
  readonly command?: string;
}

const open = new Set<Terminal>();

/** A terminal with a program in it. */
export class Terminal {
  /** The program's exit status, once everything in the terminal has ended. */
  readonly exit: Promise<number>;
  /** All that the terminal was sent, control sequences included. */
  output = "";
  readonly #script: ChildProcess;
  readonly #keyboard: Writable;
  readonly #waiters = new Set<() => void>();
  #facts = "";
  #ended = false;

  constructor(args: readonly string[], options: TerminalOptions = {}) {
    const { columns = 100, rows = 60, command = ["fxa-pair", ...args.map(quoted)].join(" ") } = options;
    const session = [
      `stty rows ${rows} cols ${columns}; echo $$ >&3; stty -a >&3`,
      "trap : INT HUP TERM", // the shell outlives what ends the program, to tell how it ended
      `{ ${command}\n} 3>&-; status=$?`,
      'echo "---" >&3; stty -a >&3 2>/dev/null; echo "--- $status" >&3',
    ].join("\n");
    const PATH = `${dirname(PROGRAM)}:${process.env.PATH ?? ""}`;
    this.#script = spawn("script", ["-q", "-e", "-f", "-E", "always", "-c", session, "/dev/null"], {
      cwd: options.folder,
      // What is tested here is the protocol and its words; screens have tests of their own.
      env: {
        ...environmentFor({ FXA_PAIR_ACCESSIBLE: "1", ...options.env }),
        PATH,
        SHELL: "/bin/sh",
        TERM: "xterm-256color",
      },
      stdio: ["pipe", "pipe", "inherit", "pipe"],
    });
    open.add(this);
    const [keyboard, screen, , facts] = this.#script.stdio as unknown as [Writable, Readable, null, Readable];
    this.#keyboard = keyboard;
    keyboard.on("error", () => undefined);
    screen.setEncoding("utf8").on("data", (text: string) => {
      this.output += text;
      this.#wake();
    });
    facts.setEncoding("utf8").on("data", (text: string) => {
      this.#facts += text;
    });
    this.exit = Promise.all([ended(screen), ended(facts)]).then(() => {
      this.#ended = true;
      open.delete(this);
      this.#wake();
      return Number(/--- (\d+)\n$/.exec(this.#facts)?.[1] ?? NaN);
    });
  }

  /** What can be read on the screen and above it. */
  get text(): string {
    return stripVTControlCharacters(this.output).replaceAll("\r", "");
  }

  /** The terminal's settings before and after the program, as `stty -a` prints them. */
  get settings(): { before: string; after: string } {
    const [before = "", after = ""] = this.#facts.replace(/^\d+\n/, "").split(/^---.*\n/m);
    return { before, after };
  }

  /** Resolves once the text matches. */
  async shows(pattern: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const found = this.text.match(pattern);
      if (found !== null) return found;
      if (this.#ended) throw new Error(`the terminal ended without ${String(pattern)}:\n${this.text}`);
      await new Promise<void>((resolve) => {
        this.#waiters.add(resolve);
      });
    }
  }

  type(keys: string): void {
    this.#keyboard.write(keys);
  }

  /** Answers a yes/no question by one key, once it is there and keys count. */
  async answer(question: RegExp, key: string): Promise<void> {
    const asked = `${question.source}.*\\[y/N\\] `;
    await this.#press(asked, `${asked}[^]*^(?:yes|no)$|${asked}\\S*(?:yes|no)$`, key);
  }

  /** As {@link answer}, where the choice is between a fresh code and none. */
  async chooseCode(key: "r" | "q"): Promise<void> {
    const asked = "Try again with a fresh code\\? \\(r: a fresh code, t: [^,]*, q: quit\\) ";
    await this.#press(asked, `${asked}${key}$`, key);
  }

  /** Leaves a pairing that is done as it is, where a host offers to undo it; resolves to the exit status. */
  async done(): Promise<number> {
    await this.shows(/ is signed in\. \(u: .*, Enter: done\) /);
    const again = setInterval(() => {
      this.type(ENTER);
    }, ANSWER_AFTER_MS);
    return this.exit.finally(() => {
      clearInterval(again);
    });
  }

  /** Types a line when it is asked for. */
  async fill(label: RegExp, line: string): Promise<void> {
    await this.shows(label);
    // Enter alone is at first taken for the end of the answer before it.
    if (line === "") await new Promise((resolve) => setTimeout(resolve, ANSWER_AFTER_MS));
    this.type(line + ENTER);
  }

  /** Closes the terminal, as closing its window does: the shell there tells its jobs. */
  hangUp(): void {
    this.#script.kill("SIGKILL");
    const shell = Number(/^\d+/.exec(this.#facts)?.[0]);
    if (shell > 1) process.kill(-shell, "SIGHUP");
  }

  async #press(asked: string, answer: string, key: string): Promise<void> {
    await this.shows(new RegExp(asked));
    const answered = this.shows(new RegExp(answer, "m"));
    const press = () => {
      this.type(key);
    };
    const first = setTimeout(press, ANSWER_AFTER_MS);
    // Where the program got no time to run, the key came too soon all the same.
    const again = setInterval(press, ANSWER_AGAIN_MS);
    await answered.finally(() => {
      clearTimeout(first);
      clearInterval(again);
    });
  }

  #wake(): void {
    for (const resolve of this.#waiters) resolve();
    this.#waiters.clear();
  }
}

/** For afterAll, before the folders are removed. */
export async function closeTerminals(): Promise<void> {
  await Promise.all(
    [...open].map(async (terminal) => {
      terminal.hangUp();
      await terminal.exit;
    }),
  );
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function ended(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    stream.on("close", resolve);
  });
}
