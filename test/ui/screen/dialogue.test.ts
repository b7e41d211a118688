/** Reporter and prompter on a screen: which keys count, what leaves it and when, and what is left of it. */
import { beforeAll, describe, expect, it } from "vitest";
import { hostPlan } from "../../../src/commands/host-steps.ts";
import { FxaPairError } from "../../../src/lib/errors.ts";
import { chooseReporter } from "../../../src/ui/choose-reporter.ts";
import type { OfferActions, OfferView } from "../../../src/ui/offer-view.ts";
import { FakeClock } from "../../relay/fake-clock.ts";
import { FakeTerminal, settle } from "./fake-terminal.ts";
import { REQUEST, URL } from "./scenes.ts";

const OPTIONS = { json: false, quiet: false, verbose: false, accessible: false };

beforeAll(async () => {
  // Loading takes time of its own, which no test here is about.
  await import("../../../src/ui/ink/render.tsx");
});

function open({
  columns = 80,
  rows = 24,
  ...options
}: Partial<typeof OPTIONS & { columns: number; rows: number }> = {}) {
  const terminal = new FakeTerminal({ columns, rows });
  const clock = new FakeClock();
  const controller = new AbortController();
  let interrupts = 0;
  const dialogue = chooseReporter(
    terminal.streams,
    clock,
    { ...OPTIONS, ...options },
    {
      capabilities: { unicode: true },
      questions: "",
      interrupt: () => {
        interrupts += 1;
      },
    },
  );
  const view: OfferView = {
    kind: "url",
    reader: "newDevice",
    url: URL,
    channelId: "AAECAwQFBgcICQoLDA0ODw",
    expiresAt: null,
    endsAt: clock.now() + 60_000,
    drawing: { form: "auto", invert: false, color: true, capabilities: { unicode: true } },
  };
  const code: OfferView = {
    kind: "code",
    code: "12-apple-river-stone",
    channelId: view.channelId,
    expiresAt: null,
    endsAt: clock.now() + 60_000,
  };
  const { reporter, prompter, close } = dialogue;
  if (prompter === null) throw new Error("a terminal can be asked on");
  return {
    terminal,
    clock,
    reporter,
    prompter,
    close,
    controller,
    interrupts: () => interrupts,
    offer: async (actions: OfferActions = {}) => {
      reporter.plan(hostPlan("url"));
      const handle = await reporter.offer(view, actions);
      await settle();
      return handle;
    },
    offerCode: async (actions: OfferActions = {}) => {
      reporter.plan(hostPlan("code"));
      const handle = await reporter.offer(code, actions);
      await settle();
      return handle;
    },
    /** Lets the moment pass in which no key counts. */
    wait: async () => {
      await settle();
      clock.advance(300);
      await settle();
    },
    confirm: () => prompter.confirm("Sign that device in?", controller.signal),
  };
}

