/** What is said and offered when the new device cannot be told, or nobody answers: a host's last steps, scripted. */
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { NewDevice } from "../../src/commands/new-device.ts";
import type { Run } from "../../src/commands/setup.ts";
import { FxaPairError } from "../../src/lib/errors.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { SESSION_SCOPE } from "../../src/oauth/scopes.ts";
import { additionInWords } from "../../src/ui/device-words.ts";
import type { AddedEvent, CliEvent } from "../../src/ui/events.ts";
import type { Prompter } from "../../src/ui/prompt.ts";
import type { Reporter } from "../../src/ui/reporter.ts";
import { exampleCredentials } from "../oauth/example-credentials.ts";
import { CLIENT_ID, failureOf, JumpingClock, scriptedClient } from "../oauth/support.ts";
import type { Scripted } from "../oauth/support.ts";

const ATTACHED = "GET /v1/account/attached_clients";
const DESTROY = "POST /v1/account/attached_client/destroy";
const CLIENT = `GET /v1/oauth/client/${CLIENT_ID}`;

const entry = (digit: string, name: string) => ({
  ...{ clientId: CLIENT_ID, refreshTokenId: digit.repeat(64), deviceId: digit.repeat(32), name },
});
const session = (digit: string) => ({ sessionTokenId: digit.repeat(64), userAgent: "Firefox 140" });

interface Scene {
  readonly before?: Scripted;
  readonly after: readonly object[];
  readonly scope?: readonly string[];
  /** Answers the offer; left out, nobody does. */
  readonly key?: string;
  readonly watched?: boolean;
}

async function conclude({ before = { document: [] }, after, scope = [], key, watched = true }: Scene) {
  const clock = new JumpingClock();
  const { client, http } = scriptedClient(
    { [ATTACHED]: [before, { document: after }], [DESTROY]: {}, [CLIENT]: { document: { name: "Firefox" } } },
    { clock },
  );
  const events: CliEvent[] = [];
  const warnings: string[] = [];
  const asked: string[] = [];
  const nothing = () => undefined;
  const reporter: Reporter = {
    ...{ plan: nothing, step: nothing, explain: nothing, say: nothing, progress: nothing, fail: nothing },
    offer: () => Promise.reject(new Error("nothing is offered")),
    event: (event) => events.push(event),
    warn: (text) => warnings.push(text),
  };
  const prompter: Prompter = {
    confirm: () => Promise.reject(new Error("asked for a yes")),
    line: () => Promise.reject(new Error("asked for a line")),
    paste: () => Promise.reject(new Error("asked for a paste")),
    choose(question, _choices, signal) {
      asked.push(question);
      if (key !== undefined) return Promise.resolve(key);
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          reject(new Error("withdrawn"));
        });
      });
    },
  };
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const run: Run = {
    environment: {
      ...{ streams, variables: {}, clock, random: systemRandom, platform: "linux", nodeVersion: "v20.19.0" },
      onSignal: () => nothing,
      onHangUp: () => nothing,
      onExit: () => () => undefined,
      onCrash: nothing,
    },
    ...{ reporter, prompter, signal: new AbortController().signal },
  };
  const credentials = { ...exampleCredentials(), sessionToken: "c3".repeat(32) };
  const newDevice = new NewDevice(client, credentials, run);
  const code = await newDevice.granted({ clientId: CLIENT_ID, scope }, () => Promise.resolve("a code"));
  await newDevice.conclude(watched);
  const destroyed = http.bodies(DESTROY);
  return { code, events, warnings, asked, destroyed, clock, http };
}

const words = (events: readonly CliEvent[]) =>
  additionInWords(events.find((event): event is AddedEvent => event.type === "added") ?? fail()).join("\n");
const fail = (): never => {
  throw new Error("no device was spoken of");
};

describe("a host whose pairing is done", () => {
  test("names the device, offers to undo, and removes it", async () => {
    const { code, events, asked, destroyed, warnings } = await conclude({
      after: [entry("1", "tablet")],
      key: "u",
    });
    expect([code, asked, warnings]).toEqual(["a code", ['"tablet" is signed in.'], []]);
    expect(events.map(({ type }) => type)).toEqual(["added", "removed"]);
    expect(destroyed).toMatchObject([{ deviceId: "1".repeat(32) }]);
    expect(words(events)).toContain('The new device is "tablet".');
    expect(words(events)).toContain(`fxa-pair devices remove ${"1".repeat(8)}`);
  });

  test("lists those it could be, offers nothing and says how to remove one, when two are new", async () => {
    const { events, asked, destroyed } = await conclude({
      after: [entry("1", "one"), entry("2", "two")],
      key: "u",
    });
    expect([asked, destroyed]).toEqual([[], []]);
    expect(events).toMatchObject([
      { type: "added", device: null, candidates: [{ name: "one" }, { name: "two" }] },
    ]);
    expect(words(events)).toMatch(/cannot be told[^]*one[^]*two[^]*fxa-pair devices remove <id>/);
  });

  test("says where to look when the device does not turn up", async () => {
    const { events, asked, clock } = await conclude({ after: [] });
    expect(asked).toEqual([]);
    expect(words(events)).toMatch(/does not show[^]*fxa-pair devices/);
    expect(clock.elapsed).toBeLessThanOrEqual(10_000);
  });

  test("does not take everything for new when the list could not be had before", async () => {
    const { events, asked } = await conclude({
      before: new FxaPairError("unreachable", "gone"),
      after: [entry("1", "old"), entry("2", "new")],
    });
    expect(asked).toEqual([]);
    expect(events).toMatchObject([{ type: "added", device: null, candidates: [] }]);
  });

  test("ends by itself when nobody answers the offer, and removes nothing", async () => {
    const { asked, destroyed, clock } = await conclude({ after: [entry("1", "tablet")] });
    expect([asked.length, destroyed]).toEqual([1, []]);
    expect(clock.elapsed).toBeGreaterThanOrEqual(60_000);
  });

  test("asks nobody when it is not watched", async () => {
    const { asked, destroyed } = await conclude({ after: [entry("1", "tablet")], key: "u", watched: false });
    expect([asked, destroyed]).toEqual([[], []]);
  });

  describe("and granted a session", () => {
    const scope = [SESSION_SCOPE];

    test("ends that first", async () => {
      const after = [entry("1", "phone"), session("3")];
      const { destroyed, warnings } = await conclude({ after, scope, key: "u" });
      expect(destroyed).toMatchObject([{ sessionTokenId: "3".repeat(64) }, { deviceId: "1".repeat(32) }]);
      expect(warnings).toEqual([]);
    });

    test("says so when it is not in the list", async () => {
      const { destroyed, warnings } = await conclude({ after: [entry("1", "phone")], scope, key: "u" });
      expect(destroyed).toHaveLength(1);
      expect(warnings).toEqual([expect.stringContaining("granted a session")]);
    });
  });

  test("says nothing when it granted nothing", async () => {
    const { client, http } = scriptedClient({ [ATTACHED]: { document: [] }, [CLIENT]: {} });
    const credentials = { ...exampleCredentials(), sessionToken: "c3".repeat(32) };
    const run = { environment: { clock: new JumpingClock() } } as unknown as Run;
    const newDevice = new NewDevice(client, credentials, run);
    const refused = newDevice.granted({ clientId: CLIENT_ID, scope: [] }, () =>
      Promise.reject(new Error("no")),
    );
    expect(await failureOf(refused)).toMatchObject({ message: "no" });
    await newDevice.conclude(true);
    expect(http.routes.filter((route) => route === ATTACHED)).toHaveLength(1);
  });
});
