/** Whole pairings of real processes through proxies, to servers that cannot be reached in any other way. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startHttpProxy, startSocksProxy } from "../network/proxy-servers.ts";
import type { ProxyServer } from "../network/proxy-servers.ts";
import { CERTIFICATE, CERTIFICATE_KEY } from "../network/certificate.ts";
import { Canaries } from "./canaries.ts";
import { createDistantWorld } from "./distant-world.ts";
import type { DistantWorld } from "./distant-world.ts";
import { cleanUp, run, start, temporaryFolder } from "./harness.ts";
import type { Program } from "./harness.ts";
import { EMAIL, PASSWORD, storedCredentials } from "./world.ts";

const canaries = new Canaries();
const USER = canaries.add("the user", "canary:user@proxy");
const SECRET = canaries.add("the password", "canary pässword/%41");
/** A colon ends a user's name in HTTP. */
const HTTP_USER = canaries.add("the user for HTTP", "canary@http-user");
const userinfo = (user: string) => `${encodeURIComponent(user)}:${encodeURIComponent(SECRET)}@`;

/** Speaks up, so that nothing it might tell is kept back. */
const LOUD = ["--json", "--verbose"];

const tls = { cert: CERTIFICATE, key: CERTIFICATE_KEY };
const open = new Set<ProxyServer>();

async function started(proxy: Promise<ProxyServer>): Promise<ProxyServer> {
  const server = await proxy;
  open.add(server);
  return server;
}

afterEach(async () => {
  await Promise.all([...open].map((proxy) => proxy.close()));
  open.clear();
});

let world: DistantWorld;
/** Those who are signed in already. */
let signedIn: string;

/** Runs to its end, and finds no secret of the proxy's in what it says. */
async function ending(program: Program): Promise<number> {
  const status = await program.exit;
  const output = `${program.stdout}\n${program.stderr}`;
  expect(canaries.foundIn(output), output).toEqual([]);
  return status;
}

const login = (env: Record<string, string>, folder: string) =>
  start(
    [
      "login",
      ...LOUD,
      "--server",
      world.server,
      "--config-dir",
      folder,
      "--email",
      EMAIL,
      "--password-stdin",
    ],
    { env: { ...world.env, ...env }, input: PASSWORD },
  );

async function pair(env: Record<string, string>, extra: readonly string[] = []): Promise<string> {
  const options = { env: { ...world.env, ...env } };
  const file = join(temporaryFolder(), "url");
  const hostArgs = ["host", ...LOUD, ...extra, "--config-dir", signedIn, "--yes", "--url-out", file];
  const host = start(hostArgs, options);
  await host.event("channel");
  const url = readFileSync(file, "utf8").trim();
  const folder = join(temporaryFolder(), "config");
  const joinArgs = ["join", ...LOUD, ...extra, "--config-dir", folder, "--yes", "--expect-email", EMAIL, "-"];
  const joining = start([...joinArgs, "--server", world.server], { ...options, input: url });
  expect(await ending(joining), joining.stderr).toBe(0);
  expect(await ending(host), host.stderr).toBe(0);
  return folder;
}

/** That many connections did the proxies make, to where they should, and nobody else any. */
function expectAllThrough(proxies: readonly ProxyServer[], before: readonly [number, number]): void {
  const targets = proxies.flatMap((proxy) => proxy.targets);
  const { accounts, relay } = world.places;
  const made = ({ target }: { target: string }) => targets.filter((each) => each === target).length;
  expect(made(accounts)).toBe(accounts.connections() - before[0]);
  expect(made(relay)).toBe(relay.connections() - before[1]);
  expect(made(accounts) + made(relay)).toBe(targets.length);
  expect(made(accounts)).toBeGreaterThanOrEqual(2);
  expect(made(relay)).toBe(2);
}

const counts = (): [number, number] => [
  world.places.accounts.connections(),
  world.places.relay.connections(),
];

beforeAll(async () => {
  world = await createDistantWorld();
  signedIn = temporaryFolder();
  const proxy = await started(startHttpProxy());
  const program = login({ HTTPS_PROXY: `127.0.0.1:${proxy.port}` }, signedIn);
  expect(await ending(program), program.stderr).toBe(0);
});

