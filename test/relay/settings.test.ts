import { describe, expect, it } from "vitest";
import { FxaPairError } from "../../src/lib/errors.ts";
import { limitsOf, payloadLimit } from "../../src/relay/limits.ts";
import { ENDINGS } from "../../src/relay/endings.ts";
import {
  DEFAULT_SETTINGS,
  defaultInWords,
  environmentName,
  flagName,
  parseSettings,
  SETTING_NAMES,
  SETTINGS,
} from "../../src/relay/settings.ts";
import { LARGEST_MESSAGE } from "../../src/relay/settings-table.ts";
import { settingsFromEnvironment } from "../../src/relay/settings-sources.ts";

describe("settings", () => {
  it("have these defaults", () => {
    expect(DEFAULT_SETTINGS).toEqual({
      host: "0.0.0.0",
      port: 8000,
      metricsPort: null,
      tlsCert: null,
      tlsKey: null,
      trustedProxy: [],
      maxChannelConnections: 2,
      resumeWindow: 60,
      connLifespan: 300,
      clientTimeout: 60,
      heartbeat: 5,
      maxExchanges: 24,
      maxData: 65_536,
      maxMessage: 24_576,
      maxChannels: 100_000,
      maxChannelsPerIp: 64,
      connectRatePerIp: 20,
      slowConsumer: 65_536,
      mmdb: null,
      defaultLang: "en",
      redis: null,
      workers: 1,
      drain: 30,
    });
  });

  it("are all in the table, which says why", () => {
    expect([...SETTING_NAMES].sort()).toEqual(Object.keys(DEFAULT_SETTINGS).sort());
    for (const name of SETTING_NAMES) expect(SETTINGS[name].reason, name).toMatch(/^.{20,}[^.]$/);
  });

  it.each(SETTING_NAMES)("allow 0 for %s exactly where it means something", (name) => {
    const { form, zero } = SETTINGS[name];
    const isNumber = form.read("7") === 7;
    if (isNumber) expect(form.read(0)).toBe(zero === undefined ? undefined : 0);
    else expect(zero).toBeUndefined();
  });

  it("come as texts or numbers", () => {
    const given = {
      maxExchanges: "1000",
      maxData: 0,
      host: "::1",
      trustedProxy: " 10.0.0.0/8,::1 192.0.2.1",
    };
    expect(parseSettings(given)).toEqual({
      ...DEFAULT_SETTINGS,
      maxExchanges: 1000,
      maxData: 0,
      host: "::1",
      trustedProxy: ["10.0.0.0/8", "::1", "192.0.2.1"],
    });
  });

  it.each([
    ["host", ""],
    ["host", "a b"],
    ["host", "a/b"],
    ["port", 65_536],
    ["port", "http"],
    ["metricsPort", "none"],
    ["metricsPort", 65_536],
    ["tlsCert", ""],
    ["tlsKey", "a\0b"],
    ["trustedProxy", ""],
    ["trustedProxy", " , "],
    ["trustedProxy", "proxy.example"],
    ["trustedProxy", "10.0.0.0/33"],
    ["trustedProxy", "10.0.0.0/"],
    ["trustedProxy", "10.0.0/8"],
    ["trustedProxy", "2001:db8::/129"],
    ["trustedProxy", "fe80::1%eth0"],
    ["trustedProxy", "10.0.0.0/8,nonsense"],
    ["maxChannelConnections", 0],
    ["maxChannelConnections", 1],
    ["connLifespan", -1],
    ["connLifespan", "1.5"],
    ["connLifespan", 1e21],
    ["resumeWindow", "60s"],
    ["clientTimeout", 0],
    ["heartbeat", 0],
    ["heartbeat", 60],
    ["maxExchanges", " 5"],
    ["maxExchanges", ""],
    ["maxData", "64k"],
    ["maxMessage", 2 ** 31],
    ["maxMessage", NaN],
    ["maxChannelsPerIp", "x"],
    ["connectRatePerIp", -1],
    ["slowConsumer", 0],
    ["mmdb", ""],
    ["defaultLang", ""],
    ["defaultLang", "*"],
    ["defaultLang", "en_GB"],
    ["redis", "localhost:6379"],
    ["redis", "http://localhost"],
    ["redis", "redis://"],
    ["redis", "redis://a b"],
    ["redis", "redis://a/b"],
    ["redis", "redis+sentinel://a"],
    ["workers", 0],
    ["workers", 2],
    ["drain", "soon"],
  ] as const)("refuse %s = %j, naming it", (name, value) => {
    const parse = (): unknown => parseSettings({ [name]: value });
    expect(parse).toThrow(FxaPairError);
    expect(parse).toThrow(flagName(name));
    expect(parse).toThrow(expect.objectContaining({ code: "usage", hint: expect.stringMatching(/./) }));
  });

  it.each([
    ["a certificate without its key", { tlsCert: "a.pem" }, /^tls-cert .* tls-key/],
    ["a key without its certificate", { tlsKey: "a.pem" }, /^tls-key .* tls-cert/],
    ["many workers without what they share", { workers: 4 }, /workers .*redis/],
    ["one port for two things", { port: 80, metricsPort: 80 }, /metrics-port/],
    ["a heartbeat too slow for the timeout", { heartbeat: 9, clientTimeout: 9 }, /heartbeat/],
  ])("refuse %s", (_name, given, message) => {
    expect(() => parseSettings(given)).toThrow(message);
  });

  it.each([
    { tlsCert: "a.pem", tlsKey: "b.pem" },
    { workers: 4, redis: "rediss://user:secret@[::1]:6380/2" },
    { workers: 1, redis: "redis://localhost" },
    { port: 0, metricsPort: 0 },
    { heartbeat: 9, clientTimeout: 10 },
    { defaultLang: "zh-Hant-TW" },
  ])("allow %j", (given) => {
    expect(parseSettings(given)).toEqual({ ...DEFAULT_SETTINGS, ...given });
  });

  it("that are refused are never repeated; the variable they came from is named", () => {
    const parse = (): unknown =>
      parseSettings({ redis: "http://user:secret@host" }, { redis: "FXA_PAIR_RELAY_REDIS" });
    expect(parse).toThrow(/^redis \(from FXA_PAIR_RELAY_REDIS\) must be/);
    expect(parse).not.toThrow(/secret/);
    expect(() => parseSettings({ port: "x" }, { port: "--port" })).toThrow(/^port must be/);
  });

  it("are spelt for flags and environment, and their defaults in words", () => {
    expect(flagName("maxChannelConnections")).toBe("max-channel-connections");
    expect(environmentName("maxChannelsPerIp")).toBe("FXA_PAIR_RELAY_MAX_CHANNELS_PER_IP");
    expect(defaultInWords("trustedProxy")).toBe("none");
    expect(defaultInWords("redis")).toBe("none");
    expect(defaultInWords("port")).toBe("8000");
  });
});

