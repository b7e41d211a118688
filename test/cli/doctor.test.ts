/** `fxa-pair doctor` against servers that are well, and against feigned ones that each lack something. */
import { once } from "node:events";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server as TcpServer } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { CHECKS } from "../../src/commands/doctor/finding.ts";
import { CERTIFICATE, CERTIFICATE_KEY } from "../oauth/self-signed.ts";
import { cleanUp, run, temporaryFolder } from "./harness.ts";
import type { JsonEvent } from "./harness.ts";
import { closeTerminals, CTRL_C, HAS_TERMINALS, Terminal, WHY_NOT } from "./pty.ts";
import { createWorld, EMAIL, PASSWORD, storedCredentials } from "./world.ts";
import type { World } from "./world.ts";

/** Nothing listens there. */
const NOWHERE = "127.0.0.1:9";

let world: World;
const servers: { close(): unknown }[] = [];

beforeAll(async () => {
  world = await createWorld();
});

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

afterAll(async () => {
  await closeTerminals();
  await cleanUp();
  await world.close();
});

async function portOf(server: TcpServer): Promise<number> {
  servers.push(server);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that answers as told; its host and port. */
async function feign(answer: Answer): Promise<string> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  const port = await portOf(server);
  servers.push({
    close() {
      server.closeAllConnections();
    },
  });
  return `127.0.0.1:${port}`;
}

/** A server that takes connections and never says anything. */
async function silence(): Promise<string> {
  const open = new Set<{ destroy(): unknown }>();
  const server = createTcpServer((socket) => {
    open.add(socket);
    socket.on("error", () => undefined);
  }).listen(0, "127.0.0.1");
  const port = await portOf(server);
  servers.push({ close: () => [...open].map((socket) => socket.destroy()) });
  return `127.0.0.1:${port}`;
}

/** An accounts server that has a configuration, which names this relay or none. */
function configurationOf(relay: string | null, headers: Record<string, string> = {}): Answer {
  return (request, response) => {
    const origin = `http://${request.headers.host ?? ""}`;
    response.writeHead(200, { "Content-Type": "application/json", ...headers });
    response.end(
      JSON.stringify({
        auth_server_base_url: origin,
        oauth_server_base_url: origin,
        profile_server_base_url: origin,
        ...(relay === null ? {} : { pairing_server_base_uri: relay }),
      }),
    );
  };
}

interface Diagnosis {
  readonly status: number;
  readonly checks: Record<string, JsonEvent>;
  readonly events: readonly JsonEvent[];
  readonly stderr: string;
}

async function diagnose(args: readonly string[], env: Record<string, string> = {}): Promise<Diagnosis> {
  const folder = ["--config-dir", temporaryFolder()];
  const ended = await run(["doctor", "--json", ...(args.includes("--config-dir") ? [] : folder), ...args], {
    env,
  });
  const named = ended.events.filter(({ event }) => event === "check").map((event) => [event.name, event]);
  return {
    status: ended.status,
    checks: Object.fromEntries(named),
    events: ended.events,
    stderr: ended.stderr,
  };
}

const at = (accounts: string, relay?: string) => [
  "--server",
  `http://${accounts}`,
  ...(relay === undefined ? [] : ["--channel-server", `ws://${relay}`]),
];
const hostOf = (url: string) => new URL(url).host;

describe("where all is well", () => {
  it("every check is ok, in its order, and the program ends with 0", async () => {
    const { status, events, checks, stderr } = await diagnose(["--server", world.accounts.url]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(events.map(({ event, name }) => name ?? event)).toEqual([...CHECKS, "summary"]);
    for (const check of Object.values(checks)) expect(check).toMatchObject({ status: "ok", hint: null });
    expect(events.at(-1)).toMatchObject({ usable: true, ok: CHECKS.length, warnings: 0, problems: 0 });
    expect(checks["relay-channel"]).toMatchObject({ details: { lifespan: 300, resumes: true } });
    expect(checks.relay).toMatchObject({ details: { health: 200, version: expect.any(String) } });
    expect(checks.accounts).toMatchObject({ details: { relay: world.relay.url } });
  });

  it("tells people the same in lines", async () => {
    const { status, stdout, stderr } = await run(["doctor", "--server", world.accounts.url]);
    expect([status, stderr]).toEqual([0, "All is well.\n"]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line) => line.split(/ +/).slice(0, 2))).toEqual(CHECKS.map((name) => ["ok", name]));
  });

  it("leaves no channel open", async () => {
    await diagnose(["--server", world.accounts.url]);
    await vi.waitFor(() => {
      expect(world.relay.stats().channels).toBe(0);
    });
  });
});