afterAll(async () => {
  await cleanUp();
  await world.close();
});

describe("a whole pairing", () => {
  it.each([
    ["an HTTP proxy", "http", () => startHttpProxy({ credentials: `${HTTP_USER}:${SECRET}` }), HTTP_USER],
    [
      "an HTTP proxy with TLS",
      "https",
      () => startHttpProxy({ tls, credentials: `${HTTP_USER}:${SECRET}` }),
      HTTP_USER,
    ],
    ["a SOCKS5 proxy", "socks5h", () => startSocksProxy({ credentials: `${USER}:${SECRET}` }), USER],
  ])("through %s that wants credentials, and not around it", async (_name, scheme, startProxy, user) => {
    const proxy = await started(startProxy());
    const before = counts();
    const folder = await pair({ ALL_PROXY: `${scheme}://${userinfo(user)}localhost:${proxy.port}` });
    expect(storedCredentials(folder)).toMatchObject({ email: EMAIL, server: world.server });
    expectAllThrough([proxy], before);

    const env = { ...world.env, ALL_PROXY: `${scheme}://${userinfo(user)}localhost:${proxy.port}` };
    for (const words of [["token", "--scope", "profile"], ["status", "--check"], ["logout"]]) {
      const program = start([...words, ...LOUD, "--config-dir", folder], { env });
      expect(await ending(program), program.stderr).toBe(0);
    }
    expect(proxy.targets.filter((target) => target === world.places.accounts.target)).toHaveLength(
      world.places.accounts.connections() - before[0],
    );
  });

  it("through one proxy for https and another for a relay without TLS", async () => {
    const plain = await createDistantWorld({ secure: false });
    try {
      const [forHttp, forHttps] = [await started(startHttpProxy()), await started(startHttpProxy())];
      const [accountsBefore] = counts();
      await pair({ http_proxy: `127.0.0.1:${forHttp.port}`, https_proxy: `127.0.0.1:${forHttps.port}` }, [
        "--channel-server",
        plain.relayUrl,
      ]);
      expect(forHttp.targets).toEqual([plain.places.relay.target, plain.places.relay.target]);
      expect(plain.places.relay.connections()).toBe(2);
      expect(new Set(forHttps.targets)).toEqual(new Set([world.places.accounts.target]));
      expect(forHttps.targets).toHaveLength(counts()[0] - accountsBefore);
    } finally {
      await plain.close();
    }
  });
});

