import { describe, expect, it } from "vitest";
import type { PairingChannel } from "../../src/channel/pairing-channel.ts";
import { FxaPairError } from "../../src/lib/errors.ts";
import { runAuthority } from "../../src/pairing/run-authority.ts";
import type { AuthorityPorts } from "../../src/pairing/run-authority.ts";
import { runSupplicant } from "../../src/pairing/run-supplicant.ts";
import type { SupplicantPorts } from "../../src/pairing/run-supplicant.ts";
import type { PairRequest } from "../../src/pairing/request-checks.ts";
import type { PairingStatus } from "../../src/pairing/status.ts";
import { ConnectError } from "../../src/channel/socket.ts";
import { openPair } from "../channel/harness.ts";
import { MemoryRelay } from "../channel/memory-relay.ts";
import { FakeClock } from "../relay/support.ts";
import { POLICY, REQUEST } from "./request-fixture.ts";
import { codeOf } from "./transcript.ts";

const CODE = "0123456789abcdef".repeat(4);
const METADATA = { email: "a@b.example", avatar: null, displayName: "A", deviceName: "desk" };

interface World {
  relay: MemoryRelay;
  clock: FakeClock;
  host: PairingChannel;
  join: PairingChannel;
  authority: AuthorityPorts;
  supplicant: SupplicantPorts;
  /** What happened, on either side, in order. */
  log: string[];
  statuses: PairingStatus[];
  stop: AbortController;
}

async function world(
  changes: { authority?: Partial<AuthorityPorts>; supplicant?: Partial<SupplicantPorts> } = {},
  relay = new MemoryRelay(),
) {
  const clock = new FakeClock();
  const { host, join } = await openPair(relay, clock);
  const log: string[] = [];
  const statuses: PairingStatus[] = [];
  const stop = new AbortController();
  const note = (side: string) => (status: PairingStatus) => {
    statuses.push(status);
    log.push(`${side} ${status.type}${"by" in status ? ` by ${status.by}` : ""}`);
  };
  const authority: AuthorityPorts = {
    channel: host,
    clock,
    policy: POLICY,
    metadata: METADATA,
    timeout: 900_000,
    clientName: async () => "Firefox for Android",
    async authorize() {
      log.push("host asks for a code");
      return CODE;
    },
    ask: async () => true,
    report: note("host"),
    signal: stop.signal,
    ...changes.authority,
  };
  const supplicant: SupplicantPorts = {
    channel: join,
    clock,
    timeout: 300_000,
    request: REQUEST,
    ask: async () => true,
    async redeem() {
      log.push("join redeems");
    },
    report: note("join"),
    signal: new AbortController().signal,
    ...changes.supplicant,
  };
  return { relay, clock, host, join, authority, supplicant, log, statuses, stop } satisfies World;
}

/** Runs both sides, with time passing whenever nothing else happens. */
function runBoth(world: World): Promise<readonly [host: string, join: string]> {
  return inTime(world.clock, start(world));
}

function start(world: World): Promise<readonly [host: string, join: string]> {
  return Promise.all([
    runAuthority(world.authority).then(() => "complete", codeOf),
    runSupplicant(world.supplicant).then(() => "complete", codeOf),
  ]);
}

/** What it comes to, with time passing whenever nothing else happens; no timer is left then, save of somebody else. */
async function inTime<T>(clock: FakeClock, outcome: Promise<T>, others?: "others may wait"): Promise<T> {
  const open = { yes: true };
  const close = () => (open.yes = false);
  outcome.then(close, close);
  while (open.yes) {
    clock.advance(100);
    await new Promise(setImmediate);
  }
  if (others === undefined) expect(clock.pending).toBe(0);
  return outcome;
}

/** Adds to what a side does with its statuses. */
function onReport(ports: { report(status: PairingStatus): void }, also: (status: PairingStatus) => void) {
  const report = ports.report.bind(ports);
  ports.report = (status) => {
    report(status);
    also(status);
  };
}

