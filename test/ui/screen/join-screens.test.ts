/** Every screen of a new device, as it is seen in a usual window, a small one and a large one. */
import { CODE_QUESTION } from "../../../src/commands/code-question.ts";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { JOIN_PLAN } from "../../../src/commands/join-steps.ts";
import type { Explained } from "../../../src/ui/events.ts";
import { renderScreen } from "../../../src/ui/ink/render.tsx";
import type { Panel, QuestionPanel, ScreenModel } from "../../../src/ui/screen/model.ts";
import { DATA_GOES_THERE, NOT_PROVEN } from "../../../src/ui/words.ts";
import { YES_NO } from "./scenes.ts";

const SIZES = [
  { columns: 80, rows: 24 },
  { columns: 40, rows: 20 },
  { columns: 120, rows: 50 },
];

type Metadata = Extract<Explained, { type: "metadata" }>;

const METADATA: Metadata = {
  type: "metadata",
  email: "andré@example.org",
  displayName: "André",
  deviceName: "Andrés Laptop",
  sender: {
    ua: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    city: "Erlangen",
    region: "Bavaria",
    country: "Germany",
    remote: "2001:db8:85a3::8a2e:370:7334",
  },
  fingerprint: "0VFE-238VS-CWPS",
};

/** Sets title and clipboard, moves the cursor, runs right to left, and does not end. */
const HOSTILE = "\u001b]0;x\u0007\u001b[2J\u001b]52;c;eA==\u0007\u202egpj\r\n" + "漢".repeat(200);

const HOSTILE_METADATA: Metadata = {
  ...METADATA,
  email: HOSTILE,
  displayName: HOSTILE,
  deviceName: HOSTILE,
  sender: { ua: HOSTILE, city: HOSTILE, region: HOSTILE, country: HOSTILE, remote: HOSTILE },
};

function joinScreen(
  panel: Panel,
  { done = 0, active = 1, ...rest }: Partial<ScreenModel> & { done?: number; active?: number } = {},
): ScreenModel {
  const stateOf = (index: number) => (index < done ? "done" : index < done + active ? "active" : "waiting");
  return {
    title: JOIN_PLAN.title,
    steps: JOIN_PLAN.steps.map((step, index) => ({ ...step, state: stateOf(index) })),
    status: null,
    notices: [],
    unicode: true,
    panel,
    ...rest,
  };
}

const asked = (about: Metadata): QuestionPanel => ({
  type: "question",
  about,
  ending: null,
  question: "Sign this device in to andré@example.org?",
  keys: YES_NO,
});

const PASTE: Panel = {
  type: "line",
  about: null,
  explanation: CODE_QUESTION.explanation,
  label: CODE_QUESTION.label,
  shown: "",
};

const SCREENS: [string, ScreenModel][] = [
  ["the question for the code", joinScreen(PASTE)],
  ["a code is typed", joinScreen({ ...PASTE, shown: "12-ap", hint: "appear apple approve april" })],
  [
    "something wrong was pasted",
    joinScreen(
      { ...PASTE, shown: "(118 characters, not shown)" },
      { notices: ["That is neither a pairing URL nor a picture. A pairing URL begins with https://."] },
    ),
  ],
  [
    "another accounts server",
    joinScreen(
      {
        type: "line",
        about: null,
        label: "Type its name (xn--ccounts-1fg.firefox.com) to go on",
        shown: "acc",
      },
      { notices: ["Warning: this code leads to another accounts server than accounts.firefox.com."] },
    ),
  ],
  ["connecting", joinScreen({ type: "steps" }, { done: 1, status: "Connecting to the other device…" })],
  ["asking", joinScreen({ type: "steps" }, { done: 2, status: "Connected; asking to be signed in…" })],
  ["the account", joinScreen(asked(METADATA), { done: 3, active: 2 })],
  [
    "the account, approved there",
    joinScreen(asked(METADATA), { done: 3, active: 2, status: "Approved on the other device." }),
  ],
  [
    "an account that replaces another",
    joinScreen(asked({ ...METADATA, displayName: null, deviceName: null, sender: {} }), {
      done: 3,
      active: 2,
      notices: ["This replaces the sign-in of other@example.org on this device."],
    }),
  ],
  ["an account full of control characters", joinScreen(asked(HOSTILE_METADATA), { done: 3, active: 2 })],
  ["waiting for the other device", joinScreen({ type: "steps" }, { done: 4, status: "Approved here." })],
  ["the last step", joinScreen({ type: "steps" }, { done: 5, status: "Fetching tokens and keys…" })],
  [
    "a refusal",
    joinScreen({ type: "ending", lines: ["The other device declined.", "Ask its user, and start again."] }),
  ],
];

// eslint-disable-next-line no-control-regex
const ESCAPES = /\u001b\[[\d;]*m/g;

const seen = (lines: readonly string[]) => lines.map((line) => stripVTControlCharacters(line).trimEnd());

/** All that can be read on a screen, page by page if need be. */
function readable(model: ScreenModel, size: { columns: number; rows: number }): string {
  const text: string[] = [];
  for (let skip = 0; ;) {
    const { lines, more, page } = renderScreen(model, size, skip);
    text.push(...seen(lines));
    if (!more) break;
    skip += page;
  }
  return text.join(" ").replaceAll(/\s+/g, " ");
}

describe.each(SIZES)("in a window of $columns×$rows", (size) => {
  it.each(SCREENS)("%s", (_name, model) => {
    const { lines } = renderScreen(model, size);
    const text = seen(lines);
    expect(`\n${text.join("\n")}\n`).toMatchSnapshot();
    expect(text.length).toBeLessThanOrEqual(size.rows);
    // What foreign text brings is shown as text; only our own emphasis is a sequence.
    const withoutEmphasis = lines.join("").replaceAll(ESCAPES, "");
    expect(withoutEmphasis).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
  });

  it("has what must be known before the answer, in reach if not in sight", () => {
    for (const metadata of [METADATA, HOSTILE_METADATA]) {
      const text = readable(joinScreen(asked(metadata), { done: 3, active: 2 }), size);
      for (const words of [
        DATA_GOES_THERE,
        NOT_PROVEN,
        metadata.fingerprint,
        "Sign this device in to andré@example.org?",
      ]) {
        expect(text).toContain(words);
      }
    }
    expect(readable(joinScreen(asked({ ...METADATA, sender: {} })), size)).toMatch(
      /Browser: unknown Address: unknown Place: unknown/,
    );
  });
});