describe("an offer", () => {
  it("is on the alternate screen, with its time, until it is withdrawn", async () => {
    const { offer, terminal, clock } = open();
    const handle = await offer({ renew: () => undefined });
    expect(terminal.alternate).toBe(true);
    expect(terminal.screen).toMatch(/█▀▀▀▀▀▀▀█|▀▀▀▀▀▀▀/);
    expect(terminal.screen).toContain("Good for 1:00 more.");
    expect(terminal.screen).toContain("r new code");
    clock.advance(1500);
    await settle();
    expect(terminal.screen).toContain("Good for 0:59 more.");

    handle.connected();
    await settle();
    expect(terminal.screen).not.toMatch(/[█▀▄]|channel_/);
    expect(clock.pending).toBeLessThanOrEqual(1);
  });

  it("of a code to type is on the alternate screen alone, and leaves it when it is used", async () => {
    const { offerCode, terminal, clock } = open();
    const handle = await offerCode({ renew: () => undefined });
    expect(terminal.alternate).toBe(true);
    expect(terminal.screen).toMatch(/│ +12-apple-river-stone +│/);
    expect(terminal.screen).toContain("Only type this yourself.");
    expect(terminal.screen).toContain("Good for 1:00 more.");
    clock.advance(1500);
    await settle();
    expect(terminal.screen).toContain("Good for 0:59 more.");
    handle.connected();
    await settle();
    expect(terminal.screen).not.toMatch(/apple|river|stone/);
  });

  it("can be replaced by one of the other kind, each by the same key", async () => {
    const { offer, offerCode, terminal, wait } = open();
    const done: string[] = [];
    const handle = await offer({ switchKind: () => done.push("code") });
    expect(terminal.screen).toMatch(/t a code to type/);
    await wait();
    terminal.type("t");
    await settle();
    handle.withdraw();
    await offerCode({ switchKind: () => done.push("url") });
    expect(terminal.screen).toMatch(/t a QR code/);
    await wait();
    terminal.type("T");
    await settle();
    expect(done).toEqual(["code", "url"]);
  });

  it("does what its keys stand for, once they count", async () => {
    const { offer, terminal, wait } = open();
    const done: string[] = [];
    await offer({
      renew: () => done.push("r"),
      copy: () => done.push("c"),
      quit: () => done.push("q"),
      writePicture: () => Promise.resolve("code.png"),
    });
    terminal.type("rcq");
    await settle();
    expect(done).toEqual([]);
    await wait();
    terminal.type("R\u001b[Ac\u001b[200~q\u001b[201~xp");
    await settle();
    expect(done).toEqual(["r", "c"]);
    expect(terminal.screen).toMatch(/The QR code is in\s+code\.png/);
  });

  it("is laid out anew when the window changes", async () => {
    const { offer, terminal } = open();
    await offer();
    terminal.resize(40, 20);
    await settle();
    expect(terminal.screen).toMatch(/The QR code needs [^]*window\sis\s40×20/);
    expect(terminal.screen).not.toContain("█");
    terminal.resize(120, 50);
    await settle();
    expect(terminal.screen).toContain("█");
  });

  it("takes along what was said of it", async () => {
    const { offer, terminal, reporter } = open();
    const handle = await offer();
    reporter.say("The QR code is in code.png.");
    await settle();
    expect(terminal.screen).toContain("code.png");
    handle.connected();
    await settle();
    expect(terminal.screen).not.toContain("code.png");
  });

  it("hears Ctrl-C at once", async () => {
    const { offer, terminal, interrupts } = open();
    await offer();
    terminal.type("\u0003");
    await settle();
    expect(interrupts()).toBe(1);
  });
});

describe("what is left when the screen closes", () => {
  it("is the terminal as it was, and the ending", async () => {
    const { offer, terminal, reporter, close } = open();
    reporter.progress("Checking…");
    await offer();
    expect(terminal.keyboard.raw).toBe(true);
    reporter.warn("something to remember.");
    reporter.fail(new FxaPairError("timeout", "Nobody came.", { hint: "Start again." }));
    await settle();
    expect(terminal.screen).toMatch(/Nobody came\.\nStart again\./);
    close();
    close();
    await settle();
    expect(terminal.alternate).toBe(false);
    expect(terminal.output.lastIndexOf("\u001b[?25h")).toBeGreaterThan(
      terminal.output.lastIndexOf("\u001b[?25l"),
    );
    expect(terminal.keyboard.raw).toBe(false);
    expect(terminal.main).toBe(
      "Checking…\nfxa-pair: warning: something to remember.\nfxa-pair: Nobody came.\n  Start again.\n",
    );
  });

  it("is no failure that a later attempt made good", async () => {
    const { offer, terminal, reporter, close } = open();
    await offer();
    reporter.fail(new FxaPairError("timeout", "Nobody came."));
    await offer();
    reporter.event({ type: "complete", clientId: "a2270f727f45f648" });
    await settle();
    expect(terminal.screen).toContain("Done: the new device is signed in.");
    close();
    await settle();
    expect(terminal.main).toMatch(/^Done: the new device is signed in\./);
    expect(terminal.main).not.toContain("Nobody came");
  });

  it("is a failure from before there was a screen, which is on the screen too while something is asked", async () => {
    const { terminal, reporter, prompter, controller, close, wait } = open();
    reporter.plan(hostPlan("url"));
    reporter.step("channel", "active");
    reporter.fail(new FxaPairError("unreachable", "The relay cannot be reached.", { hint: "Try again." }));
    const choices = [
      { key: "r", label: "a fresh code" },
      { key: "q", label: "quit" },
    ];
    const chosen = prompter.choose("Try again with a fresh code?", choices, controller.signal);
    await wait();
    expect(terminal.screen).toMatch(
      /The relay cannot be reached\.\nTry again\.[^]*✗ Open a channel[^]*r a fresh/,
    );
    terminal.type("q");
    expect(await chosen).toBe("q");
    close();
    await settle();
    expect(terminal.main).toBe("fxa-pair: The relay cannot be reached.\n  Try again.\n");
  });

  it("is who was let in without a question", async () => {
    const { offer, terminal, reporter, close } = open();
    (await offer()).connected();
    reporter.explain(REQUEST, false);
    reporter.event({ type: "complete", clientId: REQUEST.clientId });
    close();
    await settle();
    expect(terminal.main).toMatch(/Address: +2001:db8[^]*Fingerprint: 0VFE[^]*Done: /);
  });

  it("is nothing where it closes before there was anything to show", async () => {
    const { offer, terminal, close, reporter } = open();
    reporter.plan(hostPlan("url"));
    close();
    await offer();
    expect(terminal.output).toBe("");
  });
});