describe("an accounts server", () => {
  it("that cannot be reached is a problem, and what hangs on it is not checked", async () => {
    const { status, checks, events } = await diagnose(at(NOWHERE));
    expect(status).toBe(6);
    expect(checks.accounts).toMatchObject({
      status: "problem",
      message: expect.stringContaining("ECONNREFUSED"),
    });
    for (const name of ["clock", "relay-dns", "relay-tls", "relay", "relay-channel"]) {
      expect(checks[name]).toMatchObject({
        status: "warning",
        message: expect.stringContaining("Not checked"),
      });
    }
    expect(events.at(-1)).toMatchObject({ event: "error", code: "unreachable" });
    expect(events.at(-2)).toMatchObject({ event: "summary", usable: false, problems: 1 });
  });

  it("whose name nobody knows is a problem of DNS", async () => {
    const { status, checks } = await diagnose(["--server", "https://accounts.invalid"]);
    expect(status).toBe(6);
    expect(checks["accounts-dns"]).toMatchObject({
      status: "problem",
      message: expect.stringContaining("accounts.invalid"),
    });
  });

  it("that is something else is a problem", async () => {
    const web = await feign((_, response) => response.end("<html>Sign in to this network</html>"));
    const { status, checks } = await diagnose(at(web, hostOf(world.relay.url)));
    expect(status).toBe(6);
    expect(checks.accounts).toMatchObject({ status: "problem" });
    expect(checks["relay-channel"]).toMatchObject({ status: "ok" });
  });

  it("that names no relay is a warning", async () => {
    const { status, checks } = await diagnose(at(await feign(configurationOf(null))));
    expect(status).toBe(0);
    expect(checks.accounts).toMatchObject({
      status: "warning",
      hint: expect.stringContaining("--channel-server"),
    });
  });

  it("with another time is a warning", async () => {
    const date = new Date(Date.now() - 600_000).toUTCString();
    const server = await feign(configurationOf(world.relay.url, { Date: date }));
    const { status, checks } = await diagnose(at(server));
    expect(status).toBe(0);
    expect(checks.clock).toMatchObject({
      status: "warning",
      message: expect.stringMatching(/10 minutes ahead/),
    });
  });

  it("with a certificate that nobody vouches for is a problem, until its authority is named", async () => {
    let origin = "";
    const server = createTlsServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY }, (_, response) => {
      response.setHeader("Content-Type", "application/json");
      const parts = ["auth", "oauth", "profile"].map((part) => [`${part}_server_base_url`, origin]);
      response.end(
        JSON.stringify({ ...Object.fromEntries(parts), pairing_server_base_uri: world.relay.url }),
      );
    }).listen(0, "127.0.0.1");
    origin = `https://localhost:${await portOf(server)}`;
    const refused = await diagnose(["--server", origin]);
    expect(refused.status).toBe(6);
    for (const name of ["accounts-tls", "accounts"]) {
      expect(refused.checks[name]).toMatchObject({
        status: "problem",
        message: expect.stringMatching(/signed by nobody but itself/),
        hint: expect.stringContaining("NODE_EXTRA_CA_CERTS"),
      });
    }
    const authority = join(temporaryFolder(), "authority.pem");
    writeFileSync(authority, CERTIFICATE);
    const trusted = await diagnose(["--server", origin], { NODE_EXTRA_CA_CERTS: authority });
    expect(trusted.status).toBe(0);
    expect(trusted.checks["accounts-tls"]).toMatchObject({
      status: "ok",
      message: expect.stringMatching(/TLSv1\.3.*days/),
    });
    const insecure = await diagnose(["--server", origin], { NODE_TLS_REJECT_UNAUTHORIZED: "0" });
    expect(insecure.status).toBe(6);
  });

  it("that speaks no TLS where it should is a problem", async () => {
    const port = (await feign((_, response) => response.end())).split(":")[1] ?? "";
    const { status, checks } = await diagnose(["--server", `https://localhost:${port}`]);
    expect(status).toBe(6);
    expect(checks["accounts-tls"]).toMatchObject({ message: expect.stringContaining("does not speak TLS") });
  });
});

