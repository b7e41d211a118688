/** What a run leaves behind that ends in a way nobody foresaw. */
import { describe, expect, it } from "vitest";
import { hostPlan } from "../../src/commands/host-steps.ts";
import { withRun } from "../../src/commands/setup.ts";
import { FakeClock } from "../relay/fake-clock.ts";
import { FakeTerminal, settle } from "../ui/screen/fake-terminal.ts";

describe("a crash", () => {
  it.each([false, true])(
    "gives the terminal back and is told, with a stack for who wants it: %s",
    async (verbose) => {
      const terminal = new FakeTerminal();
      let crash: (thrown: unknown) => void = () => undefined;
      const nothing = () => () => undefined;
      const environment = {
        streams: terminal.streams,
        variables: {},
        clock: new FakeClock(),
        random: () => new Uint8Array(),
        platform: "linux",
        nodeVersion: "v20.19.0",
        onSignal: nothing,
        onHangUp: nothing,
        onExit: nothing,
        onCrash: (listener: typeof crash) => {
          crash = listener;
        },
      };
      const flags = { json: false, quiet: false, verbose, accessible: false };
      void withRun(flags, environment, async ({ reporter }) => {
        reporter.plan({ ...hostPlan("url"), atOnce: true });
        await new Promise(() => undefined);
      });
      while (!terminal.alternate) await settle();
      crash(new TypeError("with a secret in it"));
      await settle();
      expect(terminal.alternate).toBe(false);
      expect(terminal.keyboard.raw).toBe(false);
      expect(terminal.main).toContain("Something failed that should not have (TypeError). This is a bug.");
      expect(terminal.main.includes("setup.test.ts")).toBe(verbose);
      if (!verbose) expect(terminal.main).not.toContain("secret");
    },
  );
});

it("S5: what is on the screen goes with the process, however that ends", async () => {
  const terminal = new FakeTerminal();
  let exit: () => void = () => undefined;
  const nothing = () => () => undefined;
  const environment = {
    ...{ streams: terminal.streams, variables: {}, clock: new FakeClock(), random: () => new Uint8Array() },
    ...{ platform: "linux", nodeVersion: "v20.19.0", onSignal: nothing, onHangUp: nothing, onCrash: nothing },
    onExit: (listener: () => void) => {
      exit = listener;
      return () => undefined;
    },
  };
  const flags = { json: false, quiet: false, verbose: false, accessible: false };
  void withRun(flags, environment, async ({ reporter }) => {
    reporter.plan({ ...hostPlan("url"), atOnce: true });
    await new Promise(() => undefined);
  });
  while (!terminal.alternate) await settle();
  exit();
  expect(terminal.alternate).toBe(false);
});
