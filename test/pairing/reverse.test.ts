/** The pairing whose code the new device shows: it creates the channel and is the TLS server; who asks whom stays as it is. */
import { describe, expect, it } from "vitest";
import { FxaPairError } from "../../src/lib/errors.ts";
import { startAuthority, stepAuthority } from "../../src/pairing/authority.ts";
import type { AuthorityInput } from "../../src/pairing/authority.ts";
import { requestFingerprint } from "../../src/pairing/fingerprint.ts";
import { formatRequest } from "../../src/pairing/messages.ts";
import { runAuthority } from "../../src/pairing/run-authority.ts";
import type { AuthorityPorts } from "../../src/pairing/run-authority.ts";
import { runSupplicant } from "../../src/pairing/run-supplicant.ts";
import type { SupplicantPorts } from "../../src/pairing/run-supplicant.ts";
import type { PairingStatus } from "../../src/pairing/status.ts";
import { startSupplicant, stepSupplicant } from "../../src/pairing/supplicant.ts";
import { createChannel } from "../../src/channel/pairing-channel.ts";
import { openPair, optionsFor } from "../channel/harness.ts";
import { MemoryRelay } from "../channel/memory-relay.ts";
import { FakeClock } from "../relay/support.ts";
import { POLICY, REQUEST } from "./request-fixture.ts";
import { codeOf, word } from "./transcript.ts";

const METADATA = { email: "a@b.example", avatar: null, displayName: "A", deviceName: "desk" };
const ANNOUNCED = requestFingerprint(formatRequest(REQUEST));
/** As valid as the announced one: one character of its `state` differs. */
const OTHER = { ...REQUEST, state: `${REQUEST.state.slice(0, -1)}x` };

async function world(changes: {
  authority?: Partial<AuthorityPorts>;
  supplicant?: Partial<SupplicantPorts>;
}) {
  const relay = new MemoryRelay();
  relay.greeting = { expires_in: 300 };
  const clock = new FakeClock();
  const channels = await openPair(relay, clock);
  const log: string[] = [];
  const note = (side: string) => (status: PairingStatus) => {
    log.push(`${side} ${status.type}${"by" in status ? ` by ${status.by}` : ""}`);
  };
  const authority: AuthorityPorts = {
    channel: channels.join,
    clock,
    policy: POLICY,
    metadata: METADATA,
    origin: { role: "joiner", announced: ANNOUNCED },
    timeout: 900_000,
    clientName: async () => "Firefox for Android",
    authorize: async () => {
      log.push("host asks for a code");
      return "0123456789abcdef".repeat(4);
    },
    ask: async () => {
      log.push("host is asked");
      return true;
    },
    report: note("host"),
    signal: new AbortController().signal,
    ...changes.authority,
  };
  const supplicant: SupplicantPorts = {
    channel: channels.host,
    clock,
    timeout: 300_000,
    request: REQUEST,
    origin: { role: "creator" },
    ask: async () => true,
    redeem: async () => {
      log.push("join redeems");
    },
    report: note("join"),
    signal: new AbortController().signal,
    ...changes.supplicant,
  };
  return { relay, clock, log, authority, supplicant };
}

/** What becomes of it, with time passing whenever nothing else happens. */
async function inTime<T>(clock: FakeClock, outcome: Promise<T>): Promise<T> {
  const open = { yes: true };
  const close = () => (open.yes = false);
  outcome.then(close, close);
  while (open.yes) {
    clock.advance(100);
    await new Promise(setImmediate);
  }
  return outcome;
}

function runBoth({ clock, authority, supplicant }: Awaited<ReturnType<typeof world>>) {
  return inTime(
    clock,
    Promise.all([
      runAuthority(authority).then(() => "complete", codeOf),
      runSupplicant(supplicant).then(() => "complete", codeOf),
    ]),
  );
}

