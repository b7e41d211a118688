/** Redis in all the ways that it is run: with users and TLS, behind sentinels, as a cluster, and where it cannot be used. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { ENDINGS } from "../../src/relay/endings.ts";
import { channelKeys, slotOf } from "../../src/relay/redis/keys.ts";
import { startRedisBackplane } from "../../src/relay/redis/start.ts";
import { CERTIFICATE, CERTIFICATE_KEY } from "../oauth/self-signed.ts";
import { LIMITS } from "./contract/world.ts";
import type { Guest } from "./redis-nodes.ts";
import { pair, stopNodes, TestNode } from "./redis-nodes.ts";
import { clusterUrl, describeWithRedis, onFreePort, RedisServer, startCluster } from "./redis-server.ts";
import { RecordingLog, RecordingObserver } from "./support.ts";

describeWithRedis("Redis", () => {
  let servers: RedisServer[] = [];
  afterEach(async () => {
    await stopNodes();
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });
  const start = async (...options: string[]): Promise<RedisServer> => {
    const server = await RedisServer.start(options);
    servers.push(server);
    return server;
  };
  const failure = async (setting: string): Promise<{ code: string; message: string; hint: string }> => {
    const log = new RecordingLog();
    const options = { limits: LIMITS, heartbeat: 5_000, observer: new RecordingObserver(), log };
    const started = startRedisBackplane(setting, { ...options, clock: systemClock, random: systemRandom });
    const error = await started.then(
      () => new Error(`not refused: ${JSON.stringify(log.lines)}`),
      (thrown: unknown) => thrown,
    );
    return error as { code: string; message: string; hint: string };
  };

  const talk = async (first: Guest, second: Guest): Promise<void> => {
    first.says("hello");
    expect((await second.hears(1)).at(-1)).toBe("hello");
  };

  describe("with a user", () => {
    const PASSWORD = "pass:w@rd/100%";
    /** As the operator is told to make it. */
    const documented = readFileSync(new URL("../../docs/relay.md", import.meta.url), "utf8");
    const [, rule = ""] = /ACL SETUSER relay on >password ([^]+?)\n\n/.exec(documented) ?? [];

    it("who may do no more than the documentation says, serves, on a database of its own", async () => {
      const server = await start();
      server.cli("ACL", "SETUSER", "relay", "on", `>${PASSWORD}`, ...rule.split(/\s+/), "+select");
      const login = `relay:${encodeURIComponent(PASSWORD)}`;
      const limits = { connectRate: 20, channelsPerAddress: 64 };
      const node = await TestNode.start(`redis://${login}@127.0.0.1:${server.port}/3`, { limits });
      const asked = { id: "AAAAAAAAAAAAAAAAAAAAAA", token: "t", address: "192.0.2.1", nameplate: true };
      const first = node.seat(await node.backplane.open(asked));
      const plate = first.admission.nameplate ?? "";
      const byPlate = { token: "u", address: "192.0.2.2", nameplate: plate };
      const second = node.seat(await node.backplane.joinByNameplate(byPlate));
      await talk(first, second);
      second.isLost();
      await node.resume(second);
      first.leaves();
      await node.backplane.settled();
      expect(await node.backplane.failing()).toBeUndefined();
      expect(server.cli("DBSIZE")).toBe("0");
      expect(server.cli("ACL", "LOG")).toBe("");
    });

    it("or password that is wrong, says so without telling it", async () => {
      const server = await start("--requirepass", "right");
      for (const login of ["", ":wr0ng@", "nobody:wr0ng@"]) {
        const { code, message, hint } = await failure(`redis://${login}127.0.0.1:${server.port}`);
        expect([code, message]).toEqual(["usage", expect.stringMatching(/WRONGPASS|NOAUTH/)]);
        expect(hint).toMatch(/user and password/);
        expect(message + hint).not.toContain("wr0ng");
      }
    });
  });

  describe("that cannot be used", () => {
    it("as it does not know how to sign in, says so without telling the password", async () => {
      const server = await start("--rename-command", "HELLO", "");
      const { code, message } = await failure(`redis://relay:canary@127.0.0.1:${server.port}`);
      expect([code, message]).toEqual(["usage", expect.stringMatching(/unknown command 'HELLO'$/)]);
    });

    it.each([
      ["has no FUNCTION", ["--rename-command", "FUNCTION", ""], "", /FUNCTION LOAD/, /Redis 7 or Valkey/],
      ["is no cluster", [], "+cluster", /cluster support/, /redis:\/\//],
      ["is no sentinel", [], "+sentinel", /SENTINEL/, /sentinels/],
    ])("as it %s, says so", async (_name, options, kind, problem, advice) => {
      const server = await start(...options);
      const path = kind === "+sentinel" ? "/relay" : "";
      const { code, message, hint } = await failure(`redis${kind}://127.0.0.1:${server.port}${path}`);
      expect([code, message, hint]).toEqual([
        "usage",
        expect.stringMatching(problem),
        expect.stringMatching(advice),
      ]);
    });

    it("as its user may not load functions, says so", async () => {
      const server = await start();
      server.cli("ACL", "SETUSER", "relay", "on", ">secret", "~*", "&*", "+@all", "-function");
      const { message } = await failure(`redis://relay:secret@127.0.0.1:${server.port}`);
      expect(message).toMatch(/FUNCTION LOAD.*NOPERM/);
    });

    it.each([
      ["time", /'time' command/],
      ["fcall", /'fcall' command/],
      ["ssubscribe", /'ssubscribe' command/],
      ["zadd", /executing the script can't run/],
    ])("as its user may not %s, says so, and drops nothing", async (command, problem) => {
      const server = await start();
      server.cli("ACL", "SETUSER", "relay", "on", ">secret", "~*", "&*", "+@all", `-${command}`);
      server.cli("ZADD", "fxa-pair:{nodes}", String(Date.now()), "another");
      const { message, hint } = await failure(`redis://relay:secret@127.0.0.1:${server.port}`);
      expect([message, hint]).toEqual([
        expect.stringMatching(problem),
        expect.stringMatching(/every command/),
      ]);
      expect(server.cli("ZSCORE", "fxa-pair:{nodes}", "another")).not.toBe("");
    });

    it("as it is part of a cluster, says so", async () => {
      servers = await startCluster(2);
      const { message, hint } = await failure(servers[0]!.url);
      expect(message).toMatch(/part of a cluster/);
      expect(hint).toMatch(/redis\+cluster/);
    });

    it("as nobody is there, is looked for until it is", async () => {
      const server = await start();
      await server.kill9();
      const node = await TestNode.start(server.url);
      expect(node.log.lines).toMatchObject([{ level: "error", event: "redis_lost" }]);
      expect(await node.backplane.failing()).toBe("redis");
      await expect(node.open()).rejects.toThrow(/just now/);
      // Each attempt is counted, so that it shows for as long as it lasts.
      await vi.waitFor(() => {
        expect(node.observer.failures).toBeGreaterThan(2);
      }, 5_000);
      const found = node.log.next("redis_found");
      await server.startAgain();
      await found;
      const [first, second] = await pair(node);
      await talk(first, second);
    });
  });

  describe("over TLS", () => {
    const tlsServer = async (): Promise<number> => {
      const server = await start();
      const [certificate, key] = [join(server.folder, "cert.pem"), join(server.folder, "key.pem")];
      writeFileSync(certificate, CERTIFICATE);
      writeFileSync(key, CERTIFICATE_KEY);
      const set = [
        "CONFIG",
        "SET",
        "tls-cert-file",
        certificate,
        "tls-key-file",
        key,
        "tls-auth-clients",
        "no",
      ];
      return onFreePort(async (port) => {
        server.cli(...set, "tls-port", String(port));
        return port;
      });
    };

    it("is not trusted without a certificate that checks out, whatever the environment says", async () => {
      const port = await tlsServer();
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
      try {
        const { code, message, hint } = await failure(`rediss://127.0.0.1:${port}`);
        expect([code, message]).toEqual(["usage", expect.stringMatching(/SELF_SIGNED/)]);
        expect(hint).toMatch(/NODE_EXTRA_CA_CERTS/);
      } finally {
        delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      }
    });

    it("serves with the authority's certificate", async () => {
      const port = await tlsServer();
      const authority = join(servers[0]!.folder, "cert.pem");
      const script = fileURLToPath(new URL("redis-tls-process.ts", import.meta.url));
      const hooks = new URL("../typescript.mjs", import.meta.url).href;
      const child = spawn(process.execPath, ["--import", hooks, script, `rediss://localhost:${port}`], {
        env: { ...process.env, NODE_EXTRA_CA_CERTS: authority },
        stdio: ["ignore", "pipe", "inherit"],
      });
      let told = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => (told += text));
      await once(child, "exit");
      expect(told.trim()).toBe("hello");
    });
  });

  describe("behind sentinels", () => {
    it("fails over: everybody is to try later or goes on, and the next master serves", async () => {
      const master = await start("--repl-diskless-sync-delay", "0");
      const replica = await start("--replicaof", "127.0.0.1", String(master.port));
      await replica.logs(/MASTER <-> REPLICA sync: Finished with success/);
      const sentinels = [await RedisServer.sentinel(master), await RedisServer.sentinel(master)];
      servers.push(...sentinels);
      await Promise.all(sentinels.map((sentinel) => sentinel.logs(/\+slave/)));
      const address = `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(",")}/relay`;
      const [here, there] = [await TestNode.start(address), await TestNode.start(address)];
      const [first, second] = await pair(here, there);
      await talk(first, second);
      const found = [here.log.next("redis_found"), there.log.next("redis_found")];
      await master.kill9();
      await Promise.all(found);
      // Sentinels that learn of the change late cut the connections to the new master once more.
      const talked = async (): Promise<void> => talk(...(await pair(here, there)));
      await vi.waitFor(talked, { timeout: 15_000, interval: 100 });
      // Whether those from before could wait for it depends on how fast the sentinels agree.
      first.says("still here");
      expect(["still here", ENDINGS.tryLater]).toContainEqual((await second.hears(2))[1]);
    });
  });

  describe("as a cluster", () => {
    const holder = (id: string): RedisServer => {
      const slot = slotOf(channelKeys(id)[0]);
      return servers[Math.floor(slot / Math.ceil(16_384 / servers.length))]!;
    };

    it("that loses a primary ends the channels there with 1013, no others", async () => {
      servers = await startCluster();
      const [here, there] = [
        await TestNode.start(clusterUrl(servers)),
        await TestNode.start(clusterUrl(servers)),
      ];
      const pairs = await Promise.all(Array.from({ length: 20 }, () => pair(here, there)));
      const [dead] = servers;
      for (const server of servers) server.cli("CONFIG", "SET", "cluster-require-full-coverage", "no");
      await dead!.kill9();
      const lost = pairs.filter(([{ id }]) => holder(id) === dead);
      expect(lost.length).toBeGreaterThan(0);
      await Promise.all(lost.flat().map((guest) => guest.hears(1)));
      for (const guest of lost.flat()) expect(guest.heard).toEqual([ENDINGS.tryLater]);
      expect(await here.backplane.failing()).toBe("redis");
      for (const [first, second] of pairs.filter(([{ id }]) => holder(id) !== dead))
        await talk(first, second);
    }, 60_000);

    it("that moves a slot keeps its channels", async () => {
      servers = await startCluster(2);
      const [here, there] = [
        await TestNode.start(clusterUrl(servers)),
        await TestNode.start(clusterUrl(servers)),
      ];
      const [first, second] = await pair(here, there);
      await talk(first, second);
      const source = holder(first.id);
      const target = servers.find((server) => server !== source)!;
      const slot = String(slotOf(channelKeys(first.id)[0]));
      const [from, to] = [source.cli("CLUSTER", "MYID"), target.cli("CLUSTER", "MYID")];
      target.cli("CLUSTER", "SETSLOT", slot, "IMPORTING", from);
      source.cli("CLUSTER", "SETSLOT", slot, "MIGRATING", to);
      source.cli(
        "MIGRATE",
        "127.0.0.1",
        String(target.port),
        "",
        "0",
        "5000",
        "KEYS",
        ...channelKeys(first.id),
      );
      for (const server of [target, source]) server.cli("CLUSTER", "SETSLOT", slot, "NODE", to);
      first.says("1", "2");
      expect(await second.hears(3)).toEqual(["hello", "1", "2"]);
      second.says("3");
      expect(await first.hears(1)).toEqual(["3"]);
    });
  });
});
