/**
 * The real program in tmux: a terminal that keeps what it was sent as a screen, with an alternate one and a scrollback, and
 * tells both. It is watched through tmux's control mode, so that nothing here waits for time to pass.
 */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { existsSync, readFileSync, watch, writeFileSync } from "node:fs";
import type { FSWatcher } from "node:fs";
import { dirname, join } from "node:path";
import { environmentFor, PROGRAM, temporaryFolder } from "./harness.ts";
import { CTRL_C, ENTER } from "./pty.ts";
import { TmuxClient } from "./tmux-client.ts";

export { CTRL_C, ENTER };

/** Whether tmux can be had here. In CI on Linux it must: there, tests fail instead of being skipped. */
export const HAS_TMUX =
  process.platform === "linux" && (process.env.CI === "true" || spawnSync("tmux", ["-V"]).status === 0);
export const WHY_NOT = "needs tmux";

export interface PaneOptions {
  readonly env?: Record<string, string>;
  readonly columns?: number;
  readonly rows?: number;
}

/** What tmux knows of a pane besides its text. */
export interface PaneFacts {
  readonly alternateScreen: boolean;
  readonly cursorVisible: boolean;
  readonly mouse: boolean;
  readonly title: string;
}

/** Longer than the first moment of a question, in which no key counts. */
const ANSWER_AFTER_MS = 400;
const ANSWER_AGAIN_MS = 1500;

const panes = new Set<Pane>();

/** A window of its own tmux server, with a program in it. */
export class Pane {
  readonly #client: TmuxClient;
  readonly #folder: string;
  readonly #status: Promise<number>;
  readonly #watcher: FSWatcher;
  #hasEnded = false;

  /** Starts `fxa-pair` with these arguments in a terminal of that size. */
  static async open(args: readonly string[], options: PaneOptions = {}): Promise<Pane> {
    const { columns = 80, rows = 24, env = {} } = options;
    const folder = temporaryFolder();
    const configuration = join(folder, "tmux.conf");
    writeFileSync(configuration, CONFIGURATION);
    const script = join(folder, "session.sh");
    writeFileSync(script, sessionScript(folder, args));
    const socket = join(folder, "socket");
    const PATH = `${dirname(PROGRAM)}:${process.env.PATH ?? ""}`;
    const arguments_ = [
      "-S",
      socket,
      "-f",
      configuration,
      "-C",
      "new-session",
      "-x",
      `${columns}`,
      "-y",
      `${rows}`,
    ];
    const child: ChildProcessWithoutNullStreams = spawn("tmux", [...arguments_, `sh ${script}`], {
      env: { ...environmentFor(env), PATH, SHELL: "/bin/sh", TERM: "xterm-256color", TMUX: undefined },
    });
    const client = new TmuxClient(child);
    const pane = new Pane(client, folder);
    panes.add(pane);
    await client.send(`resize-window -x ${columns} -y ${rows}`);
    writeFileSync(join(folder, "go"), "");
    await client.send("wait-for -S go");
    return pane;
  }

