import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { FxaPairError } from "../../src/lib/errors.ts";
import { proxiesOf } from "../../src/network/proxies.ts";
import { openTunnel } from "../../src/network/tunnel.ts";
import type { TunnelOptions } from "../../src/network/tunnel.ts";
import { failureOf, StoppedClock } from "../oauth/support.ts";
import { CERTIFICATE, CERTIFICATE_KEY } from "../oauth/self-signed.ts";
import { startHttpProxy, startSocksProxy } from "./proxy-servers.ts";
import type { ProxyServer } from "./proxy-servers.ts";

const NAME = "accounts.pair.test";
const SECRET = "hunter2";

const options: TunnelOptions = { clock: systemClock, userAgent: "fxa-pair/0 (test)" };

function open(proxy: string, port = 443, extra: Partial<TunnelOptions> = {}, host = NAME): Promise<Socket> {
  const chosen = proxiesOf({ HTTPS_PROXY: proxy })(new URL("https://elsewhere.example"));
  if (chosen === undefined) throw new Error("no proxy");
  return openTunnel(chosen, { host, port }, { ...options, ...extra });
}

/** A server of any kind on loopback: what it does with a connection is the test's business. */
async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A server that says everything twice. */
const echo = () =>
  listen((socket) => socket.on("data", (bytes) => socket.write(Buffer.concat([bytes, bytes]))));

async function started(proxy: Promise<ProxyServer>): Promise<ProxyServer> {
  const server = await proxy;
  onTestFinished(() => server.close());
  return server;
}

function received(socket: Socket, length: number): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString();
      if (text.length >= length) resolve(text);
    });
  });
}

async function sayThrough(tunnel: Socket): Promise<string> {
  const answer = received(tunnel, 8);
  tunnel.write("ping");
  const text = await answer;
  tunnel.destroy();
  return text;
}

/** The failure, checked for what no failure may hold. */
async function failure(attempt: Promise<Socket>): Promise<FxaPairError> {
  const error = await failureOf(attempt);
  if (!(error instanceof FxaPairError)) throw new Error("not a FxaPairError", { cause: error });
  const texts = [error.message, error.hint, error.details, error.stack, String(error.cause)];
  for (const secret of [SECRET, Buffer.from(`user:${SECRET}`).toString("base64"), "\u001b"]) {
    expect(JSON.stringify(texts)).not.toContain(secret);
  }
  expect(error).toMatchObject({ code: "unreachable", details: { proxyVariable: "HTTPS_PROXY" } });
  expect(error.hint).toBeDefined();
  return error;
}