describe("settings from the environment", () => {
  it("are ours first, else the reference's, each with its name; others of the reference are named", () => {
    const environment = {
      FXA_PAIR_RELAY_MAX_EXCHANGES: "30",
      PAIR_MAX_EXCHANGES: "10",
      PAIR_HOSTNAME: "127.0.0.1",
      FXA_PAIR_RELAY_PORT: "",
      PAIR_PORT: "9000",
      PAIR_STATSD_HOST: "localhost:8125",
      PAIR_DEBUG: "1",
      HOME: "/",
      FXA_PAIR_SERVER: "stage",
    };
    expect(settingsFromEnvironment(environment)).toEqual({
      given: { maxExchanges: "30", host: "127.0.0.1", port: "9000" },
      sources: {
        maxExchanges: "FXA_PAIR_RELAY_MAX_EXCHANGES",
        host: "PAIR_HOSTNAME",
        port: "PAIR_PORT",
      },
      ignored: ["PAIR_DEBUG", "PAIR_STATSD_HOST"],
    });
  });

  it("are none in an empty one", () => {
    const none = { given: {}, sources: {}, ignored: [] };
    expect(settingsFromEnvironment({ PAIR_MAX_DATA: undefined })).toEqual(none);
  });

  it("know the reference's names", () => {
    const references = SETTING_NAMES.map((name) => SETTINGS[name].reference).filter(Boolean);
    expect(references.sort()).toEqual([
      "PAIR_CLIENT_TIMEOUT",
      "PAIR_CONN_LIFESPAN",
      "PAIR_DEFAULT_LANG",
      "PAIR_HEARTBEAT",
      "PAIR_HOSTNAME",
      "PAIR_MAX_CHANNEL_CONNECTIONS",
      "PAIR_MAX_DATA",
      "PAIR_MAX_EXCHANGES",
      "PAIR_MMDB_LOC",
      "PAIR_PORT",
      "PAIR_TRUSTED_PROXY_LIST",
    ]);
  });

  it.each([
    ["FXA_PAIR_RELAY_MAX_EXCHANGE", "5", /Did you mean FXA_PAIR_RELAY_MAX_EXCHANGES\?/],
    ["FXA_PAIR_RELAY_TRUSTED_PROXIES", "", /Did you mean FXA_PAIR_RELAY_TRUSTED_PROXY\?/],
    ["FXA_PAIR_RELAY_FROBNICATION_LEVEL", "5", /--help/],
    ["FXA_PAIR_RELAY_port", "5", /./],
  ])("refuse the name %s", (variable, value, hint) => {
    expect(() => settingsFromEnvironment({ [variable]: value })).toThrow(
      expect.objectContaining({
        code: "usage",
        message: expect.stringContaining(variable),
        hint: expect.stringMatching(hint),
      }),
    );
  });
});