describe("what goes wrong at a proxy", () => {
  const joinBy = (env: Record<string, string>, relayUrl: string) => {
    const url = `https://accounts.firefox.com/pair#channel_id=${"A".repeat(22)}&channel_key=${"A".repeat(43)}`;
    const args = ["join", ...LOUD, "--yes", "--config-dir", join(temporaryFolder(), "config")];
    return start([...args, "--channel-server", relayUrl, "-"], { env: { ...world.env, ...env }, input: url });
  };

  /** Through HTTP, and through WebSocket. */
  const attempts: [string, (env: Record<string, string>) => Program][] = [
    ["login", (env) => login(env, temporaryFolder())],
    ["join", (env) => joinBy(env, world.relayUrl)],
  ];

  describe.each(attempts)("%s", (_name, attempt) => {
    async function failing(env: Record<string, string>) {
      const before = counts();
      const program = attempt(env);
      const status = await ending(program);
      expect(counts()).toEqual(before);
      const { code, message, hint, details } = await program.event("error");
      return { status, code, message, hint, details };
    }

    it("wants credentials, or others", async () => {
      const proxy = await started(startHttpProxy({ credentials: "somebody:else" }));
      expect(await failing({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` })).toEqual({
        status: 6,
        code: "unreachable",
        message: `The proxy 127.0.0.1:${proxy.port} wants a user name and a password.`,
        hint: "Put them into HTTPS_PROXY, as in http://user:password@host:port.",
        details: { proxyVariable: "HTTPS_PROXY", status: 407 },
      });
      expect(
        await failing({ https_proxy: `http://${userinfo(HTTP_USER)}127.0.0.1:${proxy.port}` }),
      ).toMatchObject({
        status: 6,
        message: expect.stringContaining("does not take this user name and password"),
        hint: expect.stringContaining("https_proxy"),
      });
      const socks = await started(startSocksProxy({ credentials: "somebody:else" }));
      expect(
        await failing({ ALL_PROXY: `socks5h://${userinfo(USER)}127.0.0.1:${socks.port}` }),
      ).toMatchObject({
        status: 6,
        message: expect.stringContaining("does not take this user name and password"),
      });
    });

    it.each(["http", "https", "socks5", "socks5h"])("is not there (%s)", async (scheme) => {
      expect(await failing({ ALL_PROXY: `${scheme}://${userinfo(USER)}127.0.0.1:1` })).toMatchObject({
        status: 6,
        message:
          scheme === "socks5"
            ? expect.stringMatching(/\.pair\.test is not known on this machine/)
            : "The proxy 127.0.0.1:1 cannot be reached (ECONNREFUSED).",
      });
    });

    it("has a certificate that nobody vouches for", async () => {
      const proxy = await started(startHttpProxy({ tls }));
      const env = {
        HTTPS_PROXY: `https://${userinfo(USER)}127.0.0.1:${proxy.port}`,
        NODE_EXTRA_CA_CERTS: "",
      };
      expect(await failing({ ...env, NODE_TLS_REJECT_UNAUTHORIZED: "0" })).toMatchObject({
        status: 6,
        message: `The certificate of the proxy 127.0.0.1:${proxy.port} is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT).`,
        hint: expect.stringContaining("NODE_EXTRA_CA_CERTS"),
      });
      expect(proxy.credentials).toEqual([]);
    });

    it("leads to a server with a certificate that nobody vouches for", async () => {
      const proxy = await started(startHttpProxy());
      const program = attempt({ HTTPS_PROXY: `127.0.0.1:${proxy.port}`, NODE_EXTRA_CA_CERTS: "" });
      expect(await ending(program)).toBe(6);
      expect(await program.event("error")).toMatchObject({
        message: expect.stringMatching(/certificate .*DEPTH_ZERO_SELF_SIGNED_CERT/),
        hint: expect.stringContaining("NODE_EXTRA_CA_CERTS"),
      });
    });

    it("has no usable address", async () => {
      expect(await failing({ HTTPS_PROXY: `http://${HTTP_USER}:${SECRET}@127.0.0.1:1` })).toMatchObject({
        status: 2,
        code: "usage",
        message: "HTTPS_PROXY is not the address of a proxy.",
      });
    });
  });

  it("says so to people in no more than three lines", async () => {
    const program = await run(
      ["login", "--quiet", "--server", world.server, "--email", EMAIL, "--password-stdin"],
      {
        env: { ...world.env, HTTPS_PROXY: `http://${userinfo(HTTP_USER)}127.0.0.1:1` },
        input: PASSWORD,
      },
    );
    expect(program.status).toBe(6);
    expect(canaries.foundIn(program.stderr)).toEqual([]);
    expect(program.stderr.split("\n")).toEqual([
      "fxa-pair: The proxy 127.0.0.1:1 cannot be reached (ECONNREFUSED).",
      expect.stringContaining("HTTPS_PROXY"),
      "",
    ]);
  });
});

it("asks no proxy for this machine, whatever the variables say", async () => {
  const proxy = await started(startHttpProxy());
  const address = `http://127.0.0.1:${proxy.port}`;
  const env = { HTTP_PROXY: address, HTTPS_PROXY: address, ALL_PROXY: address };
  const local = await run(["sandbox", "--", process.execPath, "-e", ""], { env });
  expect(local.status).toBe(0);
  const refused = await run(
    ["login", "--server", "http://127.0.0.1:1", "--email", EMAIL, "--password-stdin"],
    {
      env: { ...env, FXA_PAIR_CONFIG_DIR: temporaryFolder() },
      input: PASSWORD,
    },
  );
  expect(refused.stderr).toContain("127.0.0.1:1 cannot be reached (ECONNREFUSED)");
  expect(proxy.targets).toEqual([]);
});
