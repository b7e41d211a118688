/** When a host offers another code, and what it ends with. */
import { describe, expect, it } from "vitest";
import { ReportedFailure } from "../../src/commands/failure.ts";
import { attemptUntilDone } from "../../src/commands/renewal.ts";
import type { Attempt } from "../../src/commands/renewal.ts";
import { FxaPairError } from "../../src/lib/errors.ts";
import type { ErrorCode } from "../../src/lib/errors.ts";
import { FakeClock } from "../relay/fake-clock.ts";
import { settle } from "../ui/screen/fake-terminal.ts";

const failure = (code: ErrorCode) => new FxaPairError(code, `failed: ${code}`);

/** Attempts that end one after another as told, for a user who answers so. */
async function attempts(
  endings: readonly ((attempt: Attempt) => string)[],
  answers: readonly string[] = [],
  asks = true,
) {
  const told: string[] = [];
  const asked = [...answers];
  const controller = new AbortController();
  const run = {
    environment: { clock: new FakeClock() },
    reporter: { fail: ({ code }: FxaPairError) => told.push(code) },
    prompter: { choose: () => Promise.resolve(asked.shift() ?? "q") },
    signal: controller.signal,
  };
  let made = 0;
  const pending = attemptUntilDone(run as never, asks, async (attempt) => {
    const ending = endings[made++];
    if (ending === undefined) throw new Error("one attempt too many");
    return ending(attempt);
  });
  const outcome = await pending.catch((error: unknown) => error);
  return { outcome, told, made };
}

const fails = (code: ErrorCode) => () => {
  throw failure(code);
};
const succeeds = () => "done";
/** As a flow does when its signal is aborted. */
const endedBy = (act: "renew" | "quit") => (attempt: Attempt) => {
  attempt.actions[act]?.();
  throw attempt.signal.reason;
};

describe("a fresh code", () => {
  it.each<ErrorCode>(["timeout", "declined_there", "unreachable", "channel_security", "refused"])(
    "is offered after %s, and made when it is wanted",
    async (code) => {
      expect(await attempts([fails(code), succeeds], ["r"])).toEqual({
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
    const ended = await attempts([fails("timeout")], ["r"], false);
    expect(ended).toMatchObject({ outcome: { code: "timeout" }, told: [], made: 1 });
  });

  it("replaces one that is shown, without a question", async () => {
    expect(await attempts([endedBy("renew"), endedBy("renew"), succeeds])).toEqual({
      outcome: "done",
      told: [],
      made: 3,
    });
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
    const ended = attemptUntilDone(run as never, true, () => Promise.reject(failure("timeout")))
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
