/** The user that docs/relay.md and compose.yaml have Redis make for the relays: it may do all they need, and no more. */
import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { LIBRARY } from "../../src/relay/redis/library.ts";
import { describeWithRedis, RedisServer } from "../relay/redis-server.ts";
import { closeRelays, testRelay } from "../relay/support.ts";
import { readDeployFile } from "./tools.ts";

const page = readFileSync(new URL("../../docs/relay.md", import.meta.url), "utf8");
const documented = (/ACL SETUSER relay (.+(?:\n {6}\S.*)*)/.exec(page)?.[1] ?? "").split(/\s+/);
const composed = (/--user relay (on .+?)\n {4}\w/s.exec(readDeployFile("compose.yaml"))?.[1] ?? "").split(
  /\s+/,
);

/** What is sent outside of functions: for signing in, finding one's way, and messages. */
const SENT = "hello ping time function|load fcall ssubscribe sunsubscribe spublish cluster|slots".split(" ");
/** What the functions do. */
const CALLED = [...LIBRARY.matchAll(/redis\.call\('(\w+)'/g)].map(([, name = ""]) => name.toLowerCase());

const allowed = (rights: readonly string[]) =>
  rights.filter((right) => right.startsWith("+")).map((right) => right.slice(1));

describe("the user for the relays", () => {
  it("may do what they do, and nothing else", () => {
    expect(allowed(documented).sort()).toEqual([...new Set([...SENT, ...CALLED])].sort());
  });

  it("is the same in compose.yaml, where there is no cluster", () => {
    const withoutCluster = documented.filter((right) => right !== "+cluster|slots" && !right.startsWith(">"));
    expect(composed.filter((right) => !right.startsWith(">"))).toEqual(withoutCluster);
  });
});

describeWithRedis("a Redis with that user alone", () => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await RedisServer.start();
    server.cli("ACL", "SETUSER", "relay", ...documented);
  });
  afterEach(closeRelays);
  afterAll(() => server.stop());

  it("serves two relays, and never refuses a command", async () => {
    const redis = server.url.replace("//", "//relay:password@");
    const [one, other] = [await testRelay({ redis }), await testRelay({ redis })];
    const first = await one.open();
    const second = await other.join(first.id);
    first.send("there");
    expect(await second.nextMessage()).toBe("there");
    second.send("and back");
    expect(await first.nextMessage()).toBe("and back");
    expect(server.cli("ACL", "LOG")).toBe("");
  });
});
