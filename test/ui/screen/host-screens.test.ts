/** Every screen of a host, as it is seen in a usual window, a small one and a large one. */
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { renderScreen } from "../../../src/ui/ink/render.tsx";
import type { QuestionPanel, ScreenModel } from "../../../src/ui/screen/model.ts";
import { ONLY_YOURSELF } from "../../../src/ui/words.ts";
import { textsIn } from "../../qr/found.ts";
import { DARK, LIGHT, screenshot } from "../../qr/screenshot.ts";
import { CODE, hostScreen, OFFER, REQUEST, URL, YES_NO } from "./scenes.ts";

const SIZES = [
  { columns: 80, rows: 24 },
  { columns: 40, rows: 20 },
  { columns: 120, rows: 50 },
];

const question = (about: QuestionPanel["about"]): QuestionPanel => ({
  type: "question",
  about,
  ending: null,
  question: "Sign that device in to andré@example.org?",
  keys: YES_NO,
});

const NO_CODE = () => ({ kind: "none", reason: undefined }) as const;

const FAILURE = [
  "Nobody used the code in time; it is no longer good.",
  "Start again with a new code.",
] as const;

const SCREENS: [string, ScreenModel][] = [
  ["the code", hostScreen(OFFER)],
  [
    "the code in a file",
    hostScreen({ ...OFFER, draw: NO_CODE, url: null, files: ["url.txt"], secondsLeft: null }),
  ],
  ["no code wanted", hostScreen({ ...OFFER, draw: NO_CODE })],
  ["the code, copied", hostScreen(OFFER, { notices: ["The pairing URL was copied to the clipboard."] })],
  ["a code to type", hostScreen(CODE)],
  ["the longest code to type", hostScreen({ ...CODE, code: "999999999-abstract-category-december" })],
  ["the request", hostScreen(question(REQUEST), { done: 3, active: 2 })],
  [
    "a request of which nothing is known",
    hostScreen(question({ ...REQUEST, clientName: null, sender: {}, scope: ["profile", "x y"] }), {
      done: 3,
      active: 2,
      status: "Approved on the other device.",
    }),
  ],
  [
    "the authenticator's code",
    hostScreen({ type: "line", about: null, label: "Code of your authenticator app", shown: "1234" }),
  ],
  ["progress", hostScreen({ type: "steps" }, { done: 4, active: 2, status: "A device connected." })],
  [
    "a failure",
    hostScreen({
      type: "question",
      about: null,
      ending: { type: "ending", lines: FAILURE },
      question: "Try again with a fresh code?",
      keys: [
        { key: "r", does: "a fresh code" },
        { key: "t", does: "a code to type" },
        { key: "q", does: "quit" },
      ],
    }),
  ],
  [
    "the end",
    hostScreen({ type: "ending", lines: ["Done: the new device is signed in.", "Remove it with …"] }),
  ],
];

const seen = (lines: readonly string[]) => lines.map((line) => stripVTControlCharacters(line).trimEnd());

describe.each(SIZES)("in a window of $columns×$rows", (size) => {
  it.each(SCREENS)("%s", (_name, model) => {
    const { lines } = renderScreen(model, size);
    const text = seen(lines);
    expect(`\n${text.join("\n")}\n`).toMatchSnapshot();
    expect(text.length).toBeLessThanOrEqual(size.rows);
    for (const line of text) expect(line.length).toBeLessThanOrEqual(size.columns);
  });

  it("nothing of a long request is out of reach", () => {
    const model = hostScreen(
      question({ ...REQUEST, scope: Array.from({ length: 30 }, (_, i) => `scope-${i}`) }),
    );
    let frame = renderScreen(model, size);
    const all = seen(frame.lines);
    for (let skip = 0; frame.more; all.push(...seen(frame.lines))) {
      skip += Math.floor(size.rows / 2);
      frame = renderScreen(model, size, skip);
      expect(seen(frame.lines)).toContain("y approve   n decline (Enter)");
    }
    for (const scope of ["scope-0", "scope-15", "scope-29"]) {
      expect(all).toContain(`  - use the scope ${scope}`);
    }
    expect(all.join("\n")).toMatch(/0VFE-238VS-CWPS/);
  });
});

/** The part of the lines that is the code: in colours of its own, from the left edge to where those end. */
function cellsOf(lines: readonly string[]): string {
  // eslint-disable-next-line no-control-regex
  const cells = lines.map((line) => /^\u001b\[38;5;231[^]*?\u001b\[0m/.exec(line)?.[0]);
  return cells.filter((line) => line !== undefined).join("\n");
}

describe("the code on the screen", () => {
  it.each(SIZES.filter(({ columns }) => columns >= 80))("scans in $columns×$rows", async (size) => {
    const { lines } = renderScreen(hostScreen(OFFER), size);
    expect(lines).toContain(ONLY_YOURSELF.url);
    for (const theme of [DARK, LIGHT]) {
      expect(await textsIn(await screenshot(cellsOf(lines), theme))).toEqual([URL]);
    }
  });

  it("H14: stands above the words, with the warning, in a window that is high and narrow", () => {
    const { lines } = renderScreen(hostScreen(OFFER), { columns: 50, rows: 40 });
    expect(seen(lines).filter((line) => /^[█▀▄ ]{43,}$/.test(line)).length).toBeGreaterThan(10);
    expect(seen(lines).join("\n")).toMatch(/Good for 4:59 more/);
    expect(seen(lines).join(" ")).toContain(ONLY_YOURSELF.url);
  });
});

it("shows signs of ASCII alone where the terminal has no others", () => {
  const model = hostScreen({ type: "steps" }, { unicode: false });
  const text = renderScreen(model, { columns: 80, rows: 24 }).lines.join("\n");
  // eslint-disable-next-line no-control-regex
  expect(text).toMatch(/^[\u0000-\u007f]*$/);
});