describe("a question", () => {
  it.each([
    ["y", true],
    ["n", false],
    ["\r", false],
    ["\u0004", false],
    ["x n y", false],
  ])("takes %j for %s", async (keys, answer) => {
    const { offer, reporter, confirm, terminal, wait } = open();
    (await offer()).connected();
    reporter.explain(REQUEST, true);
    const answered = confirm();
    await settle();
    terminal.type("y");
    await wait();
    expect(terminal.screen).toMatch(/Sign that device in\?\ny approve/);
    terminal.type(keys);
    expect(await answered).toBe(answer);
    await settle();
    expect(terminal.screen).not.toContain(REQUEST.fingerprint);
  });

  it("takes no key for the question before", async () => {
    const { prompter, reporter, terminal, wait, controller } = open();
    reporter.plan(hostPlan("url"));
    const confirm = (question: string) => prompter.confirm(question, controller.signal);
    const first = confirm("The first?");
    await wait();
    terminal.type("y");
    expect(await first).toBe(true);
    const second = confirm("The second?");
    await settle();
    terminal.type("y");
    await wait();
    terminal.type("n");
    expect(await second).toBe(false);
  });

  it("takes no yes before all of it was in sight", async () => {
    const { offer, reporter, confirm, terminal, wait } = open({ columns: 40, rows: 20 });
    (await offer()).connected();
    reporter.explain(REQUEST, true);
    const answered = confirm();
    await wait();
    expect(terminal.screen).toContain("(more: press the space bar)");
    terminal.type("y");
    await settle();
    expect(terminal.screen).toContain("(more: press the space bar)");
    terminal.type(" ");
    await settle();
    expect(terminal.screen).toContain("CAN SIGN IN AND PAIR FURTHER DEVICES");
    terminal.type("y");
    expect(await answered).toBe(true);
  });

  it.each([
    [30, 8],
    [40, 6],
    [20, 12],
    [80, 4],
    [60, 3],
    [80, 2],
  ])("passes over no line on the way to a yes in a window of %i×%i", async (columns, rows) => {
    const { offer, reporter, confirm, terminal, wait } = open({ columns, rows });
    (await offer()).connected();
    reporter.explain(REQUEST, true);
    const answered = confirm();
    await wait();
    const seen: string[] = [];
    for (let pages = 0; pages < 100 && !terminal.screen.includes("(the end"); pages++) {
      expect(terminal.screen.split("\n").length).toBeLessThanOrEqual(rows);
      seen.push(...terminal.screen.split("\n"));
      terminal.type("y ");
      await settle();
    }
    seen.push(...terminal.screen.split("\n"));
    const lines = seen.filter((line) => !line.startsWith("(more"));
    const text = lines.filter((line, index) => lines.indexOf(line) === index).join(" ");
    for (const name of ["Client:", "Browser:", "Address:", "Place:", "- see", "- read", "- CAN"]) {
      expect(text).toContain(name);
    }
    expect(text.replaceAll(/\s/g, "")).toContain("Signthatdevicein?");
    // Back to the start, and on again.
    terminal.type(" ");
    await settle();
    expect(terminal.screen).toContain("(more");
    const start = terminal.screen;
    terminal.type(" ");
    await settle();
    expect(terminal.screen).not.toBe(start);
    terminal.type("y");
    expect(await answered).toBe(true);
  });

  it.each([
    [1, 1],
    [10, 3],
    [80, 1],
    [19, 100],
  ])("is answered by nothing but no in a window of %i×%i, which shows too little", async (columns, rows) => {
    const { offer, reporter, confirm, terminal, wait } = open({ columns, rows });
    (await offer()).connected();
    reporter.explain(REQUEST, true);
    const answered = confirm();
    await wait();
    expect(terminal.screen).toContain("(enlarge this window)".slice(0, columns));
    expect(terminal.screen.split("\n").length).toBeLessThanOrEqual(rows);
    terminal.type(" y y y");
    await settle();
    expect(terminal.alternate).toBe(true);
    terminal.type("n");
    expect(await answered).toBe(false);
  });

  it("begins at its start again when the window changes", async () => {
    const { offer, reporter, confirm, terminal, wait } = open({ columns: 30, rows: 8 });
    (await offer()).connected();
    reporter.explain(REQUEST, true);
    const answered = confirm();
    await wait();
    for (let pages = 0; pages < 5; pages++) terminal.type(" ");
    await settle();
    expect(terminal.screen).not.toContain("A device asks");
    terminal.resize(60, 12);
    await settle();
    expect(terminal.screen).toContain("A device asks");
    terminal.type("y");
    await settle();
    expect(terminal.screen).toContain("A device asks");
    terminal.type("n");
    expect(await answered).toBe(false);
  });

  it("is answered by no resize", async () => {
    const { offer, reporter, confirm, terminal, wait } = open();
    (await offer()).connected();
    reporter.explain(REQUEST, true);
    const answered = confirm();
    await wait();
    for (const columns of [40, 120, 80]) terminal.resize(columns, 24);
    terminal.type("n");
    expect(await answered).toBe(false);
  });

  it.each([
    ["the end of input", (terminal: FakeTerminal) => terminal.keyboard.end()],
    ["a closed terminal", (terminal: FakeTerminal) => terminal.keyboard.destroy(new Error("EIO"))],
  ])("takes %s for no", async (_name, end) => {
    const { offer, confirm, terminal } = open();
    (await offer()).connected();
    const answered = confirm();
    await settle();
    end(terminal);
    expect(await answered).toBe(false);
    expect(await confirm()).toBe(false);
  });

  it("is left by Ctrl-C, and withdrawn when it is not needed any more", async () => {
    const { offer, confirm, terminal, controller, interrupts } = open();
    (await offer()).connected();
    const first = confirm();
    await settle();
    terminal.type("\u0003");
    await expect(first).rejects.toMatchObject({ code: "interrupted" });
    expect(interrupts()).toBe(0);
    const second = confirm();
    await settle();
    controller.abort(new Error("gone"));
    await expect(second).rejects.toThrow("gone");
  });

  it("is one key of several", async () => {
    const { offer, prompter, terminal, wait, controller } = open();
    (await offer()).connected();
    const choices = [
      { key: "u", label: "undo" },
      { key: "", label: "done" },
    ];
    const chosen = prompter.choose("Done?", choices, controller.signal);
    await wait();
    expect(terminal.screen).toContain("u undo   Enter done");
    terminal.type("xU");
    expect(await chosen).toBe("u");
  });
});

