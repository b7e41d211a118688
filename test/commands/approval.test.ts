/** What stands between a request and its approval on an account with two-step authentication, while time goes by. */
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { Approval } from "../../src/commands/approval.ts";
import type { Run } from "../../src/commands/setup.ts";
import { systemRandom } from "../../src/lib/random.ts";
import type { Prompter } from "../../src/ui/prompt.ts";
import type { Reporter } from "../../src/ui/reporter.ts";
import { exampleCredentials } from "../oauth/example-credentials.ts";
import { CLIENT_ID, failureOf, scriptedClient } from "../oauth/support.ts";
import { FakeClock } from "../relay/fake-clock.ts";

const MINUTE = 60_000;
const TOTP = "POST /v1/session/verify/totp";
const QUESTION = {
  ...{ type: "request" as const, clientId: CLIENT_ID, clientName: null, scope: [], sender: {} },
  ...{ fingerprint: "0123-45678-9ABC", jwkThumbprint: null },
} as const;

/** A host that signed in just now, at the start of its offer. */
async function preparedHost(
  flags: { yes: boolean; approveJwk?: string },
  typed: readonly string[] = [],
  somebodyThere = !flags.yes,
) {
  const clock = new FakeClock();
  const stored = exampleCredentials();
  const credentials = {
    ...stored,
    sessionToken: "c3".repeat(32),
    authAt: Math.floor(clock.wallTime() / 1000),
  };
  const details = { sessionVerificationMethod: "totp-2fa", sessionVerificationMeetsMinimumAAL: true };
  const { client, http } = scriptedClient(
    {
      "GET /v1/session/status": { document: { state: "verified", uid: stored.uid, details } },
      [TOTP]: [{ document: { success: false } }, { document: { success: true } }],
    },
    { clock },
  );
  const nothing = () => undefined;
  const reporter: Reporter = {
    ...{ plan: nothing, step: nothing, explain: nothing, say: nothing, progress: nothing, fail: nothing },
    ...{ event: nothing, warn: nothing },
    offer: () => Promise.reject(new Error("nothing is offered")),
  };
  const lines = [...typed];
  const prompter: Prompter = {
    confirm: () => Promise.resolve(true),
    line: () => Promise.resolve(lines.shift() ?? ""),
    paste: () => Promise.reject(new Error("asked for a paste")),
    choose: () => Promise.reject(new Error("asked for a choice")),
  };
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const run: Run = {
    environment: {
      ...{ streams, variables: {}, clock, random: systemRandom, platform: "linux", nodeVersion: "v20.19.0" },
      ...{ onSignal: () => nothing, onHangUp: () => nothing, onExit: () => nothing, onCrash: nothing },
    },
    ...{ reporter, prompter: somebodyThere ? prompter : null, signal: new AbortController().signal },
  };
  const approval = await Approval.prepare(client, credentials, flags, run);
  const ask = () => approval.ask(QUESTION, new AbortController().signal);
  return { clock, ask, codes: () => http.bodies(TOTP).map(({ code }) => code) };
}

describe("H12: a sign-in that passed two steps", () => {
  it("approves without a code for five minutes", async () => {
    const { clock, ask, codes } = await preparedHost({ yes: false });
    clock.advance(4 * MINUTE);
    expect([await ask(), codes()]).toEqual([true, []]);
  });

  it("takes a right code when it has aged while the offer waited, and no wrong one", async () => {
    const { clock, ask, codes } = await preparedHost({ yes: false }, ["111111", "222222"]);
    clock.advance(6 * MINUTE);
    expect([await ask(), codes()]).toEqual([true, ["111111", "222222"]]);
  });

  it("is a no without a code when it has aged", async () => {
    const { clock, ask, codes } = await preparedHost({ yes: false });
    clock.advance(6 * MINUTE);
    expect([await ask(), codes()]).toEqual([false, []]);
  });

  it("approves nothing by --yes when it has aged, unless the request is pinned", async () => {
    const open = await preparedHost({ yes: true });
    open.clock.advance(6 * MINUTE);
    expect(await failureOf(open.ask())).toMatchObject({ code: "not_signed_in" });
    const pinned = await preparedHost({ yes: true, approveJwk: "a".repeat(43) });
    pinned.clock.advance(6 * MINUTE);
    expect(await pinned.ask()).toBe(true);
  });
});

it("H6: where nobody can be asked, and --yes was not given, the answer is no", async () => {
  const { ask } = await preparedHost({ yes: false }, [], false);
  expect(await ask()).toBe(false);
});
