/** QR codes as pictures on the screen: where characters do not fit, and never longer than they are good for something. */
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { capabilitiesFrom, questionsFor } from "../../../src/qr/capabilities.ts";
import { chooseReporter } from "../../../src/ui/choose-reporter.ts";
import { FakeClock } from "../../relay/support.ts";
import { settle } from "./fake-terminal.ts";
import { URL } from "./scenes.ts";

const KITTY = { TERM: "xterm-kitty" };
const XTERM = { TERM: "xterm-256color" };
const ITERM2 = { TERM: "xterm-256color", TERM_PROGRAM: "iTerm.app" };
const SIXEL_START = "\u001bP0;1;0q";
const KITTY_START = "\u001b_Ga=T,";
const KITTY_ERASE = "\u001b_Ga=d,d=I,";
const ITERM2_START = "\u001b]1337;File=";
const CLEAR = "\u001b[2J";
const QUESTIONS = "\u001b[16t\u001b[c";

/** A host's offer; in a window of 40×22 no code of characters fits. */
async function offered(variables: Record<string, string>, [columns, rows] = [40, 22]) {
  const terminal = () => Object.assign(new PassThrough(), { isTTY: true, columns, rows });
  const streams = { stdin: terminal(), stdout: terminal(), stderr: terminal() };
  const clock = new FakeClock();
  const capabilities = capabilitiesFrom(variables, "linux");
  const dialogue = chooseReporter(
    streams,
    clock,
    { json: false, quiet: false, verbose: false, accessible: false },
    { capabilities, questions: questionsFor(variables), interrupt: () => undefined },
  );
  dialogue.reporter.plan({ title: "Sign in another device", steps: [] });
  const handle = await dialogue.reporter.offer(
    {
      kind: "url",
      reader: "newDevice",
      url: URL,
      channelId: "x",
      expiresAt: null,
      endsAt: clock.now() + 299_000,
      drawing: { form: "auto", invert: false, color: true, capabilities },
    },
    { quit: () => undefined },
  );
  await settle();
  return {
    ...dialogue,
    handle,
    clock,
    written: () => String(streams.stderr.read() ?? ""),
    /** Resolves once it was read. */
    answer: async (text: string) => {
      streams.stdin.write(text);
      await new Promise(setImmediate);
    },
    resize: (width: number, height: number) => {
      Object.assign(streams.stderr, { columns: width, rows: height });
      streams.stderr.emit("resize");
    },
  };
}

describe("a terminal that is known for its pictures", () => {
  it("gets one at once, and is asked nothing", async () => {
    const { written, close } = await offered(KITTY);
    const output = written();
    expect(output.split(KITTY_START)).toHaveLength(2);
    expect(output).not.toContain(QUESTIONS);
    close();
  });

  it("is not sent it again each second", async () => {
    const { written, clock, close } = await offered(KITTY);
    written();
    clock.advance(1000);
    await settle();
    const output = written();
    expect(output).toContain("4:58");
    expect(output).not.toContain(KITTY_START);
    close();
  });
});

type Screen = Awaited<ReturnType<typeof offered>>;

/** Terminals by what wipes a picture from them; kitty keeps it until it is told of it by its number. */
const SHOWING: readonly [string, Record<string, string>, answer: string, shown: string, wiped: RegExp][] = [
  [
    "kitty",
    KITTY,
    "",
    KITTY_START,
    new RegExp(`^${escape(KITTY_ERASE)}[^\u001b]*\u001b\\\\${escape(CLEAR)}`),
  ],
  ["iterm2", ITERM2, "", ITERM2_START, new RegExp(`^${escape(CLEAR)}`)],
  ["sixel", XTERM, "\u001b[6;18;9t\u001b[?62;4;22c", SIXEL_START, new RegExp(`^${escape(CLEAR)}`)],
];

const ENDS: readonly [string, (screen: Screen) => void][] = [
  [
    "used",
    ({ handle }) => {
      handle.connected();
    },
  ],
  [
    "taken back",
    ({ handle }) => {
      handle.withdraw();
    },
  ],
  [
    "left with the screen",
    ({ close }) => {
      close();
    },
  ],
  [
    "replaced by characters in a larger window",
    ({ resize }) => {
      resize(100, 40);
    },
  ],
  [
    "placed anew in another window",
    ({ resize }) => {
      resize(42, 24);
    },
  ],
];

describe.each(SHOWING)("a picture by %s", (_protocol, variables, answer, shown, wiped) => {
  it.each(ENDS)("S5: is wiped before anything else when it is %s", async (_how, act) => {
    const screen = await offered(variables);
    if (answer !== "") await screen.answer(answer);
    expect(screen.written()).toContain(shown);
    act(screen);
    await settle();
    expect(screen.written()).toMatch(wiped);
    screen.close();
  });
});

describe("a terminal that is not", () => {
  it("is asked once, and gets a picture when it says that it shows some", async () => {
    const { written, answer, close } = await offered(XTERM);
    expect(written().split(QUESTIONS)).toHaveLength(2);
    await answer("\u001b[6;18;9t\u001b[?62;4;22c");
    const output = written();
    expect(output).toContain(SIXEL_START);
    expect(output).not.toContain(QUESTIONS);
    close();
  });

  it("gets the reason why there is no code when it says that it shows none", async () => {
    const { written, answer, close } = await offered(XTERM);
    expect(written()).toMatch(/The QR code needs/);
    await answer("\u001b[6;18;9t\u001b[?62;22c");
    expect(written()).toBe("");
    close();
  });
});

it.each<[string, Record<string, string>, [number, number]]>([
  ["where characters fit", XTERM, [100, 40]],
  ["behind tmux", { ...XTERM, TMUX: "x" }, [40, 22]],
])("nothing is asked %s", async (_where, variables, size) => {
  const { written, close } = await offered(variables, size);
  expect(written()).not.toContain(QUESTIONS);
  close();
});

function escape(text: string): string {
  return text.replaceAll(/[[\]\\^$.*+?(){}|]/g, String.raw`\$&`);
}
