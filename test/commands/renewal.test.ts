/** When a host offers another code, and what it ends with. */
import { describe, expect, it } from "vitest";
import { ReportedFailure } from "../../src/commands/failure.ts";
import { attemptUntilDone } from "../../src/commands/renewal.ts";
import type { Attempt } from "../../src/commands/renewal.ts";
import { FxaPairError } from "../../src/lib/errors.ts";
import type { ErrorCode } from "../../src/lib/errors.ts";
import type { Choice } from "../../src/ui/prompt.ts";
import { FakeClock } from "../relay/fake-clock.ts";
import { settle } from "../ui/screen/fake-terminal.ts";

const failure = (code: ErrorCode) => new FxaPairError(code, `failed: ${code}`);

/** Attempts that end one after another as told, for a user who answers so, and presses Enter when no answer is left. */
async function attempts(
  endings: readonly ((attempt: Attempt) => string)[],
  answers: readonly string[] = [],
  { asks = true, way = "url" }: { asks?: boolean; way?: "url" | "code" } = {},
) {
  const told: string[] = [];
  const asked = [...answers];
  let offeredKeys: readonly string[] = [];
  const controller = new AbortController();
  const run = {
    environment: { clock: new FakeClock() },
    reporter: { fail: ({ code }: FxaPairError) => told.push(code) },
    prompter: {
      choose: (_question: string, choices: readonly Choice[]) => {
        offeredKeys = choices.map(({ key }) => key);
        // Enter is the last one.
        return Promise.resolve(asked.shift() ?? offeredKeys.at(-1) ?? "");
      },
    },
    signal: controller.signal,
  };
  let made = 0;
  const ways: string[] = [];
  const pending = attemptUntilDone(run as never, { asks, way, switches: true }, async (attempt) => {
    ways.push(attempt.way);
    const ending = endings[made++];
    if (ending === undefined) throw new Error("one attempt too many");
    return ending(attempt);
  });
  const outcome = await pending.catch((error: unknown) => error);
  return { outcome, told, made, ways, offeredKeys };
}

const fails = (code: ErrorCode) => (attempt: Attempt) => {
  attempt.offered();
  throw failure(code);
};
const succeeds = () => "done";
/** As a flow does when its signal is aborted. */
const endedBy = (act: "renew" | "quit" | "switchKind") => (attempt: Attempt) => {
  attempt.offered();
  attempt.actions[act]?.();
  throw attempt.signal.reason;
};

describe("a fresh code", () => {
  it.each<ErrorCode>(["timeout", "declined_there", "unreachable", "channel_security", "refused"])(
    "is offered after %s, and made when it is wanted",
    async (code) => {
      expect(await attempts([fails(code), succeeds], ["r"])).toMatchObject({
        outcome: "done",
        told: [code],
        made: 2,
      });
    },
  );

  it.each<ErrorCode>(["declined_here", "not_signed_in", "interrupted", "internal", "usage"])(
    "is not offered after %s",
    async (code) => {
      expect(await attempts([fails(code)], ["r"])).toMatchObject({ outcome: { code }, told: [], made: 1 });
    },
  );

  it("is not offered where nobody can be asked", async () => {
    const ended = await attempts([fails("timeout")], ["r"], { asks: false });
    expect(ended).toMatchObject({ outcome: { code: "timeout" }, told: [], made: 1 });
  });

  it("replaces one that is shown, without a question", async () => {
    expect(await attempts([endedBy("renew"), endedBy("renew"), succeeds])).toMatchObject({
      outcome: "done",
      told: [],
      made: 3,
    });
  });
});

describe("a key pressed while a code that has failed is still in sight", () => {
  const failsMeanwhile = (act: "renew" | "quit" | "switchKind") => (attempt: Attempt) => {
    attempt.offered();
    attempt.actions[act]?.();
    throw failure("channel_security");
  };

  it.each(["renew", "switchKind"] as const)(
    "W2, W3: hides no wrong guess, which is told and asked about: %s",
    async (act) => {
      const ended = await attempts([failsMeanwhile(act), succeeds], ["q"], { way: "code" });
      expect(ended).toMatchObject({
        outcome: { code: "channel_security" },
        told: ["channel_security"],
        made: 1,
      });
      expect(ended.outcome).toBeInstanceOf(ReportedFailure);
      const renewed = await attempts([failsMeanwhile(act), succeeds], ["r"], { way: "code" });
      expect(renewed).toMatchObject({ outcome: "done", told: ["channel_security"], ways: ["code", "code"] });
    },
  );

  it("quits with that failure, told once", async () => {
    const ended = await attempts([failsMeanwhile("quit")], ["r"], { way: "code" });
    expect(ended).toMatchObject({ outcome: { code: "channel_security" }, told: [], made: 1 });
  });
});

