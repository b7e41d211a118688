import { createServer as createTlsServer } from "node:https";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { FxaPairError } from "../../src/lib/errors.ts";
import { proxiesOf } from "../../src/network/proxies.ts";
import { successDocument } from "../../src/oauth/error-table.ts";
import { startHttpProxy } from "../network/proxy-servers.ts";
import { CERTIFICATE, CERTIFICATE_KEY } from "./self-signed.ts";
import { failureOf, newHttpClient, serve, StoppedClock } from "./support.ts";

const get = (url: string, signal?: AbortSignal) => newHttpClient().request({ method: "GET", url, signal });

test("sends and reads JSON, and introduces itself", async () => {
  const url = await serve((request, response) => {
    request.setEncoding("utf8");
    request.on("data", (body: string) => {
      const { method, headers } = request;
      response.setHeader("timestamp", "1700000123");
      response.end(JSON.stringify({ method, headers, body }));
    });
  });
  const headers = { authorization: "Bearer x" };
  const answer = await newHttpClient().request({ method: "POST", url, headers, body: { ä: 1 } });
  expect(answer).toMatchObject({ status: 200, retryAfter: undefined, serverTime: 1_700_000_123 });
  expect(answer.document).toMatchObject({
    method: "POST",
    body: '{"ä":1}',
    headers: {
      "content-type": "application/json",
      "content-length": "8",
      "user-agent": "fxa-pair/test",
      authorization: "Bearer x",
    },
  });
});

describe("limits", () => {
  test("a body of 50 MB is cut off at a megabyte", async () => {
    let sent = 0;
    const url = await serve((_, response) => {
      const chunk = Buffer.alloc(256 * 1024, "x");
      const write = () => {
        while (sent < 50 * 1024 * 1024 && !response.destroyed) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once("drain", write);
        }
        response.end();
      };
      write();
    });
    expect(await failureOf(get(url))).toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("too long"),
    });
    expect(sent).toBeLessThan(20 * 1024 * 1024);
  });

  test("a body that comes byte by byte is cut off in time", async () => {
    const clock = new StoppedClock();
    let ended = false;
    const url = await serve((_, response) => {
      response.write("{");
      response.on("close", () => (ended = true));
      setImmediate(() => {
        clock.fire();
      });
    });
    const failure = await failureOf(newHttpClient({ clock }).request({ method: "GET", url }));
    expect(failure).toMatchObject({ code: "unreachable", message: expect.stringContaining("too slowly") });
    await vi.waitFor(() => {
      expect(ended).toBe(true);
    });
  });

  test("N4: each request has fifteen seconds, unless it is to have another time", async () => {
    const times: number[] = [];
    class TimedClock extends StoppedClock {
      override after(milliseconds: number, action: () => void): () => void {
        times.push(milliseconds);
        return super.after(milliseconds, action);
      }
    }
    const url = await serve((_, response) => response.end("{}"));
    const clock = new TimedClock();
    for (const client of [newHttpClient({ clock }), newHttpClient({ clock, timeLimit: 50 })])
      await client.request({ method: "GET", url });
    expect(times).toEqual([15_000, 50]);
  });

  test("a server that never answers is given up on, and the limit ends with the answer", async () => {
    const clock = new StoppedClock();
    const silent = await serve(() => {
      clock.fire();
    });
    const client = newHttpClient({ clock });
    expect(await failureOf(client.request({ method: "GET", url: silent }))).toMatchObject({
      code: "unreachable",
    });
    const quick = await serve((_, response) => response.end("{}"));
    await client.request({ method: "GET", url: quick });
    expect(clock.timers.size).toBe(0);
  });

  test("an interruption ends a request with its own reason", async () => {
    const controller = new AbortController();
    const url = await serve(() => {
      controller.abort(new FxaPairError("interrupted", "Interrupted."));
    });
    expect(await failureOf(get(url, controller.signal))).toMatchObject({ code: "interrupted" });
    expect(await failureOf(get(url, controller.signal))).toMatchObject({ code: "interrupted" });
  });
});

describe("while there is no connection yet", () => {
  /** Accepts connections and says nothing: to TLS, and as a proxy. */
  const startSilence = async () => {
    let onHeard: () => void = () => undefined;
    const heard = new Promise<void>((resolve) => (onHeard = resolve));
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", onHeard);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    return { address: `127.0.0.1:${String(port)}`, heard };
  };

  test.each(["directly", "through a proxy"])("an interruption ends a request at once, %s", async (way) => {
    const { address, heard } = await startSilence();
    const isDirect = way === "directly";
    const client = newHttpClient(isDirect ? {} : { proxyFor: proxiesOf({ ALL_PROXY: address }) });
    onTestFinished(() => client.close());
    const controller = new AbortController();
    const url = `https://${isDirect ? address : "a.pair.test"}`;
    const pending = failureOf(client.request({ method: "GET", url, signal: controller.signal }));
    await heard;
    controller.abort(new FxaPairError("interrupted", "Interrupted."));
    const later = vi.waitUntil(() => false, { timeout: 2000 }).catch(() => "ten seconds later, perhaps");
    expect(await Promise.race([pending, later])).toMatchObject({ code: "interrupted" });
  });
});

