import { describe, expect, it } from "vitest";
import { FxaPairError } from "../../src/lib/errors.ts";
import { limitsOf, payloadLimit } from "../../src/relay/limits.ts";
import { ENDINGS } from "../../src/relay/endings.ts";
import {
  DEFAULT_SETTINGS,
  environmentName,
  flagName,
  NUMBER_SETTINGS,
  parseSettings,
  SETTING_NAMES,
  settingsFromEnvironment,
} from "../../src/relay/settings.ts";

describe("settings", () => {
  it("have these defaults", () => {
    expect(DEFAULT_SETTINGS).toEqual({
      host: "0.0.0.0",
      port: 8000,
      maxChannelConnections: 2,
      connLifespan: 300,
      clientTimeout: 60,
      heartbeat: 5,
      maxExchanges: 24,
      maxData: 65_536,
      maxMessage: 24_576,
      maxChannels: 100_000,
      slowConsumer: 65_536,
      drain: 30,
    });
  });

  it("are all named in the list", () => {
    expect([...SETTING_NAMES].sort()).toEqual(Object.keys(DEFAULT_SETTINGS).sort());
    expect([...SETTING_NAMES].sort()).toEqual(["host", ...Object.keys(NUMBER_SETTINGS)].sort());
  });

  it("come as texts or numbers", () => {
    expect(parseSettings({ maxExchanges: "1000", maxData: 0, host: "::1" })).toEqual({
      ...DEFAULT_SETTINGS,
      maxExchanges: 1000,
      maxData: 0,
      host: "::1",
    });
  });

  it.each(["port", "connLifespan", "maxExchanges", "maxData", "maxMessage", "maxChannels", "drain"] as const)(
    "allow 0 for %s",
    (name) => {
      expect(parseSettings({ [name]: 0 })[name]).toBe(0);
    },
  );

  it.each([
    ["host", ""],
    ["host", "a b"],
    ["host", 7],
    ["port", 65_536],
    ["port", "http"],
    ["maxChannelConnections", 0],
    ["maxChannelConnections", 1],
    ["connLifespan", -1],
    ["connLifespan", "1.5"],
    ["connLifespan", 1e21],
    ["clientTimeout", 0],
    ["heartbeat", 0],
    ["heartbeat", 60],
    ["maxExchanges", " 5"],
    ["maxExchanges", ""],
    ["maxData", "64k"],
    ["maxMessage", 2 ** 31],
    ["maxMessage", NaN],
    ["slowConsumer", 0],
  ] as const)("refuse %s = %j, naming it", (name, value) => {
    const parse = (): unknown => parseSettings({ [name]: value });
    expect(parse).toThrow(FxaPairError);
    expect(parse).toThrow(flagName(name));
    expect(parse).toThrow(expect.objectContaining({ code: "usage", hint: expect.stringMatching(/./) }));
  });

  it("are spelt for flags and environment", () => {
    expect(flagName("maxChannelConnections")).toBe("max-channel-connections");
    expect(environmentName("maxChannelConnections")).toBe("FXA_PAIR_RELAY_MAX_CHANNEL_CONNECTIONS");
  });
});

describe("settings from the environment", () => {
  it("are ours first, else the reference's; others of the reference are named", () => {
    const environment = {
      FXA_PAIR_RELAY_MAX_EXCHANGES: "30",
      PAIR_MAX_EXCHANGES: "10",
      PAIR_HOSTNAME: "127.0.0.1",
      FXA_PAIR_RELAY_PORT: "",
      PAIR_PORT: "9000",
      PAIR_STATSD_HOST: "localhost:8125",
      PAIR_DEBUG: "1",
      HOME: "/",
    };
    expect(settingsFromEnvironment(environment)).toEqual({
      given: { maxExchanges: "30", host: "127.0.0.1", port: "9000" },
      ignored: ["PAIR_DEBUG", "PAIR_STATSD_HOST"],
    });
  });

  it("are none in an empty one", () => {
    expect(settingsFromEnvironment({ PAIR_MAX_DATA: undefined })).toEqual({ given: {}, ignored: [] });
  });
});

describe("limits", () => {
  it("are in milliseconds, and unlimited for 0", () => {
    expect(limitsOf(DEFAULT_SETTINGS)).toMatchObject({ lifespan: 300_000, maxChannels: 100_000 });
    const unlimited = parseSettings({
      connLifespan: 0,
      maxExchanges: 0,
      maxData: 0,
      maxMessage: 0,
      maxChannels: 0,
    });
    const { seats, ...others } = limitsOf(unlimited);
    expect(seats).toBe(2);
    expect(new Set(Object.values(others))).toEqual(new Set([Infinity]));
  });

  it.each([
    [{}, { bytes: 24_576, ending: ENDINGS.maxMessage }],
    [{ maxMessage: 0 }, { bytes: 65_536, ending: ENDINGS.maxData }],
    [{ maxData: 100 }, { bytes: 100, ending: ENDINGS.maxData }],
    [{ maxData: 0 }, { bytes: 24_576, ending: ENDINGS.maxMessage }],
    [
      { maxData: 0, maxMessage: 0 },
      { bytes: 0, ending: ENDINGS.maxMessage },
    ],
  ])("of what is read of one message, for %j", (given, limit) => {
    expect(payloadLimit(parseSettings(given))).toEqual(limit);
  });
});
