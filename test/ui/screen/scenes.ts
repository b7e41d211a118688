/** What the screens of the tests show: one pairing, at each of its moments. */
import { prepareDrawing } from "../../../src/qr/drawing.ts";
import { hostPlan } from "../../../src/commands/host-steps.ts";
import type { Explained } from "../../../src/ui/events.ts";
import type { CodePanel, OfferPanel, ScreenModel } from "../../../src/ui/screen/model.ts";
import type { StepState } from "../../../src/ui/reporter.ts";

export const URL =
  "https://accounts.firefox.com/pair#channel_id=AAECAwQFBgcICQoLDA0ODw&channel_key=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

const draw = await prepareDrawing(URL);

export const OFFER: OfferPanel = {
  type: "offer",
  reader: "newDevice",
  url: URL,
  files: [],
  draw: (room) =>
    draw({
      ...room,
      form: "auto",
      color: true,
      invert: false,
      capabilities: { unicode: true },
      pictureKey: true,
    }),
  secondsLeft: 299,
  keys: [
    { key: "r", does: "new code" },
    { key: "t", does: "a code to type" },
    { key: "c", does: "copy the URL" },
    { key: "p", does: "write a picture" },
    { key: "q", does: "quit" },
  ],
};

export const CODE: CodePanel = {
  type: "code",
  code: "12-apple-river-stone",
  secondsLeft: 299,
  keys: [
    { key: "r", does: "new code" },
    { key: "t", does: "a QR code" },
    { key: "q", does: "quit" },
  ],
};

export const REQUEST: Extract<Explained, { type: "request" }> = {
  type: "request",
  clientId: "a2270f727f45f648",
  clientName: "Firefox for Android",
  scope: [
    "profile",
    "https://identity.mozilla.com/apps/oldsync",
    "https://identity.mozilla.com/tokens/session",
  ],
  sender: {
    ua: "Mozilla/5.0 (Android 16; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0",
    city: "Erlangen",
    region: "Bavaria",
    country: "Germany",
    remote: "2001:db8:85a3::8a2e:370:7334",
  },
  fingerprint: "0VFE-238VS-CWPS",
  jwkThumbprint: "x",
};

export const YES_NO = [
  { key: "y", does: "approve" },
  { key: "n", does: "decline (Enter)" },
];

/** A host's screen with so many steps done, and those after them that are under way. */
export function hostScreen(
  panel: ScreenModel["panel"],
  { done = 2, active = 1, ...rest }: Partial<ScreenModel> & { done?: number; active?: number } = {},
): ScreenModel {
  const stateOf = (index: number): StepState =>
    index < done ? "done" : index < done + active ? "active" : "waiting";
  const plan = hostPlan(panel.type === "code" ? "code" : "url");
  return {
    title: plan.title,
    steps: plan.steps.map((step, index) => ({ ...step, state: stateOf(index) })),
    status: null,
    notices: [],
    unicode: true,
    panel,
    ...rest,
  };
}