describe("the other kind of code", () => {
  it("takes the place of one that is shown, and is then the kind that a fresh one has", async () => {
    const ended = await attempts([endedBy("switchKind"), endedBy("renew"), endedBy("switchKind"), succeeds]);
    expect(ended).toMatchObject({ outcome: "done", ways: ["url", "code", "code", "url"] });
  });

  it("is offered after a failure, too", async () => {
    const ended = await attempts([fails("unreachable"), fails("timeout"), succeeds], ["t", "r"], {
      way: "code",
    });
    expect(ended).toMatchObject({ outcome: "done", ways: ["code", "url", "url"] });
  });
});

describe("codes to type", () => {
  const wrongCode = fails("channel_security");

  it("W3: no new one is shown by itself after a wrong guess", async () => {
    const ended = await attempts([wrongCode], [], { way: "code" });
    expect(ended).toMatchObject({ outcome: { code: "channel_security" }, made: 1 });
    expect(await attempts([wrongCode], ["r"], { way: "code", asks: false })).toMatchObject({ made: 1 });
  });

  it("W3: are three in a run, whether they were guessed or replaced", async () => {
    for (const end of [wrongCode, endedBy("renew")]) {
      const { outcome, made } = await attempts([end, end, end], ["r", "r", "r", "r"], { way: "code" });
      expect(outcome).toMatchObject({ code: "channel_security", message: expect.stringMatching(/3 codes/) });
      expect(made).toBe(3);
    }
  });

  it("W3: are counted across QR codes, which may go on after them", async () => {
    const to = endedBy("switchKind");
    const end = endedBy("renew");
    const ended = await attempts([end, to, to, end, end], [], { way: "code" });
    expect(ended).toMatchObject({ outcome: { code: "channel_security" }, made: 4 });
    const switched = await attempts([end, end, to, end, succeeds], [], { way: "code" });
    expect(switched).toMatchObject({ outcome: "done", ways: ["code", "code", "code", "url", "url"] });
  });

  it("W3: are counted across a QR code that was chosen after a failure, too", async () => {
    const endings = [wrongCode, fails("timeout"), wrongCode, wrongCode];
    const ended = await attempts(endings, ["t", "t", "r", "r"], { way: "code" });
    expect(ended).toMatchObject({
      outcome: { code: "channel_security", message: expect.stringMatching(/3 codes/) },
      ways: ["code", "url", "code", "code"],
    });
  });

  it("are not offered beside a QR code when all were shown", async () => {
    const to = endedBy("switchKind");
    const end = endedBy("renew");
    const canSwitch = ({ actions }: Attempt) => String(actions.switchKind !== undefined);
    expect(await attempts([end, to, canSwitch], [], { way: "code" })).toMatchObject({ outcome: "true" });
    expect(await attempts([end, end, to, canSwitch], [], { way: "code" })).toMatchObject({
      outcome: "false",
    });
    const { outcome, offeredKeys } = await attempts([end, end, to, fails("timeout")], [], { way: "code" });
    expect(outcome).toMatchObject({ code: "timeout" });
    expect(offeredKeys).toEqual(["r", "q"]);
  });

  it("are not counted where none was shown", async () => {
    const unreachable = () => {
      throw failure("unreachable");
    };
    const failures = [unreachable, unreachable, unreachable];
    const ended = await attempts([...failures, succeeds], ["r", "r", "r"], { way: "code" });
    expect(ended).toMatchObject({ outcome: "done" });
  });
});

describe("who quits", () => {
  it("after a failure ends with it, told once", async () => {
    const { outcome, told } = await attempts([fails("timeout"), fails("declined_there")], ["r", "q"]);
    expect(outcome).toBeInstanceOf(ReportedFailure);
    expect(outcome).toMatchObject({ code: "declined_there" });
    expect(told).toEqual(["timeout", "declined_there"]);
  });

  it("while a code is shown ends with the last failure, or with a no of one's own", async () => {
    expect(await attempts([endedBy("quit")])).toMatchObject({ outcome: { code: "declined_here" }, told: [] });
    expect(await attempts([fails("unreachable"), endedBy("quit")], ["r"])).toMatchObject({
      outcome: { code: "unreachable" },
      made: 2,
    });
  });

  it("by silence, for as long as a code is good, ends with the failure", async () => {
    const clock = new FakeClock();
    let over = false;
    const choose = (_question: string, _choices: unknown, signal: AbortSignal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          reject(new Error("withdrawn"));
        });
      });
    const run = {
      environment: { clock },
      reporter: { fail: () => undefined },
      prompter: { choose },
      signal: new AbortController().signal,
    };
    const options = { asks: true, way: "url", switches: false } as const;
    const ended = attemptUntilDone(run as never, options, () => Promise.reject(failure("timeout")))
      .catch((error: unknown) => error)
      .finally(() => {
        over = true;
      });
    await settle();
    clock.advance(899_000);
    await settle();
    expect(over).toBe(false);
    clock.advance(1000);
    const outcome = await ended;
    expect(outcome).toBeInstanceOf(ReportedFailure);
    expect(outcome).toMatchObject({ code: "timeout" });
  });
});