describe("limits", () => {
  it("are in milliseconds, and unlimited for 0", () => {
    expect(limitsOf(DEFAULT_SETTINGS)).toMatchObject({ lifespan: 300_000, resumeWindow: 60_000 });
    const unlimited = parseSettings({
      connLifespan: 0,
      maxExchanges: 0,
      maxData: 0,
      maxMessage: 0,
      maxChannels: 0,
      maxChannelsPerIp: 0,
      connectRatePerIp: 0,
      resumeWindow: 0,
    });
    const { seats, resumeWindow, ...others } = limitsOf(unlimited);
    expect([seats, resumeWindow]).toEqual([2, 0]);
    expect(new Set(Object.values(others))).toEqual(new Set([Infinity]));
  });

  it("R4: are never none for what is held, unless one is named that is larger", () => {
    const held = { maxExchanges: 65_536, maxData: 67_108_864 };
    expect(limitsOf(parseSettings({ maxExchanges: 0, maxData: 0 }))).toMatchObject(held);
    const named = { maxExchanges: 100_000, maxData: 100_000_000 };
    expect(limitsOf(parseSettings(named))).toMatchObject(named);
  });

  it.each([
    [{}, { bytes: 24_576, ending: ENDINGS.maxMessage }],
    [{ maxMessage: 0 }, { bytes: 65_536, ending: ENDINGS.maxData }],
    [{ maxData: 100 }, { bytes: 100, ending: ENDINGS.maxData }],
    [{ maxData: 0 }, { bytes: 24_576, ending: ENDINGS.maxMessage }],
    [
      { maxData: 0, maxMessage: 0 },
      { bytes: LARGEST_MESSAGE, ending: ENDINGS.maxMessage },
    ],
    [
      { maxData: LARGEST_MESSAGE + 1, maxMessage: 0 },
      { bytes: LARGEST_MESSAGE, ending: ENDINGS.maxMessage },
    ],
  ])("of what is read of one message, for %j", (given, limit) => {
    expect(payloadLimit(parseSettings(given))).toEqual(limit);
  });
});