/** A promise for a test to settle. */
function gate<T>() {
  let open: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

describe("a whole pairing", () => {
  it("takes four frames for the handshake, four for the messages, and one close_notify a side", async () => {
    const w = await world();
    const counts: number[] = [];
    w.authority.report = (status) => {
      if (status.type === "complete") counts.push(w.relay.frames.length);
    };
    expect(await runBoth(w)).toEqual(["complete", "complete"]);
    expect(w.relay.frames).toHaveLength(10);
    expect(counts[0]).toBeLessThanOrEqual(9);
    expect(w.relay.frames.filter(({ from }) => from === 0)).toHaveLength(5);
    expect(w.relay.seats.map(({ closed }) => closed)).toEqual([1000, 1000]);
  });

  it("shows the same fingerprint on both sides, and says what is relayed hearsay", async () => {
    const w = await world();
    await runBoth(w);
    const request = w.statuses.find((status) => status.type === "request");
    const metadata = w.statuses.find((status) => status.type === "metadata");
    expect(request?.fingerprint).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{5}-[0-9A-Z]{4}$/);
    expect(metadata?.fingerprint).toBe(request?.fingerprint);
    expect(request).toMatchObject({ clientName: "Firefox for Android", sender: { remote: "192.0.2.7" } });
    expect(metadata).toMatchObject({ email: METADATA.email, displayName: "A", deviceName: "desk" });
  });

  it("says complete before it waits for the other side's close_notify", async () => {
    const w = await world();
    const done = gate<null>();
    w.supplicant.report = (status) => {
      if (status.type === "complete") done.open(null);
    };
    const running = runBoth(w);
    await done.promise;
    expect(w.relay.seats[1]?.closed).toBeUndefined();
    await running;
  });

  it("waits three seconds for a close_notify that does not come, and succeeds", async () => {
    const w = await world();
    w.relay.tap = ({ text }, index) => (index >= 8 ? [] : [text]);
    const start = w.clock.now();
    expect(await runBoth(w)).toEqual(["complete", "complete"]);
    // The authority leaves a second to the supplicant before its own.
    expect(w.clock.now() - start).toBeGreaterThanOrEqual(4000);
    expect(w.clock.now() - start).toBeLessThan(5000);
  });

  it("lets the supplicant close first, for a second", async () => {
    const w = await world({ supplicant: { redeem: () => new Promise(() => undefined) } });
    const sent: number[] = [];
    let completed = 0;
    w.authority.report = (status) => {
      if (status.type === "complete") completed = w.clock.now();
    };
    w.relay.afterFrame = (_frame, index) => {
      if (index === 8) sent.push(w.clock.now());
    };
    void start(w);
    while (sent.length === 0) {
      await new Promise(setImmediate);
      w.clock.advance(100);
    }
    expect(sent).toHaveLength(1);
    expect(sent[0]! - completed).toBeGreaterThanOrEqual(1000);
    expect(sent[0]! - completed).toBeLessThan(1300);
  });

  it("sends metadata without waiting for the client's name, and asks even without one", async () => {
    const w = await world({ authority: { clientName: () => new Promise(() => undefined) } });
    expect(await runBoth(w)).toEqual(["complete", "complete"]);
    expect(w.log.indexOf("join metadata")).toBeLessThan(w.log.indexOf("host request"));
    expect(w.statuses.find((status) => status.type === "request")).toMatchObject({ clientName: null });
    const failing = await world({
      authority: { clientName: () => Promise.reject(new Error("no such client")) },
    });
    expect(await runBoth(failing)).toEqual(["complete", "complete"]);
  });

  it("tells of the request before it tells what the other side says to it", async () => {
    const confirmed = gate<null>();
    const w = await world({
      authority: {
        clientName: () => confirmed.promise,
        ask: async () => true,
      },
    });
    w.relay.afterFrame = (_frame, index) => {
      // The confirmation is the only frame between the metadata and the client's name.
      if (index === 6) setImmediate(confirmed.open, null);
    };
    expect(await runBoth(w)).toEqual(["complete", "complete"]);
    expect(w.log.filter((line) => line.startsWith("host"))).toEqual([
      "host connected",
      "host request",
      "host approved by remote",
      "host approved by local",
      "host asks for a code",
      "host authorized",
      "host complete",
    ]);
  });
});

