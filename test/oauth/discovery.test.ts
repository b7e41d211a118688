import { describe, expect, test } from "vitest";
import { discover, RELEASE_ROOT, resolveServer, STAGE_ROOT } from "../../src/oauth/discovery.ts";
import { failureOf, ScriptedHttp } from "./support.ts";

describe("naming a server", () => {
  test.each([
    ["release", RELEASE_ROOT],
    ["stage", STAGE_ROOT],
    ["https://accounts.example", "https://accounts.example"],
    ["https://Accounts.Example:443/", "https://accounts.example"],
    ["https://accounts.example:8443", "https://accounts.example:8443"],
    ["http://127.0.0.1:3030", "http://127.0.0.1:3030"],
    ["http://localhost:3030/", "http://localhost:3030"],
    ["http://[::1]:3030", "http://[::1]:3030"],
  ])("%s", (server, origin) => {
    expect(resolveServer(server)).toBe(origin);
  });

  test.each([
    "http://192.0.2.1",
    "http://accounts.example",
    "http://127.0.0.1.example",
    "http://localhost.example",
    "https://user:secret@accounts.example",
    "https://accounts.example/path",
    "https://accounts.example/?x",
    "https://accounts.example/#x",
    "wss://accounts.example",
    "file:///etc/passwd",
    "prod",
    "",
  ])("refuses %j without repeating it", (server) => {
    const attempt = () => resolveServer(server);
    expect(attempt).toThrow(expect.objectContaining({ code: "usage" }));
    if (server.includes("secret")) expect(attempt).toThrow(expect.not.stringContaining("secret"));
  });
});

describe("the configuration document", () => {
  const document = {
    auth_server_base_url: "https://api.example",
    oauth_server_base_url: "https://oauth.example/v1",
    profile_server_base_url: "https://one.example/profile/",
    pairing_server_base_uri: "wss://relay.example/v1/ws/",
    sync_tokenserver_base_url: "https://token.example",
    ecosystem_anon_id_keys: [],
  };
  const reading = (answer: unknown) => {
    const http = new ScriptedHttp({ "GET /.well-known/fxa-client-configuration": { document: answer } });
    return discover(http, "https://accounts.example");
  };

  test("/v1 is appended where it is not there yet", async () => {
    expect(await reading(document)).toEqual({
      contentServer: "https://accounts.example",
      auth: "https://api.example/v1",
      oauth: "https://oauth.example/v1",
      profile: "https://one.example/profile/v1",
      pairing: "wss://relay.example/v1/ws",
      tokenServer: "https://token.example",
    });
  });

  test("relay and token server may be missing", async () => {
    const fewer = { ...document, pairing_server_base_uri: undefined, sync_tokenserver_base_url: null };
    expect(await reading(fewer)).toMatchObject({ pairing: null, tokenServer: null });
  });

  test("plain http and ws to this machine are allowed", async () => {
    const local = {
      ...document,
      auth_server_base_url: "http://127.0.0.1:9000",
      pairing_server_base_uri: "ws://localhost:1",
    };
    expect(await reading(local)).toMatchObject({
      auth: "http://127.0.0.1:9000/v1",
      pairing: "ws://localhost:1",
    });
  });

  test.each([
    ["http elsewhere", { auth_server_base_url: "http://api.example" }],
    ["ws elsewhere", { pairing_server_base_uri: "ws://relay.example" }],
    ["https where wss belongs", { pairing_server_base_uri: "https://relay.example" }],
    ["wss where https belongs", { profile_server_base_url: "wss://profile.example" }],
    ["a user name", { auth_server_base_url: "https://user@api.example" }],
    ["a query", { auth_server_base_url: "https://api.example/?" + "x=1" }],
    ["no URL", { oauth_server_base_url: "api.example" }],
    ["a number", { auth_server_base_url: 7 }],
    ["a missing member", { auth_server_base_url: undefined }],
  ])("refuses %s", async (_, members) => {
    expect(await failureOf(reading({ ...document, ...members }))).toMatchObject({ code: "refused" });
  });

  test.each([[null], ["text"], [undefined]])("%j is no document", async (answer) => {
    expect(await failureOf(reading(answer))).toMatchObject({ code: "unreachable" });
  });
});
