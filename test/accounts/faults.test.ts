/** Failures on demand, in the same process and through the control routes. */
import { describe, expect, test } from "vitest";
import { fixtureEmail, FIXTURE_PASSWORD } from "../../src/accounts/fixtures.ts";
import { RequestLog } from "../../src/accounts/request-log.ts";
import type { Fault } from "../../src/accounts/faults.ts";
import { startTestServer, stretch } from "./harness.ts";
import type { TestClient } from "./harness.ts";

const STATUS = "/auth/v1/session/status";
const LOGIN = "/auth/v1/account/login";

async function withFault(fault: Fault, times?: number) {
  const client = await startTestServer();
  const caller = await client.signIn();
  const handle = client.server.faults.add({ path: STATUS, fault, ...(times !== undefined && { times }) });
  const status = () => client.auth("GET", "/session/status", caller);
  return { client, caller, handle, status };
}

describe("faults", () => {
  test.each<[string, Fault, number, object | undefined, Record<string, string | null>]>([
    ["throttled", { kind: "throttled", retryAfter: "7" }, 429, { errno: 114 }, { "retry-after": "7" }],
    [
      "throttled, no header",
      { kind: "throttled", retryAfter: null },
      429,
      { errno: 114 },
      { "retry-after": null },
    ],
    ["unavailable", { kind: "unavailable" }, 503, { errno: 201 }, {}],
    ["not acceptable", { kind: "notAcceptable" }, 406, undefined, { "content-type": null }],
    ["html", { kind: "html" }, 200, undefined, { "content-type": "text/html" }],
    ["a JSON answer", { kind: "answer", status: 200, body: { uid: 7 } }, 200, { uid: 7 }, {}],
    ["text as it is", { kind: "answer", status: 502, body: "{]" }, 502, undefined, {}],
    [
      "a redirect",
      { kind: "answer", status: 302, headers: { Location: "https://example.com/" } },
      302,
      undefined,
      { location: "https://example.com/" },
    ],
  ])("%s", async (_name, fault, status, body, headers) => {
    const { status: ask } = await withFault(fault, 1);
    const reply = await ask();
    expect(reply.status).toBe(status);
    if (body === undefined) expect(reply.body).toBeUndefined();
    else expect(reply.body).toMatchObject(body);
    for (const [name, value] of Object.entries(headers)) expect(reply.headers.get(name)).toBe(value);
    expect(reply.headers.get("timestamp")).toBe("1700000000");
    expect((await ask()).body.state).toBe("verified");
  });

  test("a lie changes members of the true answer, and leaves refusals alone", async () => {
    const { client, caller, status } = await withFault({ kind: "merge", members: { uid: "f".repeat(32) } });
    expect((await status()).body).toMatchObject({ uid: "f".repeat(32), state: "verified" });
    await client.auth("POST", "/session/destroy", { authorization: caller.authorization, body: {} });
    expect((await status()).body).toMatchObject({ errno: 110 });
    expect((await status()).body.uid).toBeUndefined();
  });

  test("a connection cut before the request changes nothing, cut after it the change is made", async () => {
    const client = await startTestServer();
    const [kept, lost] = [await client.signIn(), await client.signIn()];
    const destroy = (authorization: string) =>
      client.auth("POST", "/session/destroy", { authorization, body: {} });
    const path = "/auth/v1/session/destroy";
    client.server.faults.add({ path, fault: { kind: "cut" }, times: 1 });
    await expect(destroy(kept.authorization)).rejects.toThrow();
    expect((await client.auth("GET", "/session/status", kept)).status).toBe(200);
    client.server.faults.add({ path, fault: { kind: "cut", after: true }, times: 1 });
    await expect(destroy(lost.authorization)).rejects.toThrow();
    expect((await client.auth("GET", "/session/status", lost)).status).toBe(401);
  });

  test("a delay holds requests until it is released", async () => {
    const { handle, status, client } = await withFault({ kind: "delay" });
    const order: string[] = [];
    const held = status().then(() => order.push("held"));
    while (handle.hits() === 0) await new Promise(setImmediate);
    order.push((await client.auth("GET", "/nowhere")).status.toString());
    handle.release();
    await held;
    expect(order).toEqual(["404", "held"]);
    expect((await status()).status).toBe(200);
  });

  test("an answer drips by the clock", async () => {
    const { status, client } = await withFault({ kind: "drip", interval: 1000 });
    const pending = new Set(["reply"]);
    const reply = status().finally(() => {
      pending.clear();
    });
    while (pending.size > 0) {
      client.clock.advance(1000);
      await new Promise(setImmediate);
    }
    expect((await reply).body.state).toBe("verified");
    expect(client.clock.now()).toBeGreaterThan(100_000);
  });

  test("a flood is as long as it was ordered", async () => {
    const { status } = await withFault({ kind: "flood", bytes: 1_000_000 });
    expect((await status()).text.length).toBeGreaterThan(1_000_000);
  });

  test("rules fit by path and method, the oldest first, and end", async () => {
    const { client, handle, status } = await withFault({ kind: "unavailable" });
    client.server.faults.add({ path: "*", method: "POST", fault: { kind: "notAcceptable" } });
    expect((await status()).status).toBe(503);
    expect((await client.login("v1@example.com")).status).toBe(406);
    handle.remove();
    expect((await status()).status).toBe(200);
    expect(handle.hits()).toBe(1);
    client.server.faults.clear();
    expect((await client.login("v1@example.com")).status).toBe(200);
  });
});