describe("an offer", () => {
  it.each([
    [60, 900_000, 60_000],
    [300, 20_000, 20_000],
    [null, 70_000, 70_000],
  ])("of a channel that lives %j seconds, for %i ms, ends after %i", async (lifespan, timeout, expected) => {
    const relay = new MemoryRelay();
    relay.greeting = { expires_in: lifespan };
    const w = await world({ authority: { timeout } }, relay);
    const start = w.clock.now();
    const outcome = runAuthority(w.authority).catch(codeOf);
    expect(await inTime(w.clock, outcome)).toBe("timeout");
    expect(w.clock.now() - start).toBe(expected);
  });
});

describe("saying no", () => {
  it("on the host ends both sides, and no code was asked for", async () => {
    const w = await world({ authority: { ask: async () => false } });
    expect(await runBoth(w)).toEqual(["declined_here", "declined_there"]);
    expect(w.log).not.toContain("host asks for a code");
    expect(w.log).not.toContain("join redeems");
    expect(w.log).toContain("join declined by remote");
  });

  it("on the new device ends both sides, and nothing is redeemed", async () => {
    const authorized = gate<null>();
    const w = await world({ supplicant: { ask: async () => authorized.promise.then(() => false) } });
    w.authority.report = (status) => {
      if (status.type === "authorized") authorized.open(null);
    };
    expect(await runBoth(w)).toEqual(["declined_there", "declined_here"]);
    expect(w.log).not.toContain("join redeems");
  });

  it.each(["authority", "supplicant"] as const)("is what silence means: %s", async (silent) => {
    const w = await world();
    let aborted = false;
    w[silent] = {
      ...w[silent],
      ask: (_question: unknown, signal: AbortSignal) =>
        new Promise<boolean>(() => {
          signal.addEventListener("abort", () => (aborted = true));
        }),
    } as never;
    const codes = await runBoth(w);
    expect(codes).toContain("timeout");
    expect(codes).not.toContain("complete");
    expect(w.log).not.toContain("join redeems");
    expect(aborted).toBe(true);
  });

  it("before the client's name is known leaves nothing to ask", async () => {
    const w = await world({
      authority: { clientName: () => new Promise(() => undefined) },
      supplicant: { ask: async () => false },
    });
    const start = w.clock.now();
    expect(await runBoth(w)).toEqual(["declined_there", "declined_here"]);
    expect(w.clock.now() - start).toBeLessThan(5000);
    expect(w.log.filter((line) => line.startsWith("host"))).toEqual([
      "host connected",
      "host declined by remote",
    ]);
  });

  it("closes an open question before it is told", async () => {
    const asked = gate<null>();
    const w = await world({ supplicant: { ask: () => asked.promise.then(() => false) } });
    w.authority = {
      ...w.authority,
      ask: (_question, signal) =>
        new Promise(() => {
          signal.addEventListener("abort", () => w.log.push("host closes the question"));
          asked.open(null);
        }),
    };
    expect(await runBoth(w)).toEqual(["declined_there", "declined_here"]);
    expect(w.log.slice(-2)).toEqual(["host closes the question", "host declined by remote"]);
  });

  it("is not what a failed question means: its error comes through", async () => {
    const w = await world({
      authority: { ask: () => Promise.reject(new FxaPairError("usage", "no terminal")) },
    });
    expect(await runBoth(w)).toEqual(["usage", "declined_there"]);
  });
});

