import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { WebSocket } from "ws";
import { WebSocketServer } from "ws";
import { openWebSocket } from "../../src/channel/socket.ts";
import type { SocketEvent } from "../../src/channel/socket.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { FakeClock } from "../relay/support.ts";

const UPGRADED = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";

const cleanups: (() => void)[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** Starts a server and gives its port. */
async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A relay of a few lines: what it does with a connection is the test's business. */
async function serve(onConnection: (socket: WebSocket, request: IncomingMessage) => void): Promise<string> {
  const http = createHttpServer();
  const server = new WebSocketServer({ server: http, perMessageDeflate: true });
  server.on("connection", onConnection);
  cleanups.push(() => {
    for (const client of server.clients) client.terminate();
  });
  return `ws://127.0.0.1:${await listen(http)}/v1/ws/`;
}

function request(url: string, clock = new FakeClock()) {
  const events: SocketEvent[] = [];
  let wake: () => void = () => undefined;
  return {
    options: {
      url,
      userAgent: "fxa-pair/0 (test)",
      timeout: 5000,
      clock,
      listener: (event: SocketEvent) => {
        events.push(event);
        wake();
      },
    },
    events,
    /** Waits until that many events are there. */
    async until(count: number) {
      while (events.length < count) await new Promise<void>((resolve) => (wake = resolve));
      return events;
    },
  };
}

describe("an open socket", () => {
  it("names this client, accepts no compression, and carries text both ways", async () => {
    let seen: IncomingMessage | undefined;
    const url = await serve((socket, upgrade) => {
      seen = upgrade;
      socket.send("first");
      socket.on("message", (text: Buffer) => {
        socket.send(text.toString());
      });
    });
    const { options, until } = request(url);
    const socket = await openWebSocket(options);
    expect(socket.send("ü")).toBe(true);
    expect(await until(2)).toEqual([
      { type: "text", text: "first" },
      { type: "text", text: "ü" },
    ]);
    expect(seen?.headers).toMatchObject({ "user-agent": "fxa-pair/0 (test)" });
    expect(seen?.headers).not.toHaveProperty("sec-websocket-extensions");
    expect(seen?.headers).not.toHaveProperty("origin");
    socket.close();
    expect((await until(3))[2]).toEqual({ type: "closed", code: 1000, reason: "" });
    expect(socket.send("too late")).toBe(false);
  });

  it("hears the other side's close code and reason, and 1006 for none", async () => {
    const url = await serve((socket) => {
      socket.close(4001, "lifespan over");
    });
    const closed = request(url);
    await openWebSocket(closed.options);
    expect(await closed.until(1)).toEqual([{ type: "closed", code: 4001, reason: "lifespan over" }]);
    const dropping = await serve((socket) => {
      socket.terminate();
    });
    const clock = new FakeClock();
    const dropped = request(dropping, clock);
    await openWebSocket(dropped.options);
    expect(await dropped.until(1)).toEqual([{ type: "closed", code: 1006, reason: "" }]);
    expect(clock.pending).toBe(0);
  });

  it.each([
    [
      "a binary message",
      (socket: WebSocket) => {
        socket.send(Buffer.from([1, 2, 3]));
      },
    ],
    [
      "ten megabytes",
      (socket: WebSocket) => {
        socket.send("x".repeat(10_000_000));
      },
    ],
  ])("calls %s a violation", async (_what, onConnection) => {
    const { options, until } = request(await serve(onConnection));
    await openWebSocket(options);
    expect((await until(1))[0]).toEqual({ type: "violation" });
  });

  it.each([
    [
      "pings",
      (socket: WebSocket) => {
        socket.ping();
      },
    ],
    [
      "pongs that nobody asked for",
      (socket: WebSocket) => {
        socket.pong();
      },
    ],
    [
      "empty messages",
      (socket: WebSocket) => {
        socket.send("");
      },
    ],
    [
      "pieces of one message",
      (socket: WebSocket) => {
        socket.send("", { fin: false });
      },
    ],
  ])(
    "C9: calls more %s than any pairing takes a violation, and looks at none after it",
    async (what, send) => {
      const MOST = what === "pieces of one message" ? 64 : 2048;
      let relay: WebSocket | undefined;
      const { options, until, events } = request(await serve((socket) => (relay = socket)));
      await openWebSocket(options);
      for (let count = 0; count < MOST + 1000; count++) if (relay !== undefined) send(relay);
      const texts = what === "empty messages" ? MOST : 0;
      expect((await until(texts + 2)).slice(texts)).toEqual([
        { type: "violation" },
        { type: "closed", code: expect.any(Number) as number, reason: "" },
      ]);
      expect(events).toHaveLength(texts + 2);
    },
  );

  it("C9: counts no frame against a relay that pings each second, however long", async () => {
    const clock = new FakeClock();
    let relay: WebSocket | undefined;
    const { options, until, events } = request(await serve((socket) => (relay = socket)), clock);
    await openWebSocket(options);
    const pinged = (count: number) =>
      new Promise<void>((resolve) => {
        let left = count;
        relay?.on("pong", () => {
          if (--left === 0) resolve();
        });
        for (let each = 0; each < count; each++) relay?.ping();
      });
    await pinged(2048);
    clock.advance(10_000);
    await pinged(10);
    expect(events).toEqual([]);
    relay?.ping();
    expect((await until(1))[0]).toEqual({ type: "violation" });
  });

  it("C9: looks at nothing that came with what made it end", async () => {
    const url = await serve((relay) => {
      relay.on("message", () => {
        for (let count = 0; count < 100; count++) relay.send("x");
      });
    });
    const events: SocketEvent[] = [];
    await new Promise<void>((resolve, reject) => {
      const listener = (event: SocketEvent) => {
        events.push(event);
        if (event.type === "closed") resolve();
        else end();
      };
      let end: () => void = reject;
      openWebSocket({ ...request(url).options, listener }).then((socket) => {
        end = () => {
          socket.terminate();
        };
        // Not sooner: what comes together with the upgrade is there before anybody can end it.
        socket.send("go on");
      }, reject);
    });
    expect(events).toEqual([
      { type: "text", text: "x" },
      { type: "closed", code: 1006, reason: "" },
    ]);
  });

  it("counts as lost after a minute without any frame", async () => {
    const clock = new FakeClock();
    let ping: () => void = () => undefined;
    const url = await serve((socket) => {
      ping = () => {
        socket.ping();
      };
      socket.on("pong", () => {
        socket.send("pong");
      });
    });
    const { options, until, events } = request(url, clock);
    await openWebSocket(options);
    clock.advance(59_000);
    ping();
    await until(1);
    clock.advance(59_000);
    expect(events).toHaveLength(1);
    clock.advance(1000);
    expect((await until(2))[1]).toEqual({ type: "closed", code: 1006, reason: "" });
  });
});

describe("a relay that pings and does not read", () => {
  const LIMIT = 64 * 1024;

  async function pinged(unsent: number) {
    let ping: () => void = () => undefined;
    const url = await serve((socket) => {
      ping = () => {
        socket.ping();
      };
      socket.on("pong", () => {
        socket.send("pong");
      });
    });
    const { options, until } = request(url);
    await openWebSocket(options);
    // Filling the system's own buffers would take megabytes.
    const { WebSocket: Client } = await import("ws");
    const buffered = vi.spyOn(Client.prototype, "bufferedAmount", "get").mockReturnValue(unsent);
    cleanups.push(() => {
      buffered.mockRestore();
    });
    ping();
    return (await until(1))[0];
  }

  it("is given up before its answers fill the memory", async () => {
    expect(await pinged(LIMIT)).toEqual({ type: "text", text: "pong" });
    expect(await pinged(LIMIT + 1)).toEqual({ type: "violation" });
  });
});

describe("a socket that does not open", () => {
  it("tells the server's status and how long to wait", async () => {
    const http = createHttpServer();
    http.on("upgrade", (_upgrade, socket) => {
      socket.end("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
    });
    const { options } = request(`ws://127.0.0.1:${await listen(http)}/`);
    await expect(openWebSocket(options)).rejects.toMatchObject({ facts: { status: 503, retryAfter: "7" } });
  });

  it("follows no redirection", async () => {
    const elsewhere = await serve(() => undefined);
    const http = createHttpServer();
    http.on("upgrade", (_upgrade, socket) => {
      socket.end(`HTTP/1.1 302 Found\r\nLocation: ${elsewhere}\r\nContent-Length: 0\r\n\r\n`);
    });
    const { options } = request(`ws://127.0.0.1:${await listen(http)}/`);
    await expect(openWebSocket(options)).rejects.toMatchObject({ facts: { status: 302 } });
  });

  it("tells the system's error", async () => {
    const http = createHttpServer();
    const port = await listen(http);
    await new Promise((resolve) => http.close(resolve));
    const { options } = request(`ws://127.0.0.1:${port}/`);
    await expect(openWebSocket(options)).rejects.toMatchObject({ facts: { systemCode: "ECONNREFUSED" } });
  });

  it.each([
    ["speaks no HTTP", "ws", "SSH-2.0-OpenSSH_9.2p1\r\n", /^HPE_/],
    ["speaks no TLS", "wss", "HTTP/1.1 400 Bad Request\r\n\r\n", /^EPROTO$|^ERR_SSL_/],
    ["opens no WebSocket", "ws", `${UPGRADED}Sec-WebSocket-Accept: no\r\n\r\n`, /^not a WebSocket$/],
  ])("tells a server that %s", async (_what, scheme, answer, systemCode) => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined).once("data", () => socket.end(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => server.close());
    const { options } = request(`${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const facts = { systemCode: expect.stringMatching(systemCode) };
    await expect(openWebSocket(options)).rejects.toMatchObject({ facts });
  });

  it("is given up when the time is over", async () => {
    const clock = new FakeClock();
    const http = createHttpServer();
    const asked = new Promise((resolve) => http.on("upgrade", resolve));
    const { options } = request(`ws://127.0.0.1:${await listen(http)}/`, clock);
    const opening = openWebSocket(options);
    const refused = expect(opening).rejects.toMatchObject({ facts: {} });
    await asked;
    clock.advance(5000);
    await refused;
  });

  it.skipIf(spawnSync("openssl", ["version"]).status !== 0)(
    "has a certificate nobody vouches for, whatever NODE_TLS_REJECT_UNAUTHORIZED says",
    async () => {
      vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
      const https = createHttpsServer(selfSigned());
      new WebSocketServer({ server: https });
      const { options } = request(`wss://127.0.0.1:${await listen(https)}/`);
      await expect(openWebSocket({ ...options, clock: systemClock })).rejects.toMatchObject({
        facts: { systemCode: "DEPTH_ZERO_SELF_SIGNED_CERT" },
      });
    },
  );
});

/** A fresh key and certificate for 127.0.0.1. */
function selfSigned(): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), "fxa-pair-"));
  try {
    const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", keyFile];
    spawnSync("openssl", ["req", "-x509", ...key, "-out", certFile, "-days", "1", ...subject]);
    return { key: readFileSync(keyFile, "utf8"), cert: readFileSync(certFile, "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
