/** What is said, and done, when nobody knows whether the accounts server has issued tokens. */

import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { proxiesOf } from "../../src/network/proxies.ts";
import { AccountsClient } from "../../src/oauth/accounts-client.ts";
import { createRecipientKey } from "../../src/oauth/recipient-key.ts";
import { redeem } from "../../src/oauth/redeem.ts";
import { signOut } from "../../src/oauth/sign-out.ts";
import { removeDevice } from "../../src/oauth/device-list.ts";
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

describe("what was to be ended", () => {
  const sessionToken = "11".repeat(32);
  const clientAt = (auth: string) =>
    new AccountsClient({ servers: { ...SERVERS, auth }, http: newHttpClient(), clock: systemClock });
  const cut = () => serve((request) => void request.socket.destroy());
  const closed = () => Promise.resolve("http://127.0.0.1:1");

  test.each([
    ["may be ended where the answer was lost", cut, "may still accept"],
    ["is still there where the request never left", closed, "still accepts"],
  ])("%s: a session", async (_, server, words) => {
    const failure = await failureOf(signOut(clientAt(await server()), { clientId: CLIENT_ID, sessionToken }));
    expect(failure).toMatchObject({
      code: "unreachable",
      message: expect.stringContaining(`server ${words} `),
    });
  });

  test.each([
    ["may be ended where the answer was lost", cut, "may be removed, or signed in still"],
    ["is still there where the request never left", closed, "Check the connection"],
  ])("%s: a device", async (_, server, hint) => {
    const device = {
      ...{ id: "d", name: "x", type: "desktop", clientId: CLIENT_ID, isThis: false },
      ...{
        createdAt: null,
        lastSeen: null,
        handle: {
          clientId: CLIENT_ID,
          deviceId: "22".repeat(16),
          sessionTokenId: null,
          refreshTokenId: null,
        },
      },
    };
    const holder = {
      ...{ clientId: CLIENT_ID, scope: ["profile"], deviceId: null },
      ...{ sessionToken, refreshToken: "33".repeat(32) },
    };
    const failure = await failureOf(removeDevice(clientAt(await server()), holder, device));
    expect(failure).toMatchObject({ code: "unreachable", hint: expect.stringContaining(hint) });
  });
});