describe("a relay", () => {
  const accounts = () => hostOf(world.accounts.url);

  it("that cannot be reached is a problem", async () => {
    const { status, checks } = await diagnose(at(accounts(), NOWHERE));
    expect(status).toBe(6);
    expect(checks.accounts).toMatchObject({ status: "ok" });
    for (const name of ["relay", "relay-channel"]) {
      expect(checks[name]).toMatchObject({
        status: "problem",
        message: expect.stringContaining("ECONNREFUSED"),
      });
    }
  });

  it("that is not well says so", async () => {
    const relay = await feign((_, response) => {
      response.writeHead(503).end('{"status":"error","failing":"redis\\u001b[2J"}');
    });
    const { status, checks } = await diagnose(at(accounts(), relay));
    expect(status).toBe(6);
    expect(checks.relay).toMatchObject({
      status: "problem",
      message: expect.stringContaining("not well (redis\\u{1b}[2J)"),
    });
    expect(checks["relay-channel"]).toMatchObject({ status: "problem" });
  });

  it("that is none is a warning, and a problem where the channel is to open", async () => {
    const relay = await feign((_, response) => response.writeHead(404).end());
    const { status, checks } = await diagnose(at(accounts(), relay));
    expect(status).toBe(6);
    expect(checks.relay).toMatchObject({
      status: "warning",
      message: expect.stringContaining("does not look like a relay"),
    });
    expect(checks["relay-channel"]).toMatchObject({
      status: "problem",
      hint: expect.stringContaining("--channel-server"),
    });
  });

  it("without TLS elsewhere is warned of", async () => {
    const { checks } = await diagnose([
      ...at(accounts()),
      "--channel-server",
      "ws://relay.invalid",
      "--check-timeout",
      "2",
    ]);
    expect(checks["relay-tls"]).toMatchObject({
      status: "warning",
      message: expect.stringContaining("without TLS"),
    });
    expect(checks["relay-dns"]).toMatchObject({ status: "problem" });
  });
});