  private constructor(client: TmuxClient, folder: string) {
    this.#client = client;
    this.#folder = folder;
    // Also of a terminal that is gone, which can tell nothing any more.
    const watcher = watch(folder);
    this.#status = new Promise((resolve) => {
      watcher.on("change", () => {
        const status = this.#read("status");
        if (status === "") return;
        watcher.close();
        this.#hasEnded = true;
        client.wake();
        resolve(Number(status));
      });
    });
    this.#watcher = watcher;
  }

  /** All that the program has written so far, control sequences included. */
  get output(): string {
    return this.#client.output;
  }

  /** The terminal's settings before and after the program, as `stty -a` prints them, but for its size. */
  get settings(): { before: string; after: string } {
    const [before = "", after = ""] = ["before", "after"].map((name) =>
      this.#read(name).replace(/rows \d+; columns \d+/, ""),
    );
    return { before, after };
  }

  /** What can be seen now. */
  async screen(): Promise<string> {
    return this.#client.send("capture-pane -p");
  }

  /** What can be seen now, with the colours of each cell. */
  async colouredScreen(): Promise<string> {
    return this.#client.send("capture-pane -p -e -N");
  }

  /** Everything that somebody could still scroll to. */
  async scrollback(): Promise<string> {
    return this.#client.send("capture-pane -p -e -J -S - -E -");
  }

  /** Resolves with the screen once it matches. */
  async shows(pattern: RegExp): Promise<string> {
    for (;;) {
      const changed = this.#client.nextChange();
      const screen = await this.screen();
      if (pattern.test(screen)) return screen;
      if (this.#client.ended || this.#hasEnded)
        throw new Error(`the program ended without ${String(pattern)}:\n${screen}`);
      await changed;
    }
  }

  /** Answers by one key, once it is asked for and keys count, until what comes `next` is there or the program has ended. */
  async answer(question: RegExp, key: string, next?: RegExp): Promise<void> {
    await this.shows(question);
    const press = () => void this.#pressWhile(question, key).catch(() => undefined);
    const first = setTimeout(press, ANSWER_AFTER_MS);
    // Where the program got no time to run, the key came too soon all the same.
    const again = setInterval(press, ANSWER_AGAIN_MS);
    await (next === undefined ? this.#status : this.shows(next)).finally(() => {
      clearTimeout(first);
      clearInterval(again);
    });
  }

  /** What was asked before may be answered already: then the key would count for something else. */
  async #pressWhile(question: RegExp, key: string): Promise<void> {
    if (question.test(await this.screen())) await this.type(key);
  }

  /** Keys as a keyboard sends them; ASCII. */
  async type(keys: string): Promise<void> {
    const codes = Array.from(keys, (key) => key.charCodeAt(0).toString(16)).join(" ");
    await this.#client.send(`send-keys -H ${codes}`);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#client.send(`resize-window -x ${columns} -y ${rows}`);
  }

  async facts(): Promise<PaneFacts> {
    const format = "#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{pane_title}";
    const answer = await this.#client.send(`display-message -p "${format}"`);
    const [alternate, cursor, mouse, ...title] = answer.trimEnd().split(" ");
    return {
      alternateScreen: alternate === "1",
      cursorVisible: cursor === "1",
      mouse: mouse === "1",
      title: title.join(" "),
    };
  }

  /** Sends the program a signal, as somebody else might. */
  async signal(name: NodeJS.Signals): Promise<void> {
    const shell = (await this.#client.send('display-message -p "#{pane_pid}"')).trim();
    process.kill(youngest(Number(shell)), name);
  }

  /** What programs have copied to tmux's clipboard. */
  async clipboard(): Promise<string> {
    return this.#client.send('list-buffers -F "#{buffer_sample}"');
  }

  /** The program's exit status, once it has ended. The terminal stays open. */
  ended(): Promise<number> {
    return this.#status;
  }

  /** Closes the window, as its user would. The program may outlive it for a moment. */
  async close(): Promise<void> {
    await this.#client.send("kill-pane").catch(() => undefined);
    await this.#client.closed;
  }

  /** Ends everything that may still run. */
  async dispose(): Promise<void> {
    panes.delete(this);
    this.#watcher.close();
    this.#client.kill();
    await this.#client.closed;
  }

  #read(name: string): string {
    const path = join(this.#folder, name);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }
}

/** For afterAll, before the folders are removed. */
export async function closePanes(): Promise<void> {
  await Promise.all([...panes].map((pane) => pane.dispose()));
}

const CONFIGURATION = [
  "set -g default-terminal tmux-256color",
  "set -g status off",
  "set -g history-limit 5000",
  "set -g escape-time 0",
  "set -g set-clipboard on",
  "set -g exit-empty on",
  "set -g destroy-unattached on", // nothing is left behind where tests are killed
  "",
].join("\n");

/** Notes how the terminal was before and after the program, and how that ended; then leaves everything as it is. */
function sessionScript(folder: string, args: readonly string[]): string {
  const note = (name: string) => quoted(join(folder, name));
  return [
    `tmux wait-for go`, // not before the window has its size
    `stty -a > ${note("before")}`,
    "trap : INT HUP TERM", // the shell outlives what ends the program, to tell how it ended
    `fxa-pair ${args.map(quoted).join(" ")}`,
    "status=$?",
    `stty -a > ${note("after")} 2>/dev/null`,
    `echo $status > ${note("status.new")}`,
    `mv ${note("status.new")} ${note("status")}`,
    "trap - INT HUP TERM",
    "exec cat > /dev/null",
    "",
  ].join("\n");
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** The last in a row of processes each of which waits for the next. */
function youngest(pid: number): number {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  return child === undefined || child === "" ? pid : youngest(Number(child));
}
