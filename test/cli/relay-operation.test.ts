/** `fxa-pair relay` for whoever runs it: figures, certificates, signals, the log and its end, as processes. */
import { execFileSync } from "node:child_process";
import { copyFileSync, createReadStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import type { Program } from "./harness.ts";
import { cleanUp, run, start, temporaryFolder } from "./harness.ts";
import { closeTerminals, CTRL_C, HAS_TERMINALS, Terminal, WHY_NOT } from "./pty.ts";

const LOOPBACK = ["--host", "127.0.0.1", "--port", "0"];
const DATABASE = fileURLToPath(new URL("../relay/places/GeoIP2-City-Test.mmdb", import.meta.url));

afterAll(async () => {
  await closeTerminals();
  await cleanUp();
});

interface RelayProcess {
  readonly program: Program;
  readonly url: string;
  readonly metricsUrl: string;
}

async function startRelay(extra: readonly string[] = [], env = {}): Promise<RelayProcess> {
  const program = start(["relay", "--json", ...LOOPBACK, "--drain", "0", ...extra], { env });
  const { url, metricsUrl } = await program.event("listening");
  return { program, url: String(url), metricsUrl: String(metricsUrl) };
}

async function stop({ program }: RelayProcess): Promise<void> {
  program.kill();
  expect(await program.exit).toBe(0);
}

/** A client that notes what it gets; closed without a certificate's check. */
async function client(url: string, headers = {}): Promise<{ socket: WebSocket; messages: string[] }> {
  const socket = new WebSocket(url, { headers, rejectUnauthorized: false });
  const messages: string[] = [];
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject).on("message", (message: Buffer) => {
      messages.push(message.toString());
      resolve();
    });
  });
  return { socket, messages };
}

const next = ({ socket }: { socket: WebSocket }): Promise<string> =>
  new Promise((resolve) => {
    socket.once("message", (message: Buffer) => {
      resolve(message.toString());
    });
  });

const logOf = ({ stderr }: Program) =>
  stderr
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("its figures", () => {
  it("are told where to find, and hold nothing of those who pair", async () => {
    const relay = await startRelay(["--metrics-port", "0", "--trusted-proxy", "127.0.0.1"]);
    expect(relay.metricsUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const canary = "canary-of-contents";
    const first = await client(`${relay.url}/v1/ws/`, { "X-Forwarded-For": "203.0.113.9" });
    const { channelid, resume } = JSON.parse(first.messages[0] ?? "") as Record<string, string>;
    const second = await client(`${relay.url}/v1/ws/${channelid}`, { "User-Agent": "canary-of-agent" });
    const arrived = next(first);
    second.socket.send(canary);
    expect(await arrived).toContain(canary);
    const refused = await fetch(
      `${relay.url.replace("ws:", "http:")}/v1/ws/${channelid}?resume=canary-of-query`,
    );
    expect(refused.status).toBe(426);
    const text = await (await fetch(relay.metricsUrl)).text();
    expect(text).toMatch(/^fxa_pair_relay_connections_open 2$/m);
    const base = relay.url.replace("ws:", "http:");
    const others = await Promise.all(
      ["/__version__", "/__heartbeat__", "/metrics"].map(async (path) => (await fetch(base + path)).text()),
    );
    expect(others[2]).toContain("not_found");
    await stop(relay);
    const secrets = [
      canary,
      "canary-of-agent",
      "canary-of-query",
      String(resume),
      String(channelid).slice(0, 7),
    ];
    for (const secret of secrets) {
      for (const shown of [text, ...others, relay.program.stderr, relay.program.stdout])
        expect(shown).not.toContain(secret);
    }
    expect([text, ...others].join()).not.toMatch(/203\.0\.113\.9|127\.0\.0\.1|\/v1\/ws/);
  });
});

describe("told to stop", () => {
  it.each([
    ["SIGTERM", "SIGINT"],
    ["SIGINT", "SIGTERM"],
    ["SIGTERM", "SIGTERM"],
  ] as const)("by %s, it ends at once by %s", async (first, second) => {
    const { program, url } = await startRelay(["--drain", "600"]);
    await client(`${url}/v1/ws/`);
    program.kill(first);
    await program.says(/"event":"draining"/);
    program.kill(second);
    await program.exit;
    expect(program.child.signalCode).toBe(second);
  });
});

describe("SIGHUP", () => {
  const folder = temporaryFolder();
  const [cert, key] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
  const secure = ["--tls-cert", cert, "--tls-key", key];

  function issue(name: string): void {
    const kind = [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-days",
      "1",
    ];
    execFileSync("openssl", [...kind, "-subj", `/CN=${name}`, "-keyout", key, "-out", cert], {
      stdio: "ignore",
    });
  }

  const nameShown = (url: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { hostname: host, port } = new URL(url);
      const socket = connect({ host, port: Number(port), rejectUnauthorized: false }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      }).on("error", reject);
    });

  it("makes it read certificate and database again, time and again, without cutting anybody off", async () => {
    issue("first");
    const database = join(folder, "places.mmdb");
    copyFileSync(DATABASE, database);
    const relay = await startRelay([...secure, "--mmdb", database]);
    const first = await client(`${relay.url}/v1/ws/`);
    for (const name of ["second", "third"]) {
      const told = relay.program.stderr.match(/"reloaded"/g)?.length ?? 0;
      issue(name);
      relay.program.kill("SIGHUP");
      await relay.program.says(new RegExp(`(?:"reloaded"[^]*){${told + 2}}`));
      expect(await nameShown(relay.url)).toBe(name);
    }
    writeFileSync(cert, "broken");
    writeFileSync(database, "broken");
    relay.program.kill("SIGHUP");
    await relay.program.says(/"reload_failed","setting":"mmdb"/);
    expect(logOf(relay.program).filter(({ event }) => event === "reload_failed")).toMatchObject([
      {
        level: "error",
        setting: "tls-cert",
        error: expect.stringMatching(/holds no certificate/) as unknown,
      },
      { level: "error", setting: "mmdb", error: expect.stringMatching(/is no database/) as unknown },
    ]);
    expect(await nameShown(relay.url)).toBe("third");
    const { channelid } = JSON.parse(first.messages[0] ?? "") as Record<string, string>;
    const second = await client(`${relay.url}/v1/ws/${channelid}`);
    const arrived = next(first);
    second.socket.send("still here");
    expect(await arrived).toContain("still here");
    await stop(relay);
  });

  it("is harmless where there is nothing to read", async () => {
    const relay = await startRelay();
    relay.program.kill("SIGHUP");
    expect((await fetch(relay.metricsUrl)).status).toBe(200);
    await stop(relay);
  });

  it.each<[string, readonly string[], RegExp]>([
    [
      "a certificate that is none",
      ["--tls-cert", DATABASE, "--tls-key", DATABASE],
      /tls-cert: .*no certificate/,
    ],
    ["a certificate that is not there", ["--tls-cert", "/nowhere", "--tls-key", DATABASE], /does not exist/],
    ["a database that is none", ["--mmdb", fileURLToPath(import.meta.url)], /mmdb: .* is no database/],
  ])("never comes to a relay with %s: it does not start", async (_name, flags, words) => {
    for (const checking of [[], ["--check"]]) {
      const { status, stderr } = await run(["relay", ...LOOPBACK, ...checking, ...flags]);
      expect([status, stderr]).toEqual([2, expect.stringMatching(words) as unknown]);
    }
  });
});

