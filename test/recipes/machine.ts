/**
 * A computer to run recipes on: a home of its own, and programs that are ours or play those of others. `gh`, `glab` and
 * `ssh` do nothing themselves: what they were asked goes to the test, which answers.
 */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { environmentFor, PROGRAM, temporaryFolder } from "../cli/harness.ts";
import type { JobResult } from "./ci-job.ts";

const PLAYED = fileURLToPath(new URL("played-program.mjs", import.meta.url));
/** Nothing is fetched: what a recipe installs is here already. */
const NPM = `#!/bin/sh
case "$*" in
  ci | "install --global fxa-pair") exit 0 ;;
esac
real=$(PATH=$REAL_PATH command -v npm)
exec "$real" "$@"
`;
const NPX = `#!/bin/sh
exec "$@"
`;
const CURL = `#!/bin/bash
real=$(PATH=$REAL_PATH command -v curl)
here=("\${@/#https:\\/\\/profile.accounts.firefox.com\\/v1/$PLAYED_PROFILE_SERVER}")
exec "$real" "\${here[@]/#https:\\/\\/token.services.mozilla.com/$PLAYED_TOKEN_SERVER}"
`;

/** What a played program was asked: its name and arguments, and what it was given on standard input. */
export interface Request {
  readonly words: readonly string[];
  readonly input: string;
}

/** Whether it went well, and what it prints. */
export interface Answer {
  readonly status: number;
  readonly output: string;
}

export interface MachineOptions {
  /** Accounts server and relay that stand in for Mozilla's. */
  readonly server: string;
  readonly relay: string;
  /** What `gh`, `glab` and `ssh` do here. */
  readonly play?: (request: Request) => Answer | Promise<Answer>;
}

export class Machine {
  readonly home = temporaryFolder();
  /** Where the commands run. */
  readonly folder = join(this.home, "checkout");
  readonly temporary = join(this.home, "temporary");
  readonly #options: MachineOptions;
  readonly #server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      void this.#answer(JSON.parse(body) as Request).then((answer) => response.end(JSON.stringify(answer)));
    });
  });

  constructor(options: MachineOptions) {
    this.#options = options;
    for (const folder of [this.folder, this.temporary, this.#programs]) mkdirSync(folder);
    symlinkSync(PROGRAM, join(this.#programs, "fxa-pair"));
    for (const name of ["gh", "glab", "ssh"]) symlinkSync(PLAYED, join(this.#programs, name));
    for (const [name, text] of Object.entries({ npm: NPM, npx: NPX, curl: CURL })) {
      writeFileSync(join(this.#programs, name), text);
      chmodSync(join(this.#programs, name), 0o755);
    }
  }

  /** Where fxa-pair keeps what it knows when nothing says otherwise. */
  get configFolder(): string {
    return join(this.home, ".config", "fxa-pair");
  }

  get #programs(): string {
    return join(this.home, "programs");
  }

  /** Runs a script to its end. */
  async bash(
    script: string,
    flags: readonly string[] = [],
    variables: Readonly<Record<string, string>> = {},
    input = "",
  ): Promise<JobResult> {
    if (!this.#server.listening) {
      await new Promise<void>((resolve) => {
        this.#server.listen(0, "127.0.0.1", resolve);
      });
    }
    const { server, relay } = this.#options;
    const { port } = this.#server.address() as AddressInfo;
    const child = spawn("bash", ["--noprofile", "--norc", ...flags, "-c", script], {
      cwd: this.folder,
      env: environmentFor({
        HOME: this.home,
        XDG_CONFIG_HOME: join(this.home, ".config"),
        PATH: `${this.#programs}:${process.env.PATH ?? ""}`,
        REAL_PATH: process.env.PATH ?? "",
        TMPDIR: this.temporary,
        RUNNER_TEMP: this.temporary,
        FXA_PAIR_SERVER: server,
        FXA_PAIR_CHANNEL_SERVER: relay,
        PLAYED_BY: `http://127.0.0.1:${port}/`,
        PLAYED_TOKEN_SERVER: "http://127.0.0.1:9",
        PLAYED_PROFILE_SERVER: `${server}/profile/v1`,
        ...variables,
      }),
    });
    let log = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (log += text));
    }
    child.stdin.on("error", () => undefined).end(input);
    const status = await new Promise<number>((resolve) => {
      child.on("close", (code) => {
        resolve(code ?? 1);
      });
    });
    return { status, log };
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: Request): Promise<Answer> {
    const { play } = this.#options;
    return play === undefined ? { status: 127, output: "nobody plays that\n" } : play(request);
  }
}