describe("a line", () => {
  it("is shown as it is typed", async () => {
    const { offer, prompter, terminal, controller } = open();
    (await offer()).connected();
    const answered = prompter.line("Code", { hidden: false }, controller.signal);
    await settle();
    terminal.type("12a\u007f3");
    await settle();
    expect(terminal.screen).toContain("Code: 123");
    terminal.type("\r");
    expect(await answered).toBe("123");
    await settle();
    expect(terminal.screen).not.toContain("123");
  });

  it("is shown with what helps where that is asked for, and completed by Tab", async () => {
    const { offer, prompter, terminal, controller, clock } = open();
    (await offer()).connected();
    const question = {
      explanation: "Type it.",
      label: "Code",
      assist: (typed: string) =>
        typed.startsWith("1") ? { hint: "apple april", completed: "1-apple" } : undefined,
    };
    const answered = prompter.paste(question, controller.signal);
    await settle();
    terminal.type("x");
    await settle();
    expect(terminal.screen).toMatch(/Code: \(1 character, not shown\)/);
    expect(terminal.screen).not.toContain("Tab complete");
    terminal.type("\u007f1-a");
    await settle();
    expect(terminal.screen).toMatch(/Code: 1-a *\n *apple april\n/);
    expect(terminal.screen).toContain("Tab complete   Enter done");
    terminal.type("\t");
    await settle();
    expect(terminal.screen).toContain("Code: 1-apple");
    terminal.type("\r");
    await settle();
    clock.advance(1000);
    expect(await answered).toBe("1-apple");
    await settle();
    expect(terminal.screen).not.toContain("apple");
  });

  it("is not answered by the Enter that people press after the key before it", async () => {
    const { prompter, terminal, reporter, confirm, wait, clock, controller, close } = open();
    reporter.plan(hostPlan("url"));
    for (const typed of ["AB12", ""]) {
      const confirmed = confirm();
      await wait();
      clock.advance(0);
      terminal.type("y");
      expect(await confirmed).toBe(true);
      const answered = prompter.line("Code", { hidden: false }, controller.signal);
      clock.advance(299);
      await settle();
      terminal.type("\r");
      await settle();
      clock.advance(1);
      terminal.type(`${typed}\r`);
      expect(await answered).toBe(typed);
    }
    close();
  });

  it("is not shown when it is hidden", async () => {
    const { offer, prompter, terminal, controller } = open();
    (await offer()).connected();
    const answered = prompter.line("Code", { hidden: true }, controller.signal);
    await settle();
    terminal.type("secret\r");
    expect(await answered).toBe("secret");
    expect(terminal.output).not.toContain("secret");
  });
});