describe("its log", () => {
  it("is of warnings and errors with --quiet", async () => {
    const relay = await startRelay(["--quiet"]);
    await stop(relay);
    expect(relay.program.stderr).toBe("");
  });

  it("is whole to the last line when it crashes, and tells that, but not where without --verbose", async () => {
    const crash = 'process.on("SIGUSR2",()=>{throw new RangeError("a secret")})';
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(crash)}`;
    for (const flags of [[], ["--verbose"]]) {
      const relay = await startRelay(flags, { NODE_OPTIONS });
      for (let count = 0; count < 50; count++) {
        const upgrade = { Connection: "Upgrade", Upgrade: "websocket" };
        await client(`${relay.url}/v1/ws/short`, upgrade).catch(() => undefined);
      }
      relay.program.kill("SIGUSR2");
      expect(await relay.program.exit).toBe(1);
      const lines = logOf(relay.program);
      expect(lines.filter(({ event }) => event === "refused")).toHaveLength(50);
      expect(lines.at(-1)).toMatchObject({ level: "error", event: "crashed", error: "RangeError" });
      expect("stack" in (lines.at(-1) ?? {})).toBe(flags.length > 0);
      if (flags.length === 0) expect(relay.program.stderr).not.toContain("a secret");
    }
  });

  it("is written by itself soon after something happened", async () => {
    const relay = await startRelay();
    await client(`${relay.url}/v1/ws/short`).catch(() => undefined);
    await relay.program.says(/"event":"refused","status":400,"error":"malformed_id"/);
    await stop(relay);
  });

  describe.skipIf(!HAS_TERMINALS)(`on a terminal (${WHY_NOT})`, () => {
    it("is for people, and ends with it", async () => {
      const terminal = new Terminal(["relay", ...LOOPBACK]);
      const [, url = ""] = await terminal.shows(
        /^[\d:]{8} info {2}listening url=(ws:\S+) metrics=http:\S+$/m,
      );
      await client(`${url}/v1/ws/short`).catch(() => undefined);
      await terminal.shows(/^[\d:]{8} info {2}refused status=400 error=malformed_id remote=127\.0\.0\.1$/m);
      terminal.type(CTRL_C);
      await terminal.shows(/^[\d:]{8} info {2}stopped$/m);
      expect(await terminal.exit).toBe(0);
    });

    it("whose terminal is gone: it drains and ends", async () => {
      const pipe = join(temporaryFolder(), "log");
      execFileSync("mkfifo", [pipe]);
      const terminal = new Terminal([], { command: `fxa-pair relay ${LOOPBACK.join(" ")} 2> ${pipe}` });
      let log = "";
      for await (const text of createReadStream(pipe, "utf8")) {
        const before = log;
        log += String(text);
        if (!before.includes("listening") && log.includes("listening")) terminal.hangUp();
      }
      expect(log).toMatch(/"draining"[^]*"stopped"/);
    });
  });
});
