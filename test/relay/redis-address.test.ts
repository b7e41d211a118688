import { describe, expect, it } from "vitest";
import { FxaPairError } from "../../src/lib/errors.ts";
import { formatEndpoint, parseRedisAddress } from "../../src/relay/redis/address.ts";
import { slotOf } from "../../src/relay/redis/keys.ts";

function thrownBy(action: () => unknown): FxaPairError {
  try {
    action();
  } catch (error) {
    if (error instanceof FxaPairError) return error;
  }
  throw new Error("nothing, or something else, was thrown");
}

const local = { host: "localhost", port: 6379 };
const single = { kind: "single", master: "", database: 0, tls: false, user: undefined, password: undefined };

describe("the address of redis", () => {
  it.each([
    ["redis://localhost", { ...single, endpoints: [local] }],
    ["redis://localhost/", { ...single, endpoints: [local] }],
    ["redis://localhost:6380/5", { ...single, endpoints: [{ ...local, port: 6380 }], database: 5 }],
    ["redis://[2001:db8::1]:7000", { ...single, endpoints: [{ host: "2001:db8::1", port: 7000 }] }],
    ["rediss://redis.example", { ...single, endpoints: [{ host: "redis.example", port: 6379 }], tls: true }],
    ["redis://:secret@localhost", { ...single, endpoints: [local], password: "secret" }],
    ["redis://relay:secret@localhost", { ...single, endpoints: [local], user: "relay", password: "secret" }],
    [
      "redis://re%3Alay:p%40ss%2F%25@localhost",
      { ...single, endpoints: [local], user: "re:lay", password: "p@ss/%" },
    ],
    [
      "redis://relay:p@ss/w:rd@localhost/2",
      { ...single, endpoints: [local], user: "relay", password: "p@ss/w:rd", database: 2 },
    ],
    [
      "redis+sentinel://a,b:1,[::1]/mymaster",
      {
        ...{ ...single, kind: "sentinel", master: "mymaster" },
        endpoints: [
          { host: "a", port: 26_379 },
          { host: "b", port: 1 },
          { host: "::1", port: 26_379 },
        ],
      },
    ],
    [
      "rediss+sentinel://relay:secret@a/my%20master/3",
      {
        ...{ ...single, kind: "sentinel", master: "my master", database: 3, tls: true },
        ...{ endpoints: [{ host: "a", port: 26_379 }], user: "relay", password: "secret" },
      },
    ],
    [
      "redis+cluster://a:7000,b:7001",
      {
        ...single,
        kind: "cluster",
        endpoints: [
          { host: "a", port: 7000 },
          { host: "b", port: 7001 },
        ],
      },
    ],
    [
      "rediss+cluster://:x@a",
      { ...single, kind: "cluster", endpoints: [{ host: "a", port: 6379 }], tls: true, password: "x" },
    ],
  ])("%s is read", (text, address) => {
    expect(parseRedisAddress(text)).toEqual(address);
  });

  it.each([
    ["http://canary@localhost", /begin/],
    ["redis:canary", /begin/],
    ["redis://", /host/],
    ["redis://canary:x@", /host/],
    ["redis://ca nary", /host/],
    ["redis://localhost:0", /port/],
    ["redis://localhost:65536", /port/],
    ["redis://localhost:canary", /host/],
    ["redis://localhost,canary", /several hosts/],
    ["redis://localhost/canary", /database/],
    ["redis://localhost/1/2", /database/],
    ["redis://localhost/-1", /database/],
    ["redis://localhost?canary=1", /host/],
    ["redis://canary@localhost", /user without a password/],
    ["redis://canary:@localhost", /user without a password/],
    ["redis://:100%canary@localhost", /%25/],
    ["redis+sentinel://canary:26379", /name of the master/],
    ["redis+sentinel://canary:26379/", /name of the master/],
    ["redis+sentinel://canary/master/canary", /database/],
    ["redis+cluster://canary/0", /one database/],
    ["redis+other://canary", /begin/],
  ])("%s is refused, naming the part and telling nothing of it", (text, problem) => {
    const refusal = thrownBy(() => parseRedisAddress(text));
    const parts = { code: "usage", hint: expect.stringMatching(/FXA_PAIR_RELAY_REDIS/) };
    expect(refusal).toMatchObject({ ...parts, message: expect.stringMatching(problem) });
    expect(`${refusal.message} ${refusal.hint}`).not.toContain("canary");
  });

  it("is written with IPv6 in brackets", () => {
    expect([formatEndpoint(local), formatEndpoint({ host: "::1", port: 1 })]).toEqual([
      "localhost:6379",
      "[::1]:1",
    ]);
  });
});

describe("the hash slot of a key", () => {
  // By CLUSTER KEYSLOT.
  it.each([
    ["fxa-pair:{abc}", 7638],
    ["fxa-pair:{abc}:messages", 7638],
    ["fxa-pair:{nodes}", 9928],
    ["fxa-pair:{address 192.0.2.1}:channels", 1353],
  ])("%s", (key, slot) => {
    expect(slotOf(key)).toBe(slot);
  });
});
