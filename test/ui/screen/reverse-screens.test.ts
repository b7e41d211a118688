/** The screens of a reverse pairing on both sides, in a usual window, a small one and a large one. */
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { SCAN_PLAN } from "../../../src/commands/host-steps.ts";
import { SHOW_PLAN } from "../../../src/commands/join-steps.ts";
import { prepareDrawing } from "../../../src/qr/drawing.ts";
import { renderScreen } from "../../../src/ui/ink/render.tsx";
import type { Plan } from "../../../src/ui/reporter.ts";
import type { OfferPanel, Panel, QuestionPanel, ScreenModel } from "../../../src/ui/screen/model.ts";
import { textsIn } from "../../qr/found.ts";
import { DARK, screenshot } from "../../qr/screenshot.ts";
import { OFFER, REQUEST, URL, YES_NO } from "./scenes.ts";

const SIZES = [
  { columns: 80, rows: 24 },
  { columns: 40, rows: 20 },
  { columns: 120, rows: 50 },
];

const REVERSE_URL = `${URL}&mode=reverse&fp=0VFE238VSCWPS`;
const draw = await prepareDrawing(REVERSE_URL);

const SHOWN: OfferPanel = {
  ...OFFER,
  reader: "signedInDevice",
  url: REVERSE_URL,
  draw: (room) =>
    draw({
      ...room,
      form: "auto",
      color: true,
      invert: false,
      capabilities: { unicode: true },
      pictureKey: true,
    }),
  keys: OFFER.keys.filter(({ key }) => key !== "t"),
};

function screen(plan: Plan, panel: Panel, done: number, active = 1): ScreenModel {
  const stateOf = (index: number) => (index < done ? "done" : index < done + active ? "active" : "waiting");
  return {
    title: plan.title,
    steps: plan.steps.map((step, index) => ({ ...step, state: stateOf(index) })),
    status: null,
    notices: [],
    unicode: true,
    panel,
  };
}

const asked = (about: QuestionPanel["about"], question: string, keys = YES_NO): QuestionPanel => ({
  type: "question",
  about,
  ending: null,
  question,
  keys,
});

const MASKED = { ...REQUEST, endIsTyped: true };

const SCREENS: [string, ScreenModel][] = [
  ["the new device's code", screen(SHOW_PLAN, SHOWN, 1)],
  [
    "the new device's question",
    screen(
      SHOW_PLAN,
      asked(
        {
          type: "metadata",
          email: "andré@example.org",
          displayName: "André",
          deviceName: "Andrés Laptop",
          sender: { ua: "fxa-pair/0.1.0 (linux)", remote: "192.0.2.7" },
          fingerprint: REQUEST.fingerprint,
          endIsTyped: true,
        },
        "Sign this device in to andré@example.org?",
      ),
      3,
      2,
    ),
  ],
  [
    "who started it",
    screen(
      SCAN_PLAN,
      asked(
        { type: "scanned", email: "andré@example.org" },
        "Did you start this sign-in, on a device in front of you?",
        [
          { key: "y", does: "yes" },
          { key: "n", does: "no (Enter)" },
        ],
      ),
      0,
    ),
  ],
  ["the request", screen(SCAN_PLAN, asked(MASKED, "Sign that device in to andré@example.org?"), 3, 2)],
  [
    "the end of the fingerprint",
    screen(
      SCAN_PLAN,
      {
        type: "line",
        about: MASKED,
        label: "Last four characters of the fingerprint on the new device",
        shown: "cw",
      },
      3,
      2,
    ),
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

  it("V4: the host's screens keep the fingerprint's end to themselves", () => {
    for (const [, model] of SCREENS.filter(([, { steps }]) => steps.length === SCAN_PLAN.steps.length)) {
      let frame = renderScreen(model, size);
      const all = [...seen(frame.lines)];
      for (let skip = 0; frame.more; all.push(...seen(frame.lines))) {
        skip += frame.page;
        frame = renderScreen(model, size, skip);
      }
      expect(all.join("\n")).not.toContain("CWPS");
    }
  });
});

it("the new device's code scans where it fits", async () => {
  const { lines } = renderScreen(screen(SHOW_PLAN, SHOWN, 1), { columns: 120, rows: 50 });
  // eslint-disable-next-line no-control-regex
  const cells = lines.map((line) => /^\u001b\[38;5;231[^]*?\u001b\[0m/.exec(line)?.[0]);
  const drawn = cells.filter((line) => line !== undefined).join("\n");
  expect(await textsIn(await screenshot(drawn, DARK))).toEqual([REVERSE_URL]);
});