describe("what goes wrong", () => {
  it("when no code is given comes through on the host, and the other side hears of it at once", async () => {
    const w = await world({
      authority: { authorize: () => Promise.reject(new FxaPairError("refused", "no")) },
    });
    expect(await runBoth(w)).toEqual(["refused", "declined_there"]);
  });

  it("when redeeming comes through on the new device", async () => {
    const w = await world({
      supplicant: { redeem: () => Promise.reject(new FxaPairError("refused", "no")) },
    });
    expect(await runBoth(w)).toEqual(["complete", "refused"]);
  });

  it("when the account will not do is told before anybody is asked", async () => {
    let asked = false;
    const w = await world({
      supplicant: {
        checkAccount: ({ email }) => {
          throw new FxaPairError("usage", `not ${email.length}`);
        },
        ask: async () => (asked = true),
      },
    });
    expect((await runBoth(w))[1]).toBe("usage");
    expect(asked).toBe(false);
  });

  it("when the request is refused ends both sides without metadata", async () => {
    const w = await world({ supplicant: { request: { ...REQUEST, clientId: "0000000000000000" } } });
    expect(await runBoth(w)).toEqual(["refused", "declined_there"]);
    expect(w.log.join()).not.toMatch(/metadata|host request/);
    // Handshake, request, and the two close_notify alerts: no application record of the host.
    expect(w.relay.frames.length).toBeLessThanOrEqual(7);
  });

  it("when the user interrupts ends both sides", async () => {
    const w = await world({ authority: { ask: () => new Promise(() => undefined) } });
    w.supplicant.report = (status) => {
      if (status.type === "metadata") w.stop.abort(new FxaPairError("interrupted", "Ctrl-C"));
    };
    expect(await runBoth(w)).toEqual(["interrupted", "declined_there"]);
    expect(w.log).not.toContain("host asks for a code");
  });

  it("when it was interrupted before it began", async () => {
    const w = await world();
    w.stop.abort(new FxaPairError("interrupted", "Ctrl-C"));
    expect((await runBoth(w))[0]).toBe("interrupted");
    expect(w.log).not.toContain("host connected");
  });

  it("stops an exchange that can be stopped", async () => {
    const stop = new AbortController();
    const w = await world({
      supplicant: {
        signal: stop.signal,
        redeem: (_code, _email, signal) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => {
              reject(new Error("stopped"));
            });
            stop.abort(new FxaPairError("interrupted", "Ctrl-C"));
          }),
      },
    });
    expect(await runBoth(w)).toEqual(["complete", "interrupted"]);
  });
});

describe("what was shown", () => {
  it("is what is granted, whatever a caller tries to change in between", async () => {
    const granted: PairRequest[] = [];
    const w = await world({
      authority: {
        async ask(question) {
          expect(() =>
            (question.scope as string[]).push("https://identity.mozilla.com/tokens/session"),
          ).toThrow(TypeError);
          return true;
        },
        async authorize(request) {
          granted.push(request);
          expect(() => {
            (request as { clientId: string }).clientId = "other";
          }).toThrow(TypeError);
          return CODE;
        },
      },
    });
    await runBoth(w);
    expect(granted).toEqual([expect.objectContaining({ clientId: REQUEST.clientId, scope: REQUEST.scope })]);
  });
});

describe("the connection lost for good after any frame", () => {
  // Frames: 0 ClientHello, 1-2 server flight, 3 Finished, 4 request, 5 metadata, 6-7 code and confirmation, 8-9 close.
  it.each([...Array(10).keys()])("frame %i", async (cutAfter) => {
    const relay = new MemoryRelay();
    relay.afterFrame = (_frame, index) => {
      if (index === cutAfter) relay.cut();
    };
    const w = await world({}, relay);
    const [host, join] = await runBoth(w);
    const kinds = w.relay.frames.slice(0, cutAfter + 1).map(({ from }) => from);
    const hostDone = kinds.filter((from) => from === 1).length >= 4;
    const joinDone = kinds.filter((from) => from === 0).length >= 4;
    expect(["unreachable", "declined_there", ...(hostDone ? ["complete"] : [])]).toContain(host);
    expect(["unreachable", "declined_there", ...(joinDone ? ["complete"] : [])]).toContain(join);
    expect(w.log.includes("join redeems")).toBe(join === "complete");
    if (cutAfter >= 8) expect([host, join]).toEqual(["complete", "complete"]);
  });

  it("says on the host that the device may be signed in, once the code has left", async () => {
    const w = await world({ supplicant: { ask: () => new Promise(() => undefined) } });
    w.authority.report = (status) => {
      if (status.type === "authorized") w.relay.cut();
    };
    const supplicant = runSupplicant({ ...w.supplicant, timeout: 1000 }).catch(codeOf);
    const failure: unknown = await runAuthority(w.authority).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "unreachable", hint: expect.stringContaining("may be signed in") });
    await new Promise(setImmediate);
    w.clock.advance(1000);
    expect(await supplicant).toBe("timeout");
  });

  it("does not matter to the new device between the code and its user's yes", async () => {
    const answer = gate<boolean>();
    const w = await world({ supplicant: { ask: () => answer.promise } });
    w.supplicant.report = (status) => {
      if (status.type === "approved" && status.by === "remote") w.relay.cut();
    };
    const supplicant = runSupplicant(w.supplicant);
    await runAuthority(w.authority).catch(() => undefined);
    answer.open(true);
    await inTime(w.clock, supplicant);
    expect(w.log).toContain("join redeems");
  });
});