describe("a proxy that does its work", () => {
  test.each(["", "user:p%40ss%C3%BC@"])("HTTP, with the credentials %j", async (userinfo) => {
    const proxy = await started(startHttpProxy(userinfo === "" ? {} : { credentials: "user:p@ssü" }));
    const port = await echo();
    const tunnel = await open(`http://${userinfo}127.0.0.1:${proxy.port}`, port);
    expect(await sayThrough(tunnel)).toBe("pingping");
    expect(proxy.targets).toEqual([`${NAME}:${port}`]);
    expect(proxy.userAgents).toEqual(["fxa-pair/0 (test)"]);
    expect(proxy.credentials).toEqual(userinfo === "" ? [] : ["user:p@ssü"]);
    await vi.waitFor(() => {
      expect(proxy.open()).toBe(0);
    });
  });

  test.each(["", "user:p%40ss%C3%BC@"])("SOCKS5, with the credentials %j", async (userinfo) => {
    const proxy = await started(startSocksProxy(userinfo === "" ? {} : { credentials: "user:p@ssü" }));
    const port = await echo();
    const tunnel = await open(`socks5h://${userinfo}127.0.0.1:${proxy.port}`, port);
    expect(await sayThrough(tunnel)).toBe("pingping");
    expect(proxy.targets).toEqual([`${NAME}:${port}`]);
    await vi.waitFor(() => {
      expect(proxy.open()).toBe(0);
    });
  });

  test("socks5 is told the address that is known here, socks5h the name", async () => {
    const proxy = await started(startSocksProxy());
    const port = await echo();
    (await open(`socks5://127.0.0.1:${proxy.port}`, port, {}, "localhost")).destroy();
    (await open(`socks5h://127.0.0.1:${proxy.port}`, port, {}, "localhost")).destroy();
    expect(proxy.targets[0]).toMatch(/^(?:127\.0\.0\.1|\[0{31}1\]):/);
    expect(proxy.targets[1]).toBe(`localhost:${port}`);
  });

  test.each([
    ["192.0.2.7", "192.0.2.7"],
    ["2001:db8::a:1", "[20010db80000000000000000000a0001]"],
    ["::", "[00000000000000000000000000000000]"],
    ["1:2:3:4:5:6:7:8", "[00010002000300040005000600070008]"],
    ["::ffff:192.0.2.7", "[00000000000000000000ffffc0000207]"],
  ])("is told the address %s", async (host, told) => {
    const port = await echo();
    for (const scheme of ["socks5", "socks5h"]) {
      const socks = await started(startSocksProxy());
      (await open(`${scheme}://127.0.0.1:${socks.port}`, port, {}, host)).destroy();
      expect(socks.targets).toEqual([`${told}:${port}`]);
    }
    const http = await started(startHttpProxy());
    (await open(`http://127.0.0.1:${http.port}`, port, {}, host)).destroy();
    expect(http.targets).toEqual([host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`]);
  });

  test("what the server says at once is not lost", async () => {
    const http = await listen((socket) =>
      socket.once("data", () => socket.write("HTTP/1.0 200\r\n\r\nearly")),
    );
    expect(await received(await open(`http://127.0.0.1:${http}`), 5)).toBe("early");
    const socks = await listen((socket) => {
      socket.once("data", () => {
        socket.write(Buffer.concat([Buffer.from([5, 0, 5, 0, 0, 3, 1, 0x78, 0, 0]), Buffer.from("early")]));
      });
    });
    expect(await received(await open(`socks5h://127.0.0.1:${socks}`), 5)).toBe("early");
  });

  test("and says so byte by byte", async () => {
    const drip = (socket: Socket, bytes: Buffer) => {
      const [first] = bytes;
      if (first === undefined) return;
      socket.write(bytes.subarray(0, 1), () => setImmediate(drip, socket, bytes.subarray(1)));
    };
    const http = await listen((socket) =>
      socket.once("data", () => {
        drip(socket, Buffer.from("HTTP/1.1 200 OK\r\nX: y\r\n\r\nz"));
      }),
    );
    expect(await received(await open(`http://127.0.0.1:${http}`), 1)).toBe("z");
    const socks = await listen((socket) =>
      socket.once("data", () => {
        drip(socket, Buffer.from([5, 0, 5, 0, 0, 4, ...Buffer.alloc(18), 0x7a]));
      }),
    );
    expect(await received(await open(`socks5h://127.0.0.1:${socks}`), 1)).toBe("z");
  });

  test("its time limit ends with the tunnel's opening", async () => {
    const proxy = await started(startHttpProxy());
    const clock = new StoppedClock();
    const tunnel = await open(`http://127.0.0.1:${proxy.port}`, await echo(), { clock });
    expect(clock.timers.size).toBe(0);
    expect(await sayThrough(tunnel)).toBe("pingping");
  });
});

describe("a proxy that wants to know who is asking", () => {
  test.each(["http", "socks5h"])("%s", async (scheme) => {
    const start = scheme === "http" ? startHttpProxy : startSocksProxy;
    const proxy = await started(start({ credentials: `user:${SECRET}` }));
    const missing = await failure(open(`${scheme}://127.0.0.1:${proxy.port}`));
    expect(missing.message).toBe(`The proxy 127.0.0.1:${proxy.port} wants a user name and a password.`);
    expect(missing.hint).toBe(`Put them into HTTPS_PROXY, as in ${scheme}://user:password@host:port.`);
    const wrong = await failure(open(`${scheme}://user:${SECRET}x@127.0.0.1:${proxy.port}`));
    expect(wrong.message).toBe(
      `The proxy 127.0.0.1:${proxy.port} does not take this user name and password.`,
    );
    expect(proxy.targets).toEqual([]);
    await vi.waitFor(() => {
      expect(proxy.open()).toBe(0);
    });
  });

  test("by other means than a password", async () => {
    const port = await listen((socket) => {
      socket.once("data", () => {
        socket.end(
          "HTTP/1.1 407 Who\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n",
        );
      });
    });
    const error = await failure(open(`http://user:${SECRET}@127.0.0.1:${port}`));
    expect(error.message).toContain("another sign-in");
  });
});

/** What a server that is no good proxy does once it has heard something; and the words that tell of it. */
const answering =
  (...answer: (string | number[])[]) =>
  (socket: Socket) => {
    socket.on("data", () => {
      const next = answer.shift();
      if (next === undefined) socket.destroy();
      else socket.write(typeof next === "string" ? next : Buffer.from(next));
    });
  };

describe("a proxy that does not", () => {
  const HTTP = `http://user:${SECRET}@127.0.0.1`;
  const SOCKS = `socks5h://user:${SECRET}@127.0.0.1`;
  const OK = [5, 0];

  test.each<[string, string, (socket: Socket) => void, RegExp]>([
    [
      "forbids",
      HTTP,
      answering("HTTP/1.1 403 \u001b[31mNo\r\n\r\n"),
      /made no connection to .*pair.test:443: HTTP status 403/,
    ],
    ["fails", HTTP, answering("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nabc"), /HTTP status 502/],
    ["redirects", HTTP, answering("HTTP/1.1 302 Login\r\nLocation: http://x/\r\n\r\n"), /HTTP status 302/],
    ["cuts at once", HTTP, (socket) => socket.destroy(), /broke off/],
    ["cuts", HTTP, answering(), /broke off/],
    [
      "ends within its answer",
      HTTP,
      (socket) => socket.once("data", () => socket.end("HTTP/1.1 2")),
      /broke off|something else/,
    ],
    [
      "answers garbage",
      HTTP,
      answering("\u001b]0;title\u0007\r\n\r\n"),
      /answered something else .* an HTTP proxy/,
    ],
    [
      "is an SSH server",
      HTTP,
      (socket) => socket.resume().write("SSH-2.0-OpenSSH_9.2p1\r\n"),
      /answered something else/,
    ],
    ["is a SOCKS proxy", HTTP, answering([5, 0xff]), /answered something else/],
    [
      "has huge headers",
      HTTP,
      answering(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(20_000)}\r\n\r\n`),
      /answered far too much/,
    ],
    [
      "has endless headers",
      HTTP,
      answering("HTTP/1.1 200 OK\r\n" + "X: y\r\n".repeat(100_000)),
      /far too much/,
    ],
    ["cuts at once", SOCKS, (socket) => socket.destroy(), /broke off/],
    ["cuts", SOCKS, answering(), /broke off/],
    [
      "ends within its answer",
      SOCKS,
      (socket) => socket.once("data", () => socket.end(Buffer.from([5]))),
      /broke off/,
    ],
    ["cuts after the greeting", SOCKS, answering(OK), /broke off/],
    [
      "ends within its address",
      SOCKS,
      (socket) => socket.once("data", () => socket.end(Buffer.from([...OK, 5, 0, 0, 3, 9, 1]))),
      /broke off/,
    ],
    [
      "is an HTTP proxy",
      SOCKS,
      answering("HTTP/1.1 400 Bad Request\r\n\r\n"),
      /answered something else .* a SOCKS5 proxy/,
    ],
    ["picks a method nobody offered", SOCKS, answering([5, 1]), /answered something else/],
    ["is of another version", SOCKS, answering([4, 0]), /answered something else/],
    ["changes its version", SOCKS, answering(OK, [4, 0, 0, 1]), /answered something else/],
    ["invents a kind of address", SOCKS, answering(OK, [5, 0, 0, 9]), /answered something else/],
    ["says nothing good", SOCKS, answering(OK, [5, 1, 0, 1]), /does not say why/],
    ["forbids", SOCKS, answering(OK, [5, 2, 0, 1]), /pair.test:443: its rules forbid it/],
    ["finds no network", SOCKS, answering(OK, [5, 3, 0, 1]), /the network cannot be reached/],
    ["finds no host", SOCKS, answering(OK, [5, 4, 0, 1]), /the host cannot be reached/],
    ["is refused", SOCKS, answering(OK, [5, 5, 0, 1]), /the connection was refused/],
    ["finds it too far", SOCKS, answering(OK, [5, 6, 0, 1]), /too far away/],
    ["does not connect", SOCKS, answering(OK, [5, 7, 0, 1]), /makes no connections/],
    ["knows no names", SOCKS, answering(OK, [5, 8, 0, 1]), /does not know this kind/],
    ["invents a reply", SOCKS, answering(OK, [5, 99, 0, 1]), /does not say why/],
  ])("%s (%s)", async (_what, proxy, onConnection, words) => {
    const closed: Promise<unknown>[] = [];
    const port = await listen((socket) => {
      closed.push(new Promise((resolve) => void socket.once("close", resolve)));
      onConnection(socket);
    });
    const error = await failure(open(`${proxy}:${port}`));
    expect(error.message).toMatch(words);
    // Nothing is left open on our side.
    await Promise.all(closed);
  });

  test.each([
    ["http", "nothing"],
    ["http", "HTTP/1.1 200 OK\r\nX"],
    ["http", "HTTP/1.1 100 Continue\r\n\r\n"],
    ["socks5h", "nothing"],
    ["socks5h", "\u0005"],
    ["socks5h", "\u0005\u0000"],
  ])("hangs: %s, after %j", async (scheme, words) => {
    const clock = new StoppedClock();
    let closed: Promise<unknown> = Promise.resolve();
    const port = await listen((socket) => {
      closed = new Promise((resolve) => socket.once("close", resolve));
      socket.once("data", () => {
        if (words !== "nothing") socket.write(words);
        setImmediate(() => {
          clock.fire();
        });
      });
    });
    const error = await failure(open(`${scheme}://user:${SECRET}@127.0.0.1:${port}`, 443, { clock }));
    expect(error.message).toBe(`The proxy 127.0.0.1:${port} did not answer in time.`);
    await closed;
    expect(clock.timers.size).toBe(0);
  });

  test.each(["http", "https", "socks5h"])("is not there (%s)", async (scheme) => {
    const error = await failure(open(`${scheme}://user:${SECRET}@127.0.0.1:1`));
    expect(error.message).toBe("The proxy 127.0.0.1:1 cannot be reached (ECONNREFUSED).");
    expect(error.hint).toContain("HTTPS_PROXY");
  });

  test.each(["http", "socks5h"])("has a name that nobody knows (%s)", async (scheme) => {
    const error = await failure(open(`${scheme}://user:${SECRET}@proxy.invalid`));
    expect(error.message).toMatch(
      /^The proxy's name proxy\.invalid is not known \((?:ENOTFOUND|EAI_AGAIN)\)\.$/,
    );
  });

  test("cannot be told a name of more than 255 bytes, and is told no other", async () => {
    const proxy = await started(startSocksProxy());
    const port = await echo();
    // Its length in one byte would be that of the name in front: the rest would be read as the port, and as data.
    const name = `${NAME}.${"x".repeat(255)}`;
    const error = await failure(open(`socks5h://127.0.0.1:${proxy.port}`, port, {}, name));
    expect(error.message).toContain("no name of more than 255 bytes");
    expect(proxy.targets).toEqual([]);
    const longest = `${"x".repeat(255 - NAME.length - 1)}.${NAME}`;
    (await open(`socks5h://127.0.0.1:${proxy.port}`, port, {}, longest)).destroy();
    expect(proxy.targets).toEqual([`${longest}:${port}`]);
  });

  test("cannot be told an address that is not known here", async () => {
    const proxy = await started(startSocksProxy());
    const error = await failure(open(`socks5://127.0.0.1:${proxy.port}`, 443, {}, "accounts.invalid"));
    expect(error.message).toContain("accounts.invalid is not known on this machine");
    expect(error.hint).toContain("socks5h://");
    expect(proxy.targets).toEqual([]);
  });

  test("has a certificate that nobody vouches for, whatever the environment says", async () => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    onTestFinished(() => void vi.unstubAllEnvs());
    const proxy = await started(startHttpProxy({ tls: { cert: CERTIFICATE, key: CERTIFICATE_KEY } }));
    const error = await failure(open(`https://user:${SECRET}@localhost:${proxy.port}`));
    expect(error.message).toContain("certificate of the proxy localhost");
    expect(error.hint).toContain("NODE_EXTRA_CA_CERTS");
    expect(proxy.credentials).toEqual([]);
  });

  test("does not speak TLS", async () => {
    const proxy = await started(startHttpProxy());
    const error = await failure(open(`https://user:${SECRET}@127.0.0.1:${proxy.port}`));
    expect(error.message).toContain("does not speak TLS");
  });
});

describe("giving up", () => {
  const reason = new FxaPairError("interrupted", "Interrupted.");

  test.each(["http", "socks5h"])("before, and in the middle (%s)", async (scheme) => {
    const controller = new AbortController();
    let closed: Promise<unknown> = Promise.resolve();
    const port = await listen((socket) => {
      closed = new Promise((resolve) => socket.once("close", resolve));
      socket.once("data", () => {
        controller.abort(reason);
      });
    });
    const { signal } = controller;
    expect(await failureOf(open(`${scheme}://127.0.0.1:${port}`, 443, { signal }))).toBe(reason);
    await closed;
    expect(await failureOf(open(`${scheme}://127.0.0.1:${port}`, 443, { signal }))).toBe(reason);
  });

  test.each(["http", "socks5h"])("is too late once there is a tunnel (%s)", async (scheme) => {
    const proxy = await started(scheme === "http" ? startHttpProxy() : startSocksProxy());
    const controller = new AbortController();
    const { signal } = controller;
    const tunnel = await open(`${scheme}://127.0.0.1:${proxy.port}`, await echo(), { signal });
    controller.abort(reason);
    expect(await sayThrough(tunnel)).toBe("pingping");
  });
});
