/** nginx and Caddy as deploy/ sets them up, on loopback, in front of relays of the tests. */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CERTIFICATE, CERTIFICATE_KEY } from "../oauth/self-signed.ts";
import { freePorts } from "../relay/redis-server.ts";
import type { Replacements } from "./tools.ts";
import { hasProgram, readDeployFile, replaceIn } from "./tools.ts";

/** Where a proxy listens on 127.0.0.1. */
export interface ProxyPorts {
  /** For TLS. */
  readonly port: number;
  readonly plainPort: number;
}

export interface ProxyKind {
  readonly name: string;
  readonly available: boolean;
  /** Writes the configuration for relays on these ports into the folder, to be served on `ports`. */
  configure(folder: string, ports: ProxyPorts, relays: readonly number[]): void;
  /** What checks the configuration without running it. */
  check(folder: string): readonly string[];
  run(folder: string): readonly string[];
  /** What it says once it listens. */
  readonly ready: RegExp;
  /** What the check says of a file that works, but not well. */
  readonly doubts: RegExp;
}

const CERTIFICATE_FILE = "certificate.pem";
const KEY_FILE = "key.pem";

export const nginx: ProxyKind = {
  name: "nginx",
  available: hasProgram("nginx", "-v"),
  configure(folder, { port, plainPort }, relays) {
    const servers = relays.map((relay) => `server 127.0.0.1:${relay} max_fails=0;`);
    const site = replaceIn(readDeployFile("nginx.conf"), [
      ["server 127.0.0.1:8000 max_fails=0;", servers.join(" ")],
      ["listen 80;", `listen 127.0.0.1:${plainPort};`],
      ["listen 443 ssl;", `listen 127.0.0.1:${port} ssl;`],
      ["listen [::]:80;", ""],
      ["listen [::]:443 ssl;", ""],
      ["/etc/letsencrypt/live/relay.example.com/fullchain.pem", join(folder, CERTIFICATE_FILE)],
      ["/etc/letsencrypt/live/relay.example.com/privkey.pem", join(folder, KEY_FILE)],
    ]);
    writeFileSync(join(folder, "site.conf"), site);
    // As talkative as Debian's own nginx.conf is, and more.
    const main = `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr info;
      events { worker_connections 256; }
      http {
        access_log ${folder}/access.log;
        ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ")}
        include ${folder}/site.conf;
      }`;
    writeFileSync(join(folder, "main.conf"), main);
  },
  check: (folder) => ["nginx", "-t", "-p", folder, "-c", join(folder, "main.conf")],
  run: (folder) => ["nginx", "-p", folder, "-c", join(folder, "main.conf")],
  ready: /start worker process/,
  doubts: /\[warn\]/,
};

/** Caddy with a file of deploy/ in which the relays stand as `upstreams` and the site as `site`. */
function caddyWith(
  name: string,
  file: string,
  site: string,
  upstreams: (relays: readonly number[]) => Replacements,
): ProxyKind {
  const adapt = (folder: string) => ["--config", join(folder, "Caddyfile"), "--adapter", "caddyfile"];
  return {
    name,
    available: hasProgram("caddy", "version"),
    configure(folder, { port }, relays) {
      const [certificate, key] = [join(folder, CERTIFICATE_FILE), join(folder, KEY_FILE)];
      const adapted = replaceIn(readDeployFile(file), [
        ["\n{\n", "\n{\n\tadmin off\n\tauto_https off\n"],
        [`\n${site} {\n`, `\nhttps://localhost:${port} {\n\tbind 127.0.0.1\n\ttls ${certificate} ${key}\n`],
        ...upstreams(relays),
      ]);
      writeFileSync(join(folder, "Caddyfile"), adapted);
    },
    check: (folder) => ["caddy", "validate", ...adapt(folder)],
    run: (folder) => ["caddy", "run", ...adapt(folder)],
    ready: /serving initial configuration/,
    doubts: /not formatted|deprecated/,
  };
}

export const caddy = caddyWith("Caddy", "Caddyfile", "relay.example.com", (relays) => [
  ["reverse_proxy 127.0.0.1:8000", `reverse_proxy ${relays.map((relay) => `127.0.0.1:${relay}`).join(" ")}`],
]);

/** The one of compose.yaml, which has exactly two relays; one given stands for both. */
export const composeCaddy = caddyWith(
  "Caddy in compose",
  "compose.Caddyfile",
  "{$RELAY_DOMAIN}",
  ([first = 0, second = first]) => [
    ["relay-1:8000", `127.0.0.1:${first}`],
    ["relay-2:8000", `127.0.0.1:${second}`],
  ],
);

/** A proxy at work. */
export class Proxy {
  static readonly #all = new Set<Proxy>();
  readonly url: string;
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  #said = "";

  private constructor(kind: ProxyKind, folder: string, port: number, ready: () => void) {
    Proxy.#all.add(this);
    this.url = `wss://localhost:${port}`;
    this.#folder = folder;
    const [program = "", ...args] = kind.run(folder);
    this.#child = spawn(program, args, { env: proxyEnvironment(folder), stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#said += text;
        if (kind.ready.test(this.#said)) ready();
      });
    }
    this.#gone = new Promise((resolve) => this.#child.once("close", resolve));
  }

  /** Starts one in front of relays that listen on these ports of 127.0.0.1. */
  static async start(kind: ProxyKind, relays: readonly number[]): Promise<Proxy> {
    const { folder, port } = await configured(kind, relays);
    return new Promise((resolve, reject) => {
      const proxy: Proxy = new Proxy(kind, folder, port, () => {
        resolve(proxy);
      });
      void proxy.#gone.then(() => {
        reject(new Error(`${kind.name} ended: ${proxy.#said}`));
      });
    });
  }

  static async stopAll(): Promise<void> {
    await Promise.all([...Proxy.#all].map((proxy) => proxy.#stop()));
  }

  /** Everything it has said or written to a file so far, its configuration apart. */
  logs(): string {
    const files = readdirSync(this.#folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !/\.(?:conf|pem)$|^Caddyfile$/.test(entry.name))
      .map(({ name }) => readFileSync(join(this.#folder, name), "utf8"));
    return [this.#said, ...files].join("\n");
  }

  async #stop(): Promise<void> {
    Proxy.#all.delete(this);
    this.#child.kill("SIGTERM");
    await this.#gone;
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 20 });
  }
}

/** What the proxy itself says of its configuration. */
export async function checkConfiguration(kind: ProxyKind): Promise<{ status: number | null; said: string }> {
  const { folder } = await configured(kind, [8000]);
  const [program = "", ...args] = kind.check(folder);
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    env: proxyEnvironment(folder),
  });
  rmSync(folder, { recursive: true, force: true });
  return { status, said: stdout + stderr };
}

async function configured(
  kind: ProxyKind,
  relays: readonly number[],
): Promise<{ folder: string; port: number }> {
  const folder = mkdtempSync(join(tmpdir(), "fxa-pair-proxy-"));
  writeFileSync(join(folder, CERTIFICATE_FILE), CERTIFICATE);
  writeFileSync(join(folder, KEY_FILE), CERTIFICATE_KEY);
  const [port = 0, plainPort = 0] = await freePorts(2);
  kind.configure(folder, { port, plainPort }, relays);
  return { folder, port };
}

function proxyEnvironment(folder: string): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
}