describe("the request log", () => {
  test("counts attempts, without queries", async () => {
    const client = await startTestServer();
    await client.login("a@example.com", {}, "?keys=true&secret=1");
    client.clock.advance(1000);
    await client.login("a@example.com");
    expect(client.server.requests.all()).toEqual([
      { method: "POST", path: LOGIN, time: 1_700_000_000_000, attempt: 1 },
      { method: "POST", path: LOGIN, time: 1_700_000_001_000, attempt: 2 },
    ]);
    expect([client.server.requests.count(LOGIN), client.server.requests.count(LOGIN, "GET")]).toEqual([2, 0]);
  });
});

describe("RequestLog", () => {
  test("keeps the newest 10 000 requests, and their numbers go on", () => {
    const log = new RequestLog();
    log.add("GET", "/first", 0);
    for (let i = 1; i <= 10_000; i++) log.add(i % 2 ? "GET" : "POST", "/x", i);
    expect(log.all()).toHaveLength(10_000);
    expect([log.count("/first"), log.count("/x"), log.count("/x", "GET")]).toEqual([0, 10_000, 5000]);
    log.add("GET", "/x", 10_001);
    expect(log.all().at(-1)).toEqual({ method: "GET", path: "/x", time: 10_001, attempt: 5001 });
    log.add("POST", "/x", 10_002);
    log.add("POST", "/x", 10_003);
    expect(log.all().at(-1)?.attempt).toBe(5002);
    log.clear();
    log.add("GET", "/x", 0);
    expect([log.all().length, log.count("/x")]).toEqual([1, 1]);
  });
});