describe("answers that are not the server's", () => {
  const reading = async (listener: Parameters<typeof serve>[0]) => {
    const answer = await get(await serve(listener));
    try {
      return successDocument(answer, "auth", "host.example");
    } catch (error) {
      return error;
    }
  };

  test("HTML under 200", async () => {
    const error = await reading((_, response) => response.end("<html>robot?</html>"));
    expect(error).toMatchObject({ code: "unreachable", message: "host.example answered without JSON." });
  });

  test.each([403, 406])("an empty %i, as bot rules answer", async (status) => {
    const error = await reading((_, response) => response.writeHead(status).end());
    expect(error).toMatchObject({ code: "refused", hint: expect.stringContaining("Pair this device") });
  });

  test.each([301, 302, 307])("a redirect (%i) is not followed", async (status) => {
    let followed = 0;
    const elsewhere = await serve((_, response) => {
      followed += 1;
      response.end("{}");
    });
    const error = await reading((_, response) =>
      response.writeHead(status, { location: elsewhere }).end("{}"),
    );
    expect(error).toMatchObject({ code: "unreachable", message: expect.stringContaining("redirect") });
    expect(followed).toBe(0);
  });

  test.each([
    ["an array of a thousand levels", "[".repeat(1000)],
    ["a million levels", "[".repeat(1_000_000)],
    ["broken UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ["a text", '"x"'],
    ["null", "null"],
    ["nothing", ""],
  ])("%s instead of a JSON object", async (_, body) => {
    expect(await reading((_request, response) => response.end(body))).toMatchObject({ code: "unreachable" });
  });
});

describe("connections", () => {
  test("one that is refused", async () => {
    const url = await serve((_, response) => response.end());
    const closed = url.replace(/:\d+$/, ":1");
    expect(await failureOf(get(closed))).toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  test.each(["before the answer", "within the answer"])("one that breaks %s", async (when) => {
    const url = await serve((request, response) => {
      if (when === "within the answer") response.write('{"a":');
      setImmediate(() => request.socket.destroy());
    });
    expect(await failureOf(get(url))).toMatchObject({ code: "unreachable" });
  });

  test("a server that speaks something else, whose words are not repeated", async () => {
    const server = createServer((socket) => socket.end("\u001b]0;title\u0007 hello\r\n\r\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const failure = await failureOf(
      get(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`),
    );
    expect(failure).toMatchObject({ code: "unreachable", message: expect.not.stringContaining("title") });
  });

  test("an unknown certificate is refused, whatever the environment says", async () => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    onTestFinished(() => void vi.unstubAllEnvs());
    let served = 0;
    const server = createTlsServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY }, (_, response) => {
      served += 1;
      response.end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    expect(await failureOf(get(`https://localhost:${String(port)}`))).toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("certificate"),
      hint: expect.stringContaining("NODE_EXTRA_CA_CERTS"),
    });
    expect(served).toBe(0);
  });

  test("a proxy carries http and https, is kept for the next request, and is not used within this machine", async () => {
    const proxy = await startHttpProxy({ credentials: "user:secret" });
    onTestFinished(() => proxy.close());
    const url = await serve((_, response) => response.end("{}"));
    const variables = { ALL_PROXY: `http://user:secret@127.0.0.1:${proxy.port}` };
    const client = newHttpClient({ proxyFor: proxiesOf(variables) });
    const port = new URL(url).port;
    const names = Array.from({ length: 6 }, () => "a.pair.test");
    for (const host of [...names, "127.0.0.1", "localhost"]) {
      expect((await client.request({ method: "GET", url: `http://${host}:${port}` })).status).toBe(200);
    }
    expect(new Set(proxy.targets)).toEqual(new Set([`a.pair.test:${port}`]));
    // A request that comes right after another one's answer may need a second.
    expect(proxy.targets.length).toBeLessThanOrEqual(2);

    const tls = createTlsServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY });
    await new Promise<void>((resolve) => tls.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void tls.close());
    const secure = `a.pair.test:${String((tls.address() as AddressInfo).port)}`;
    const failure = await failureOf(client.request({ method: "GET", url: `https://${secure}` }));
    // The certificate is the server's, not the proxy's.
    expect(failure).toMatchObject({ message: expect.stringContaining(`certificate of ${secure}`) });
    expect(proxy.targets.at(-1)).toBe(secure);
  });

  test("a proxy that fails is told of as such, and does not hold up the end", async () => {
    const refusing = newHttpClient({ proxyFor: proxiesOf({ ALL_PROXY: "http://user:secret@127.0.0.1:1" }) });
    expect(
      await failureOf(refusing.request({ method: "GET", url: "https://a.pair.test/path" })),
    ).toMatchObject({
      code: "unreachable",
      message: "The proxy 127.0.0.1:1 cannot be reached (ECONNREFUSED).",
    });

    let closed: Promise<unknown> = Promise.resolve();
    let asked: () => void = () => undefined;
    const connected = new Promise<void>((resolve) => (asked = resolve));
    const silent = createServer((socket) => {
      closed = new Promise((resolve) => socket.resume().once("close", resolve));
      asked();
    });
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const client = newHttpClient({ proxyFor: proxiesOf({ ALL_PROXY: `127.0.0.1:${String(port)}` }) });
    const pending = failureOf(client.request({ method: "GET", url: "https://a.pair.test" }));
    await connected;
    await client.close();
    await closed;
    expect(await pending).toMatchObject({ code: "unreachable" });
  });
});