describe("a reverse pairing", () => {
  it("goes as any other once the handshake is done, and costs no frame more", async () => {
    const w = await world({});
    const counts: number[] = [];
    const { report } = w.authority;
    w.authority.report = (status) => {
      report(status);
      if (status.type === "complete") counts.push(w.relay.frames.length);
    };
    expect(await runBoth(w)).toEqual(["complete", "complete"]);
    expect(w.relay.frames).toHaveLength(10);
    expect(counts[0]).toBeLessThanOrEqual(9);
    // Seat 1 joined the channel and began the handshake; seat 0 answered it.
    expect(w.relay.frames[0]?.from).toBe(1);
    expect(w.log.filter((line) => line.startsWith("join"))).toEqual([
      "join connected",
      "join metadata",
      "join approved by local",
      "join approved by remote",
      "join redeeming",
      "join redeems",
      "join complete",
    ]);
  });

  it("V3: another request on the channel ends it: nobody is asked, and no application record is sent back", async () => {
    const w = await world({ supplicant: { request: OTHER } });
    expect(await runBoth(w)).toEqual(["channel_security", "declined_there"]);
    expect(w.log.filter((line) => line.startsWith("host"))).toEqual(["host connected"]);
    // Handshake, request, and the two close_notify alerts.
    const fromHost = w.relay.frames.filter(({ from }) => from === 1);
    expect(fromHost).toHaveLength(3);
    expect(w.log.join()).not.toContain("metadata");
  });

  it("is over when nobody scanned the code in time", async () => {
    const relay = new MemoryRelay();
    const { clock, supplicant } = await world({});
    const channel = await createChannel(optionsFor(relay, clock));
    const waiting = runSupplicant({ ...supplicant, channel }).catch((thrown: unknown) => thrown);
    expect(await inTime(clock, waiting)).toMatchObject({
      code: "timeout",
      message: expect.stringMatching(/^Nobody/),
    });
  });

  it("lives no longer than its channel", async () => {
    const w = await world({ supplicant: { timeout: 3_600_000 } });
    const start = w.clock.now();
    expect(
      await inTime(
        w.clock,
        runSupplicant(w.supplicant).then(() => "complete", codeOf),
      ),
    ).toBe("timeout");
    expect(w.clock.now() - start).toBe(300_000);
  });
});

describe("V3: the request that a code announces", () => {
  const run = (document: string, announced: string) => {
    const inputs: AuthorityInput[] = [{ type: "connected" }, { type: "message", text: document, sender: {} }];
    let state = startAuthority(METADATA, POLICY, { role: "joiner", announced });
    const words: string[] = [];
    for (const input of inputs) {
      const step = stepAuthority(state, input);
      state = step.state;
      words.push(...step.effects.map(word));
    }
    return words;
  };

  it("is presented", () => {
    expect(run(formatRequest(REQUEST), ANNOUNCED)).toEqual([
      "report connected",
      "send pair:auth:metadata",
      "present",
    ]);
  });

  it("is the only one, whatever else is right or wrong with another", () => {
    const others = [
      formatRequest(OTHER),
      `${formatRequest(REQUEST)} `,
      formatRequest({ ...REQUEST, clientId: "0000000000000000" }),
    ];
    for (const other of others) {
      expect(run(other, ANNOUNCED)).toEqual(["report connected", "closeNotify", "fail channel_security"]);
    }
    for (let at = 0; at < ANNOUNCED.length; at++) {
      const letter = ANNOUNCED[at] === "7" ? "8" : "7";
      const near = ANNOUNCED.slice(0, at) + letter + ANNOUNCED.slice(at + 1);
      expect(run(formatRequest(REQUEST), near).at(-1)).toBe("fail channel_security");
    }
  });

  it("is still checked like any other", () => {
    const bad = formatRequest({ ...REQUEST, clientId: "0000000000000000" });
    expect(run(bad, requestFingerprint(bad))).toEqual(["report connected", "closeNotify", "fail refused"]);
  });
});

it("tells whose code was not used, when the time is over", () => {
  const late = { type: "deadline" } as const;
  const messages = [
    stepSupplicant(startSupplicant(REQUEST, { role: "creator" }), late),
    stepSupplicant(startSupplicant(REQUEST, { role: "joiner" }), late),
    stepAuthority(startAuthority(METADATA, POLICY, { role: "joiner", announced: ANNOUNCED }), late),
  ].map(({ effects }) => {
    const last = effects.at(-1);
    return last?.type === "fail" && last.error instanceof FxaPairError ? last.error.message : "";
  });
  expect(messages[0]).toMatch(/^Nobody used the code/);
  expect(messages[1]).toMatch(/^The pairing/);
  expect(messages[2]).toMatch(/^The pairing/);
});
