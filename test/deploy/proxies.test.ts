/** The relay behind real proxies, set up as deploy/ says: what goes through, what does not, and what they keep of it. */
import { request } from "node:https";
import { afterEach, describe, expect, it } from "vitest";
import { DEFAULT_SETTINGS } from "../../src/relay/settings.ts";
import { CERTIFICATE } from "../oauth/self-signed.ts";
import type { Answer, TestRelay } from "../relay/support.ts";
import { closeRelays, handshake, TestClient, testRelay } from "../relay/support.ts";
import { caddy, checkConfiguration, composeCaddy, nginx, Proxy } from "./proxies.ts";
import type { ProxyKind } from "./proxies.ts";
import { readDeployFile } from "./tools.ts";

afterEach(async () => {
  await closeRelays();
  await Proxy.stopAll();
});

const TLS = { ca: CERTIFICATE };

const behind = (kind: ProxyKind, ...relays: readonly TestRelay[]): Promise<Proxy> =>
  Proxy.start(
    kind,
    relays.map(({ relay }) => Number(new URL(relay.url).port)),
  );

const connect = (proxy: Proxy, id = "", query = "") =>
  TestClient.connect(`${proxy.url}/v1/ws/${id}${query}`, { ...TLS, perMessageDeflate: true });

function ask(proxy: Proxy, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(proxy.url);
    const asked = request({ hostname, port, path, headers, agent: false, ...TLS });
    asked.on("error", reject);
    asked.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    asked.end();
  });
}

const titled = ({ name, available }: ProxyKind) =>
  available ? name : `${name} (skipped: it is not installed)`;

for (const kind of [nginx, caddy, composeCaddy]) {
  describe.skipIf(!kind.available)(titled(kind), () => {
    it("has nothing against its configuration", async () => {
      const { status, said } = await checkConfiguration(kind);
      expect(status, said).toBe(0);
      expect(said).not.toMatch(kind.doubts);
    });

    it("carries messages both ways, uncompressed, and the close code with its reason", async () => {
      const proxy = await behind(kind, await testRelay());
      const first = await connect(proxy);
      const second = await connect(proxy, first.id);
      expect(second.upgrade?.headers["sec-websocket-extensions"]).toBeUndefined();
      first.send("there");
      expect(await second.nextMessage()).toBe("there");
      second.send("and back");
      expect(await first.nextMessage()).toBe("and back");
      second.socket.send(Buffer.from("binary"));
      const told = { code: 1003, reason: "binary message" };
      expect([await first.closed, await second.closed]).toEqual([told, told]);
    });

    it("tells the relay whose request it is, whatever the client says", async () => {
      const proxy = await behind(kind, await testRelay({ trustedProxy: "127.0.0.1" }));
      const first = await connect(proxy);
      // Another address of this machine than the proxy's own.
      const second = await TestClient.connect(`${proxy.url}/v1/ws/${first.id}`, {
        ...TLS,
        localAddress: "127.0.0.2",
        headers: { "X-Forwarded-For": "198.51.100.7, not an address", "X-Real-IP": "198.51.100.7" },
      });
      second.send("hello");
      expect(JSON.parse(await first.next())).toMatchObject({ sender: { remote: "127.0.0.2" } });
    });

    it("passes refusals on as they are", async () => {
      const { relay, ...rest } = await testRelay({ maxChannels: 1 });
      const proxy = await behind(kind, { relay, ...rest });
      const malformed = await ask(proxy, "/v1/ws/..%2fx", handshake());
      expect([malformed.status, JSON.parse(malformed.body)]).toEqual([
        400,
        expect.objectContaining({ error: "malformed_id" }),
      ]);
      await connect(proxy);
      const full = await ask(proxy, "/v1/ws/", handshake());
      expect([full.status, full.headers["retry-after"]]).toEqual([503, "10"]);
      expect((await ask(proxy, "/v1/ws/")).status).toBe(426);
    });

    it("shows health to the public, and nothing else", async () => {
      const proxy = await behind(kind, await testRelay());
      const statuses = Object.fromEntries(
        await Promise.all(
          [
            "/__heartbeat__",
            "/__lbheartbeat__",
            "/__version__",
            "/metrics",
            "/",
            "/metrics/",
            "//metrics",
          ].map(async (path) => [path, (await ask(proxy, path)).status] as const),
        ),
      );
      expect(statuses).toEqual({
        "/__heartbeat__": 200,
        "/__lbheartbeat__": 200,
        "/__version__": 200,
        "/metrics": 404,
        "/": 404,
        "/metrics/": 404,
        "//metrics": 404,
      });
    });

    it("keeps no channel id, no token and no number of a channel, not even of what fails", async () => {
      const running = await testRelay();
      const proxy = await behind(kind, running);
      const first = await connect(proxy);
      await connect(proxy, first.id);
      await ask(proxy, `/v1/ws/${first.id}`, handshake());
      await running.relay.close();
      const token = "resume-token-0123456789";
      const failed = await ask(proxy, `/v1/ws/${first.id}?resume=${token}`, handshake());
      // Caddy with two relays may have given both up by then, which it calls 503.
      expect([502, 503]).toContain(failed.status);
      expect([502, 503]).toContain((await ask(proxy, "/v1/nameplates/86421357", handshake())).status);
      const logs = proxy.logs();
      expect(logs).not.toBe("");
      expect(logs).not.toContain(first.id.slice(0, 7));
      expect(logs).not.toContain(token.slice(0, 12));
      expect(logs).not.toContain("86421357");
    });
  });
}

for (const kind of [nginx, composeCaddy]) {
  describe.skipIf(!kind.available)(`${titled(kind)}, in front of two relays`, () => {
    it("opens channels at the one that is not about to stop, whichever it is", async () => {
      for (const stops of [0, 1]) {
        const relays = [await testRelay(), await testRelay()];
        const proxy = await behind(kind, ...relays);
        await relays[stops]?.open();
        void relays[stops]?.relay.drain(30);
        for (let count = 0; count < 4; count++) await connect(proxy);
        expect(relays[1 - stops]?.relay.stats().channels).toBe(4);
      }
    });

    it("says so, and when to come again, if both are full", async () => {
      const relays = [await testRelay({ maxChannels: 1 }), await testRelay({ maxChannels: 1 })] as const;
      const proxy = await behind(kind, ...relays);
      for (const { open } of relays) await open();
      for (let count = 0; count < 3; count++) {
        const refused = await ask(proxy, "/v1/ws/", handshake());
        expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "10"]);
      }
      expect((await ask(proxy, "/__heartbeat__")).status).toBe(200);
    });

    it("goes on with the other one when one is gone", async () => {
      const [gone, staying] = [await testRelay(), await testRelay()];
      const proxy = await behind(kind, gone, staying);
      await gone.relay.close();
      for (let count = 0; count < 4; count++) await connect(proxy);
      expect(staying.relay.stats().channels).toBe(4);
    });
  });
}

describe("nginx's time limits", () => {
  it.each(["proxy_read_timeout", "proxy_send_timeout"])("%s is above the relay's own", (name) => {
    const channels = /location \/v1\/ \{.*?\n {4}\}/s.exec(readDeployFile("nginx.conf"))?.[0] ?? "";
    const seconds = Number(new RegExp(`${name} (\\d+)s;`).exec(channels)?.[1]);
    expect(seconds).toBeGreaterThan(DEFAULT_SETTINGS.clientTimeout);
  });
});
