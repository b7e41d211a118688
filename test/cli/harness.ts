/** Starts the real program in its own process and waits for what it says. */
import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const PROGRAM = fileURLToPath(new URL("../../bin/fxa-pair", import.meta.url));

/** Seconds to look at a picture: enough on a machine that has much else to do. */
export const PATIENT = ["--qr-timeout", "60"];

export type JsonEvent = Record<string, unknown> & { event: string };

export interface ProgramOptions {
  readonly env?: Record<string, string>;
  readonly input?: string | Uint8Array;
  readonly umask?: string;
}

const running = new Set<Program>();
const folders = new Set<string>();

/** A running `fxa-pair`, with everything it printed so far. */
export class Program {
  readonly child: ChildProcessWithoutNullStreams;
  readonly exit: Promise<number>;
  stdout = "";
  stderr = "";
  readonly #waiters = new Set<() => void>();
  #ended = false;

  constructor(args: readonly string[], options: ProgramOptions = {}) {
    this.child = spawn(process.execPath, [PROGRAM, ...args], { env: environmentFor(options.env) });
    running.add(this);
    this.child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      this.#wake();
    });
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      this.#wake();
    });
    this.child.stdin.on("error", () => undefined);
    if (options.input !== undefined) this.child.stdin.end(options.input);
    this.exit = new Promise((resolve) => {
      this.child.on("close", (code, signal) => {
        this.#ended = true;
        running.delete(this);
        this.#wake();
        resolve(code ?? (signal === "SIGKILL" ? 137 : 1));
      });
    });
  }

  get events(): JsonEvent[] {
    return this.stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as JsonEvent);
  }

  /** The first event of that name, once it is there. */
  async event(name: string): Promise<JsonEvent> {
    return this.#until(() => this.events.find(({ event }) => event === name), `the event ${name}`);
  }

  /** Resolves once stderr matches. */
  async says(pattern: RegExp): Promise<RegExpMatchArray> {
    return this.#until(() => this.stderr.match(pattern) ?? undefined, String(pattern));
  }

  /** Resolves once stdout matches. */
  async prints(pattern: RegExp): Promise<RegExpMatchArray> {
    return this.#until(() => this.stdout.match(pattern) ?? undefined, String(pattern));
  }

  kill(signal: NodeJS.Signals = "SIGTERM"): void {
    this.child.kill(signal);
  }

  async #until<T>(probe: () => T | undefined, what: string): Promise<T> {
    for (;;) {
      const found = probe();
      if (found !== undefined) return found;
      if (this.#ended)
        throw new Error(`ended without ${what}\nstdout: ${this.stdout}\nstderr: ${this.stderr}`);
      await new Promise<void>((resolve) => {
        this.#waiters.add(resolve);
      });
    }
  }

  #wake(): void {
    for (const resolve of this.#waiters) resolve();
    this.#waiters.clear();
  }
}

/** The test's own environment without the caller's configuration of fxa-pair. */
export function environmentFor(extra: Record<string, string> = {}): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(FXA_PAIR_|NO_COLOR|FORCE_COLOR|XDG_|PAIR_)/.test(name),
  );
  return { ...Object.fromEntries(inherited), XDG_CONFIG_HOME: "/nonexistent", ...extra };
}

export function start(args: readonly string[], options: ProgramOptions = {}): Program {
  return new Program(args, options);
}

/** Runs to the end. */
export async function run(
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<{ status: number; stdout: string; stderr: string; events: JsonEvent[] }> {
  const program = new Program(args, { input: "", ...options });
  const status = await program.exit;
  const events = args.includes("--json") ? program.events : [];
  return { status, stdout: program.stdout, stderr: program.stderr, events };
}

/** A fresh directory, removed by {@link cleanUp}. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fxa-pair-test-"));
  folders.add(folder);
  return folder;
}

/** For afterEach/afterAll: kills what still runs and removes what was made. */
export async function cleanUp(): Promise<void> {
  await Promise.all(
    [...running].map(async (program) => {
      program.kill("SIGKILL");
      await program.exit;
    }),
  );
  // What was started by them may outlive them, and write for a moment longer.
  const whole = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 };
  await Promise.all([...folders].map((folder) => rm(folder, whole)));
  folders.clear();
}