describe("servers that never answer", () => {
  it("are given up after --check-timeout", async () => {
    const [accounts, relay] = [await silence(), await silence()];
    const started = performance.now();
    const { status, checks } = await diagnose([...at(accounts, relay), "--check-timeout", "1"]);
    expect(status).toBe(6);
    for (const name of ["accounts", "relay", "relay-channel"])
      expect(checks[name]).toMatchObject({ status: "problem" });
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  it("in TLS are given up, too", async () => {
    const port = (await silence()).split(":")[1] ?? "";
    const { status, checks } = await diagnose([
      "--server",
      `https://localhost:${port}`,
      "--check-timeout",
      "1",
    ]);
    expect(status).toBe(6);
    expect(checks["accounts-tls"]).toMatchObject({
      status: "problem",
      message: expect.stringContaining("in time"),
    });
  });
});

describe("a proxy", () => {
  it("is named without its credentials, and its failure is its own", async () => {
    const env = { HTTPS_PROXY: `http://annas-name:annas-word@${NOWHERE}` };
    const { status, checks, events, stderr } = await diagnose(["--server", "https://accounts.invalid"], env);
    expect(status).toBe(6);
    expect(checks.proxy).toMatchObject({
      status: "ok",
      message: expect.stringMatching(/through http:\/\/127\.0\.0\.1:9 with credentials \(HTTPS_PROXY\)/),
    });
    expect(checks["accounts-dns"]).toMatchObject({ status: "ok", message: "Left to the proxy." });
    expect(checks.accounts).toMatchObject({ status: "problem", message: expect.stringContaining("proxy") });
    expect(JSON.stringify(events) + stderr).not.toMatch(/annas-/);
  });

  it("that is none is a problem, and nothing else stops for it", async () => {
    const { status, checks, events } = await diagnose(["--server", world.accounts.url], {
      HTTPS_PROXY: "gopher://annas-word@x",
    });
    expect(status).toBe(2);
    expect(checks.proxy).toMatchObject({
      status: "problem",
      message: expect.stringContaining("HTTPS_PROXY"),
    });
    expect(checks["relay-channel"]).toMatchObject({ status: "ok" });
    expect(JSON.stringify(events)).not.toContain("annas-word");
  });
});

describe("credentials", () => {
  it("are told of without what they are", async () => {
    const folder = await world.hostFolder();
    const { status, checks, events } = await diagnose([
      "--server",
      world.accounts.url,
      "--config-dir",
      folder,
    ]);
    expect(status).toBe(0);
    expect(checks.credentials).toMatchObject({ status: "ok", details: { signedIn: true, mayHost: true } });
    const stored = storedCredentials(folder) ?? {};
    for (const member of ["email", "uid", "refreshToken", "sessionToken"]) {
      expect(JSON.stringify(events)).not.toContain(String(stored[member]));
    }
  });

  it.skipIf(process.platform === "win32")("that others can read are a problem", async () => {
    const folder = await world.hostFolder();
    chmodSync(join(folder, "credentials.json"), 0o644);
    const { status, checks } = await diagnose(["--server", world.accounts.url, "--config-dir", folder]);
    expect(status).toBe(2);
    expect(checks.credentials).toMatchObject({
      status: "problem",
      message: expect.stringContaining("credentials.json"),
    });
  });

  it("that are damaged are a problem of their own kind", async () => {
    const folder = await world.hostFolder();
    writeFileSync(join(folder, "credentials.json"), "{");
    const { status } = await diagnose(["--server", world.accounts.url, "--config-dir", folder]);
    expect(status).toBe(10);
  });
});

describe("a report", () => {
  it("says what was found, and neither who nor where the user is", async () => {
    const folder = await world.hostFolder();
    chmodSync(join(folder, "credentials.json"), 0o644);
    const home = folder;
    const env = { HOME: home, USERPROFILE: home, HTTPS_PROXY: "http://annas-name:annas-word@127.0.0.1:9" };
    const args = ["doctor", "--report", "--server", world.accounts.url, "--config-dir", folder];
    const { status, stdout } = await run(args, { env });
    expect(status).toBe(2);
    expect(stdout).toMatch(/^fxa-pair \S+, Node v\S+, \S+ \S+ \S+\n/);
    for (const name of CHECKS) expect(stdout).toMatch(new RegExp(`^(?:ok|warning|problem) +${name} `, "m"));
    expect(stdout).toContain("~/credentials.json");
    const stored = JSON.parse(readFileSync(join(folder, "credentials.json"), "utf8")) as Record<
      string,
      unknown
    >;
    for (const secret of [
      home,
      EMAIL,
      PASSWORD,
      "annas-",
      stored.uid,
      stored.refreshToken,
      stored.sessionToken,
    ]) {
      expect(stdout).not.toContain(String(secret));
    }
    expect(stdout).not.toContain(homedir());
  });

  it("is an event with --json, after the checks", async () => {
    const { events } = await diagnose(["--server", world.accounts.url, "--report"]);
    expect(events.map(({ event }) => event)).toEqual([...CHECKS.map(() => "check"), "report", "summary"]);
    expect(events.at(-2)).toMatchObject({ text: expect.stringMatching(/^fxa-pair /) });
  });
});

describe.skipIf(!HAS_TERMINALS)(`a terminal (${WHY_NOT})`, () => {
  /** Those of tests are accessible else, and not drawn upon. */
  const env = { FXA_PAIR_ACCESSIBLE: "0" };

  /** Resolves once it has been asked where its cursor is. */
  const asked = (terminal: Terminal) =>
    vi.waitFor(
      () => {
        expect(terminal.output).toContain("\u001b[6n");
      },
      { interval: 5, timeout: 20_000 },
    );

  it.each([
    [4, "ok"],
    [7, "warning"],
  ])("that puts the cursor into column %i after three blocks is found %s", async (column, status) => {
    const terminal = new Terminal(["doctor", "--server", world.accounts.url], {
      columns: 100,
      rows: 40,
      env,
    });
    await asked(terminal);
    terminal.type(`\u001b[1;${column}R`);
    expect(await terminal.exit).toBe(0);
    // What was drawn is gone before anything is told.
    expect(terminal.output).toMatch(new RegExp(`▀▄█\u001b\\[6n\r\u001b\\[K${status} +terminal `));
    expect(terminal.text).toMatch(
      status === "ok" ? /100×40, xterm-256color, colours; QR codes fit as half/ : /2 cells wide/,
    );
    expect(terminal.settings.after).toBe(terminal.settings.before);
  });

  it("that never answers is not waited for", async () => {
    const terminal = new Terminal(["doctor", "--server", world.accounts.url, "--no-color"], {
      columns: 30,
      rows: 10,
      env,
    });
    expect(await terminal.exit).toBe(0);
    expect(terminal.text).toMatch(/warning +terminal +No QR code fits this window of 30×10/);
  });

  it("can be left by Ctrl-C while it is asked", async () => {
    const terminal = new Terminal(["doctor", "--server", world.accounts.url], { env });
    await asked(terminal);
    terminal.type(CTRL_C);
    expect(await terminal.exit).toBe(130);
    expect(terminal.settings.after).toBe(terminal.settings.before);
  });

  it("that only speaks is not drawn upon", async () => {
    const terminal = new Terminal(["doctor", "--server", world.accounts.url, "--accessible"], { env });
    expect(await terminal.exit).toBe(0);
    expect(terminal.output).not.toContain("\u001b");
  });
});
