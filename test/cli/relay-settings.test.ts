/** The relay's settings as a process gets them: `--check`, and what stops it at the start. */
import { afterAll, describe, expect, it } from "vitest";
import { DEFAULT_SETTINGS, flagName, SETTING_NAMES } from "../../src/relay/settings.ts";
import { cleanUp, run } from "./harness.ts";

afterAll(cleanUp);

type Shown = Record<string, { value: unknown; source: string }>;

async function check(args: readonly string[], env: Record<string, string> = {}): Promise<Shown> {
  const { status, stderr, events } = await run(["relay", "--check", "--json", ...args], { env });
  expect([status, stderr]).toEqual([0, ""]);
  expect(events).toHaveLength(1);
  expect(events[0]?.event).toBe("settings");
  return events[0]?.settings as Shown;
}

describe("relay --check", () => {
  it("shows every default as one", async () => {
    const defaults = SETTING_NAMES.map((name) => [
      flagName(name),
      { value: DEFAULT_SETTINGS[name], source: "default" },
    ]);
    expect(await check([])).toEqual(Object.fromEntries(defaults));
  });

  it("shows where each value came from", async () => {
    const flags = ["--max-data", "1000", "--trusted-proxy", "10.0.0.0/8,::1", "--trusted-proxy", "192.0.2.1"];
    const shown = await check(flags, {
      FXA_PAIR_RELAY_MAX_DATA: "2000",
      FXA_PAIR_RELAY_MAX_EXCHANGES: "30",
      PAIR_MAX_EXCHANGES: "10",
      PAIR_PORT: "8123",
      FXA_PAIR_RELAY_HEARTBEAT: "",
    });
    expect(shown).toMatchObject({
      "max-data": { value: 1000, source: "--max-data" },
      "trusted-proxy": { value: ["10.0.0.0/8", "::1", "192.0.2.1"], source: "--trusted-proxy" },
      "max-exchanges": { value: 30, source: "FXA_PAIR_RELAY_MAX_EXCHANGES" },
      port: { value: 8123, source: "PAIR_PORT" },
      heartbeat: { value: 5, source: "default" },
    });
  });

  it("for people is one line a setting on standard output", async () => {
    const { status, stdout, stderr } = await run(["relay", "--check", "--heartbeat", "7"]);
    expect([status, stderr]).toEqual([0, ""]);
    const rows = stdout.trimEnd().split("\n");
    expect(rows.map((row) => row.split(/ +/)[0])).toEqual(SETTING_NAMES.map(flagName));
    expect(rows).toContainEqual(expect.stringMatching(/^heartbeat +7 +--heartbeat$/));
    expect(rows).toContainEqual(expect.stringMatching(/^redis +none +default$/));
  });

  it.each([
    ["rediss://user:s3cret@host:6380/1", "rediss://user:***@host:6380/1"],
    ["redis://:s3cret@host", "redis://:***@host"],
    ["redis://user:s3c/r@et@host", "redis://user:***@host"],
    ["redis+cluster://u:s3cret@a:1,u:s3cret@b:2", "redis+cluster://u:***@b:2"],
  ])("keeps the password in %s to itself", async (url, shown) => {
    for (const args of [["--redis", url], []]) {
      const env = args.length === 0 ? { FXA_PAIR_RELAY_REDIS: url } : undefined;
      expect((await check(args, env)).redis?.value).toBe(shown);
    }
    const plain = await run(["relay", "--check", "--redis", url]);
    expect(plain.stdout + plain.stderr).not.toMatch(/s3c|et@/);
  });

  it.each(["redis://s3cret@host", "redis://host/0?password=s3cret", "redis://:s3cret@host:x"])(
    "refuses %s without repeating it",
    async (url) => {
      const { status, stdout, stderr } = await run(["relay", "--check", "--redis", url]);
      expect([status, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/redis/);
      expect(stderr).not.toMatch(/s3cret/);
    },
  );
});

describe("the relay does not start", () => {
  it.each<[string, string[], Record<string, string>, RegExp]>([
    ["an unknown flag", ["--max-exchange", "5"], {}, /--max-exchange'.*\n.*--max-exchanges/],
    ["an unknown flag that is like none", ["--frobnicate"], {}, /--frobnicate/],
    [
      "an unknown variable",
      [],
      { FXA_PAIR_RELAY_MAX_EXCHANGE: "5" },
      /FXA_PAIR_RELAY_MAX_EXCHANGE .*\n.*FXA_PAIR_RELAY_MAX_EXCHANGES\?/,
    ],
    ["a word in its place", ["surplus"], {}, /too many arguments/i],
    ["a flag without a value", ["--max-data"], {}, /argument missing/],
    ["an empty value", ["--max-data", ""], {}, /max-data must be a whole number/],
    ["a variable's value", [], { FXA_PAIR_RELAY_MAX_DATA: "x" }, /max-data \(from FXA_PAIR_RELAY_MAX_DATA\)/],
    ["a reference's value", [], { PAIR_MAX_DATA: "x" }, /max-data \(from PAIR_MAX_DATA\)/],
    ["a certificate without a key", ["--tls-cert", "a.pem"], {}, /tls-cert .*tls-key/],
    ["workers without redis", ["--workers", "2"], {}, /workers .*redis/],
    ["a heartbeat as long as the timeout", ["--heartbeat", "60"], {}, /heartbeat .*client-timeout/],
  ])("with %s", async (_name, flags, env, words) => {
    for (const checking of [[], ["--check"]]) {
      const args = ["relay", "--host", "127.0.0.1", "--port", "0", ...checking, ...flags];
      const { status, stdout, stderr } = await run(args, { env });
      expect(status).toBe(2);
      expect(stdout).toBe("");
      expect(stderr).toMatch(words);
      expect(stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(2);
    }
  });
});