describe("D1: what others wrote", () => {
  it("is spelled out where a failure quotes it", async () => {
    const { offer, terminal, reporter } = open({ columns: 120 });
    await offer();
    const hostile = "\u001b]52;c;eA==\u0007\u202e";
    reporter.fail(new FxaPairError("refused", `No: ${hostile}`, { hint: `Or: ${hostile}` }));
    await settle();
    expect(terminal.screen).toContain("No: \\u{1b}]52;c;eA==\\u{7}\\u{202e}");
    expect(terminal.screen).toContain("Or: \\u{1b}]52;c;eA==\\u{7}\\u{202e}");
  });

  it("is spelled out where it is pasted into a line", async () => {
    const { offer, prompter, terminal, controller } = open();
    (await offer()).connected();
    const answered = prompter.line("Code", { hidden: false }, controller.signal);
    await settle();
    terminal.type("1\u202e\u001b[200~2\u001b[31m\u200b3\u001b[201~");
    await settle();
    expect(terminal.screen).toContain("Code: 1\\u{202e}2\\u{1b}[31m\\u{200b}3");
    terminal.type("\r");
    await answered;
  });
});

describe("there is no screen", () => {
  it.each([[{ json: true }], [{ quiet: true }], [{ accessible: true }]])("with %j", async (options) => {
    const { offer, terminal } = open(options);
    await offer();
    expect(terminal.alternate).toBe(false);
    expect(terminal.main).toMatch(/Only scan this yourself/);
  });

  it("in a command without a plan", async () => {
    const { confirm, terminal, reporter, wait } = open();
    reporter.progress("Working…");
    const answered = confirm();
    await wait();
    terminal.type("y");
    expect(await answered).toBe(true);
    expect(terminal.main).toBe("Working…\nSign that device in? [y/N] yes\n");
  });
});
