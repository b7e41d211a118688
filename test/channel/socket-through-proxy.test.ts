import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { webSocketOpener } from "../../src/channel/socket.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { proxiesOf } from "../../src/network/proxies.ts";
import { failureOf, StoppedClock } from "../oauth/support.ts";
import { CERTIFICATE as cert, CERTIFICATE_KEY as key } from "../network/certificate.ts";
import { startHttpProxy, startSocksProxy } from "../network/proxy-servers.ts";

function openThrough(proxy: string, url: string, { clock = systemClock, timeout = 5000 } = {}) {
  const options = { url, userAgent: "fxa-pair/0 (test)", timeout, clock: clock };
  return webSocketOpener(proxiesOf({ ALL_PROXY: proxy }))({ ...options, listener: () => undefined });
}

async function listen(server: Server, onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
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

describe.each(["ws", "wss"])("a relay at %s", (scheme) => {
  test("whose proxy hangs is not waited for any longer than another", async () => {
    const clock = new StoppedClock();
    let closed: Promise<unknown> = Promise.resolve();
    const port = await listen(createServer(), (socket) => {
      closed = new Promise((resolve) => socket.resume().once("close", resolve));
      setImmediate(() => {
        clock.fire();
      });
    });
    const failure = await failureOf(
      openThrough(`http://user:secret@127.0.0.1:${port}`, `${scheme}://relay.pair.test`, { clock }),
    );
    expect(failure).toMatchObject({
      code: "unreachable",
      message: `The proxy 127.0.0.1:${port} did not answer in time.`,
    });
    await closed;
    expect(clock.timers.size).toBe(0);
  });

  test("that hangs behind its proxy is told of as such", async () => {
    const proxy = await startHttpProxy();
    onTestFinished(() => proxy.close());
    const clock = new StoppedClock();
    const port = await listen(createServer(), (socket) => {
      socket.once("data", () => {
        clock.fire();
      });
    });
    const url = `${scheme}://relay.pair.test:${port}`;
    expect(await failureOf(openThrough(`127.0.0.1:${proxy.port}`, url, { clock }))).toMatchObject({
      facts: {},
    });
    // The socket tells of its end a moment later.
    await vi.waitFor(() => {
      expect(clock.timers.size).toBe(0);
    });
  });

  test.each(["http", "socks5h"])("which is gone as soon as the proxy has agreed (%s)", async (kind) => {
    const port = await listen(createServer(), (socket) => {
      socket.once("data", () => {
        const [greeting, agreed] = [Buffer.from([5, 0]), Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])];
        if (kind === "http") socket.end("HTTP/1.1 200 OK\r\n\r\n");
        else socket.end(Buffer.concat([greeting, agreed]));
      });
    });
    const failure = await failureOf(
      openThrough(`${kind}://127.0.0.1:${port}`, `${scheme}://relay.pair.test`),
    );
    expect(failure).toMatchObject({ name: "ConnectError", facts: { systemCode: expect.any(String) } });
  });

  test("that refuses the upgrade behind the proxy", async () => {
    const proxy = await startSocksProxy();
    onTestFinished(() => proxy.close());
    const refuse = (socket: Socket) => {
      socket.once("data", () => socket.end("HTTP/1.1 503 Full\r\nRetry-After: 7\r\n\r\n"));
    };
    const port = await (scheme === "ws"
      ? listen(createServer(), refuse)
      : listen(createTlsServer({ cert, key }, refuse), () => undefined));
    const url = `${scheme}://relay.pair.test:${port}`;
    // Nobody vouches for the certificate here: with TLS it does not come so far.
    expect(await failureOf(openThrough(`socks5h://127.0.0.1:${proxy.port}`, url))).toMatchObject({
      facts:
        scheme === "ws" ? { status: 503, retryAfter: "7" } : { systemCode: "DEPTH_ZERO_SELF_SIGNED_CERT" },
    });
  });
});