describe("a connection lost for a while", () => {
  const AWAY = new ConnectError({ systemCode: "ENETUNREACH" });

  /** That seat's device is off the network. */
  async function lose({ relay }: World, seat: number): Promise<void> {
    relay.refusal = AWAY;
    relay.cutSeat(relay.seats[seat]!);
    await relay.tried(3);
  }

  /** The host gets its code while it is off the network; the other side has confirmed. */
  async function hostAway() {
    const relay = new MemoryRelay();
    relay.counts = true;
    const confirmed = gate<boolean>();
    const sent = gate<null>();
    const w: World = await world({ authority: { ask: () => confirmed.promise } }, relay);
    w.authority = {
      ...w.authority,
      async authorize() {
        await lose(w, 0);
        return CODE;
      },
    };
    onReport(w.authority, (status) => {
      if (status.type === "approved" && status.by === "remote") confirmed.open(true);
      if (status.type === "authorized") sent.open(null);
    });
    return { w, sent: sent.promise };
  }

  it("holds the host's completion back until the code has left", async () => {
    const { w, sent } = await hostAway();
    const outcome = start(w);
    await sent;
    await w.clock.waitedFor(2000);
    expect(w.log).not.toContain("host complete");
    w.relay.refusal = undefined;
    expect(await inTime(w.clock, outcome)).toEqual(["complete", "complete"]);
    expect(w.log).toContain("join redeems");
    expect(w.log).toContain("host complete");
  });

  it("and not found again is told on the host: the device may be signed in", async () => {
    const { w } = await hostAway();
    let hint: unknown;
    const host = runAuthority(w.authority).catch((error: unknown) => {
      hint = (error as FxaPairError).hint;
      return codeOf(error);
    });
    const join = runSupplicant({ ...w.supplicant, timeout: 60_000 }).catch(codeOf);
    expect(await inTime(w.clock, Promise.all([host, join]))).toEqual(["unreachable", "timeout"]);
    expect(hint).toContain("may be signed in");
    expect(w.log).not.toContain("host complete");
  });

  /** The new device confirms while it is off the network, with the code in hand. */
  async function joinAway() {
    const relay = new MemoryRelay();
    relay.counts = true;
    const code = gate<null>();
    const w: World = await world({ authority: { timeout: 100_000 } }, relay);
    w.supplicant = {
      ...w.supplicant,
      async ask() {
        await code.promise;
        await lose(w, 1);
        return true;
      },
    };
    onReport(w.supplicant, (status) => {
      if (status.type === "approved" && status.by === "remote") code.open(null);
    });
    return w;
  }

  it("keeps the channel of a new device that is complete until its confirmation has left", async () => {
    const w = await joinAway();
    onReport(w.supplicant, (status) => {
      if (status.type === "complete") w.clock.after(20_000, () => (w.relay.refusal = undefined));
    });
    expect(await runBoth(w)).toEqual(["complete", "complete"]);
  });

  it("and not found again changes nothing for a new device that is complete", async () => {
    const w = await joinAway();
    expect(await runBoth(w)).toEqual(["timeout", "complete"]);
  });

  it("is told to its own user, who may answer meanwhile", async () => {
    for (const victim of ["host", "join"]) {
      const relay = new MemoryRelay();
      relay.counts = true;
      const w: World = await world({}, relay);
      const ports = victim === "host" ? w.authority : w.supplicant;
      const lost = gate<null>();
      ports.ask = async (_question: unknown, { aborted }: AbortSignal) => {
        await lose(w, victim === "host" ? 0 : 1);
        await lost.promise;
        w.clock.after(5000, () => (w.relay.refusal = undefined));
        return !aborted;
      };
      onReport(ports, ({ type }) => {
        if (type === "lost") lost.open(null);
      });
      expect(await runBoth(w)).toEqual(["complete", "complete"]);
      const asked = victim === "host" ? "host request" : "join metadata";
      const story = [asked, `${victim} lost`, `${victim} approved by local`, `${victim} resumed`];
      expect(w.log.filter((line) => story.includes(line))).toEqual(story);
      expect(w.log.filter((line) => /lost|resumed/.test(line))).toEqual([
        `${victim} lost`,
        `${victim} resumed`,
      ]);
    }
  });

  /** One side loses the relay for good while its user is being asked. */
  async function awayForGood(victim: "authority" | "supplicant", changes: object) {
    const relay = new MemoryRelay();
    relay.counts = true;
    const asked = gate<AbortSignal>();
    const w: World = await world({}, relay);
    w[victim] = {
      ...w[victim],
      ...changes,
      ask: async (_question: unknown, signal: AbortSignal) => {
        await lose(w, victim === "authority" ? 0 : 1);
        asked.open(signal);
        return new Promise(() => undefined);
      },
    } as never;
    return { w, asked: asked.promise };
  }

  it.each(["authority", "supplicant"] as const)("extends no time limit: %s", async (victim) => {
    const { w } = await awayForGood(victim, { timeout: 30_000 });
    const start = w.clock.now();
    const codes = {
      authority: runAuthority(w.authority).then(() => "complete", codeOf),
      supplicant: runSupplicant(w.supplicant).then(() => "complete", codeOf),
    };
    expect(await inTime(w.clock, codes[victim], "others may wait")).toBe("timeout");
    expect(w.clock.now() - start).toBeLessThan(30_000 + 200);
  });

  it.each(["authority", "supplicant"] as const)("can be interrupted at once: %s", async (victim) => {
    const stop = new AbortController();
    const { w, asked } = await awayForGood(victim, { signal: stop.signal });
    const running = { authority: runAuthority(w.authority), supplicant: runSupplicant(w.supplicant) };
    running[victim === "authority" ? "supplicant" : "authority"].catch(() => undefined);
    const signal = await asked;
    stop.abort(new FxaPairError("interrupted", "Ctrl-C"));
    const before = w.clock.now();
    await expect(running[victim]).rejects.toMatchObject({ code: "interrupted" });
    expect(signal.aborted).toBe(true);
    expect(w.clock.now()).toBe(before);
    expect(w.relay.seats).toHaveLength(3);
  });

  it("just when all was said does not leave the other side without the last of it", async () => {
    const relay = new MemoryRelay();
    relay.counts = true;
    const w: World = await world({}, relay);
    const seat = relay.seats[1]!;
    let swallowed = 0;
    onReport(w.supplicant, (status) => {
      // From its confirmation on nothing that this device sends arrives, and it learns of it after its close_notify.
      if (status.type !== "approved" || status.by !== "local") return;
      seat.send = () => {
        swallowed += 1;
        if (swallowed === 2) {
          relay.refusal = AWAY;
          relay.cutSeat(seat);
          w.clock.after(10_000, () => (relay.refusal = undefined));
        }
        return true;
      };
    });
    expect(await runBoth(w)).toEqual(["complete", "complete"]);
    expect(swallowed).toBe(2);
    expect(w.log.indexOf("join complete")).toBeLessThan(w.log.indexOf("host complete"));
  });
});
