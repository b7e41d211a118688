/** What is said, and done, when nobody knows whether the accounts server has issued tokens. */

import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { proxiesOf } from "../../src/network/proxies.ts";
import { AccountsClient } from "../../src/oauth/accounts-client.ts";
import { createRecipientKey } from "../../src/oauth/recipient-key.ts";
import { redeem } from "../../src/oauth/redeem.ts";
import type { HttpClient } from "../../src/oauth/http.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { loginAs, startSandbox } from "./sandbox.ts";
import {
  CLIENT_ID,
  failureOf,
  JumpingClock,
  newHttpClient,
  problem,
  scriptedClient,
  serve,
  SERVERS,
  StoppedClock,
} from "./support.ts";

const MARK = { details: { perhapsSignedIn: true }, hint: expect.stringContaining("signed in all the same") };

function redeemWith(accounts: AccountsClient): Promise<unknown> {
  const redemption = {
    server: "https://accounts.example",
    clientId: CLIENT_ID,
    code: "00".repeat(32),
    codeVerifier: "v".repeat(43),
    scope: ["profile"],
    privateJwk: createRecipientKey(systemRandom).privateJwk,
    announcedEmail: "a@example.com",
    deviceName: "x",
    signal: new AbortController().signal,
  };
  return failureOf(redeem(accounts, redemption, new JumpingClock()));
}

const redeemAt = (auth: string, http: HttpClient = newHttpClient()) =>
  redeemWith(new AccountsClient({ servers: { ...SERVERS, auth }, http, clock: systemClock }));

/** A server that accepts connections and says nothing. */
async function startSilence(onData: () => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", onData);
    onTestFinished(() => void socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

describe("that a device may be signed in is said", () => {
  test("when the connection breaks after the request has left", async () => {
    const url = await serve((request) => void request.socket.destroy());
    expect(await redeemAt(url)).toMatchObject({ code: "unreachable", ...MARK });
  });

  test("when the answer takes too long", async () => {
    const clock = new StoppedClock();
    const address = await startSilence(() => {
      clock.fire();
    });
    expect(await redeemAt(`http://${address}`, newHttpClient({ clock }))).toMatchObject(MARK);
  });

  test("when the answer is far too long", async () => {
    const url = await serve((_, response) => response.end("x".repeat(1024 * 1024 + 1)));
    expect(await redeemAt(url)).toMatchObject(MARK);
  });

  test.each([
    ["a failure of the server", { status: 500, document: undefined }],
    ["no answer behind a gateway", { status: 504, document: undefined }],
    ["HTML", { status: 200, document: undefined }],
    ["a code that was used already", problem(400, 172)],
  ])("on %s", async (_, answer) => {
    expect(await redeemWith(scriptedClient({ "POST /v1/oauth/token": answer }).client)).toMatchObject(MARK);
  });
});

describe("nothing of the kind is said", () => {
  test("when the connection was refused", async () => {
    const failure = await redeemAt("http://127.0.0.1:1");
    expect(failure).toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("ECONNREFUSED"),
      hint: expect.stringContaining("Check the connection"),
    });
    expect(failure).not.toMatchObject({ details: MARK.details });
  });

  test("when the TLS handshake takes too long", async () => {
    const clock = new StoppedClock();
    const address = await startSilence(() => {
      clock.fire();
    });
    const failure = await redeemAt(`https://${address}`, newHttpClient({ clock }));
    expect(failure).toMatchObject({ code: "unreachable", message: expect.stringContaining("too slowly") });
    expect(failure).not.toMatchObject({ details: MARK.details });
  });

  test("when the proxy could not be reached", async () => {
    const http = newHttpClient({ proxyFor: proxiesOf({ ALL_PROXY: "http://127.0.0.1:1" }) });
    const failure = await redeemAt("https://a.pair.test", http);
    expect(failure).toMatchObject({ code: "unreachable", message: expect.stringContaining("The proxy") });
    expect(failure).not.toMatchObject({ details: MARK.details });
  });

  test.each([
    ["a redirect", { status: 307, document: {} }],
    ["a client that is switched off", problem(503, 204)],
    ["an expired code", problem(400, 174)],
  ])("on %s", async (_, answer) => {
    const failure = await redeemWith(scriptedClient({ "POST /v1/oauth/token": answer }).client);
    expect(failure).not.toMatchObject({ details: MARK.details });
  });
});

test("a sign-in says so whose session was lost with the answer", async () => {
  const sandbox = await startSandbox();
  sandbox.server.faults.add({ path: "/auth/v1/account/login", fault: { kind: "cut", after: true } });
  expect(await failureOf(loginAs(sandbox))).toMatchObject(MARK);
  expect(sandbox.count("/account/login")).toBe(1);
});