describe("control routes", () => {
  const control = (client: TestClient, method: string, path: string, body?: unknown) =>
    client.call(method, `/__control__${path}`, body === undefined ? {} : { body });

  test("make accounts, read mails, set and end faults, list requests", async () => {
    const client = await startTestServer({ control: true });
    const email = "new@example.com";
    const account = { email, password: FIXTURE_PASSWORD, mustConfirmSignIns: true, totpSecret: undefined };
    const { uid } = (await control(client, "POST", "/accounts", account)).body;
    const login = () => client.login(email, { verificationMethod: "email-otp" });
    expect((await login()).body.uid).toBe(uid);
    const { mail } = (await control(client, "GET", "/mail")).body;
    expect(mail).toMatchObject([{ to: email, kind: "code", code: expect.stringMatching(/^[0-9]{6}$/) }]);
    await control(client, "POST", "/faults", {
      path: LOGIN,
      fault: { kind: "throttled", retryAfter: "1" },
      times: 1,
    });
    expect([(await login()).status, (await login()).status]).toEqual([429, 200]);
    await control(client, "POST", "/faults", { path: "*", fault: { kind: "html" } });
    await control(client, "DELETE", "/faults");
    expect((await login()).status).toBe(200);
    const { requests } = (await control(client, "GET", "/requests")).body;
    expect(requests.map(({ path, attempt }: { path: string; attempt: number }) => [path, attempt])).toEqual([
      [LOGIN, 1],
      [LOGIN, 2],
      [LOGIN, 3],
      [LOGIN, 4],
    ]);
    await control(client, "DELETE", "/requests");
    expect((await control(client, "GET", "/requests")).body.requests).toEqual([]);
  });

  test("release what a delay holds", async () => {
    const client = await startTestServer({ control: true });
    const { id } = (await control(client, "POST", "/faults", { path: "*", fault: { kind: "delay" } })).body;
    const held = client.login("a@example.com");
    await control(client, "POST", `/faults/${id}/release`, {});
    expect((await held).body.errno).toBe(102);
    expect((await control(client, "POST", "/faults/99/release", {})).status).toBe(404);
  });

  test("reset an account", async () => {
    const client = await startTestServer({ control: true });
    const { authorization } = await client.signIn();
    await control(client, "POST", "/accounts/reset", { email: fixtureEmail("v1"), password: "new" });
    expect((await client.auth("GET", "/session/status", { authorization })).status).toBe(401);
    const { authPW } = stretch(fixtureEmail("v1"), "new");
    expect((await client.login(fixtureEmail("v1"), { authPW })).status).toBe(200);
  });

  test.each([
    ["an unknown kind", { kind: "explode" }],
    ["a status that is no answer's", { kind: "answer", status: 199 }],
    ["a status out of range", { kind: "answer", status: 600 }],
    ["half a status", { kind: "answer", status: 200.5 }],
    ["a header of two lines", { kind: "answer", status: 200, headers: { "X-Test": "a\r\nb" } }],
    ["a header without a name", { kind: "answer", status: 200, headers: { "": "a" } }],
    ["a wait of two lines", { kind: "throttled", retryAfter: "1\n2" }],
    ["less than no bytes", { kind: "flood", bytes: -1 }],
    ["more bytes than memory", { kind: "flood", bytes: 100_000_001 }],
    ["less than no time", { kind: "drip", interval: -1 }],
    ["more than a minute", { kind: "drip", interval: 60_001 }],
    ["a wait that is no number of seconds", { kind: "unavailable", retryAfter: -1 }],
  ])("refuse %s", async (_name, fault) => {
    const client = await startTestServer({ control: true });
    const answer = await control(client, "POST", "/faults", { path: LOGIN, fault });
    expect(answer).toMatchObject({ status: 400, body: { errno: 107, validation: { source: "payload" } } });
    expect((await client.login("a@example.com")).body.errno).toBe(102);
  });

  test.each([0, -1, 1.5])("refuse %d times", async (times) => {
    const client = await startTestServer({ control: true });
    const rule = { path: "*", fault: { kind: "html" }, times };
    expect((await control(client, "POST", "/faults", rule)).body.errno).toBe(107);
  });

  test("take what is just within bounds", async () => {
    const client = await startTestServer({ control: true });
    const faults = [
      { kind: "answer", status: 599, headers: { "X-Test": "a b" } },
      { kind: "flood", bytes: 0 },
      { kind: "drip", interval: 0 },
    ];
    for (const fault of faults) await control(client, "POST", "/faults", { path: LOGIN, fault, times: 1 });
    const answer = await client.login("a@example.com");
    expect([answer.status, answer.headers.get("x-test")]).toEqual([599, "a b"]);
    expect((await client.login("a@example.com")).body).toEqual({ padding: "" });
  });

  test("refuse what they do not understand", async () => {
    const client = await startTestServer({ control: true });
    const account = { email: "a@example.com", password: "x", totpSecret: "not hex" };
    expect((await control(client, "POST", "/accounts", account)).body.errno).toBe(107);
  });
});

describe("the server", () => {
  test("tells of each mail, listens on loopback only, and closes with a request held", async () => {
    const mails: string[] = [];
    const client = await startTestServer({ onMail: ({ to }) => mails.push(to) });
    await client.signIn("confirms-sign-ins");
    expect(mails).toEqual(["confirms-sign-ins@example.com"]);
    expect(client.server.url).toMatch(/^http:\/\/127\.0\.0\.1:[0-9]+$/);
    const { faults, close } = client.server;
    const handle = faults.add({ path: "*", fault: { kind: "delay" } });
    const held = client.login("a@example.com").catch(() => "cut");
    while (handle.hits() === 0) await new Promise(setImmediate);
    await close();
    await held;
    await expect(client.login("a@example.com")).rejects.toThrow();
  });
});
