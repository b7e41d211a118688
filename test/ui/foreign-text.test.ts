/** Whatever others say, in each of the fields that are shown: in lines and on the screen. */
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import type { CliEvent, Explained, ListedDevice } from "../../src/ui/events.ts";
import { renderScreen } from "../../src/ui/ink/render.tsx";
import { describe as inLines, PlainReporter } from "../../src/ui/plain.ts";
import { FxaPairError } from "../../src/lib/errors.ts";

/** Clipboard, an 8-bit control, DEL, line ends, direction, nothing to see, and no end. */
const HOSTILE = "\u001b]52;c;eA==\u0007\u009b2J\u007f\r\n\u202egpj\u200b\u2028" + "漢".repeat(600);
/** How it is shown to begin. */
const SHOWN = "\\u{1b}]52;c;eA==\\u{7}\\u{9b}2J\\u{7f}\\u{d}\\u{a}\\u{202e}";
const RAW = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
/** More wide characters than fit into the 80 cells of a field. */
const TOO_LONG = /漢{41}/u;

const SENDER = { ua: HOSTILE, remote: HOSTILE, city: HOSTILE, region: HOSTILE, country: HOSTILE };
const REQUEST: Explained = {
  type: "request",
  clientId: HOSTILE,
  clientName: HOSTILE,
  scope: [HOSTILE],
  sender: SENDER,
  fingerprint: "0VFE-238VS-CWPS",
  jwkThumbprint: null,
};
const METADATA: Explained = {
  type: "metadata",
  email: HOSTILE,
  displayName: HOSTILE,
  deviceName: HOSTILE,
  sender: SENDER,
  fingerprint: "0VFE-238VS-CWPS",
};
const SUBJECTS: readonly (readonly [name: string, subject: Explained, fields: number])[] = [
  ["a request", REQUEST, 6],
  ["an account", METADATA, 6],
  ["a scanned code's account", { type: "scanned", email: HOSTILE }, 1],
];

const DEVICE: ListedDevice = {
  id: "0".repeat(32),
  name: HOSTILE,
  type: "desktop",
  clientId: null,
  thisDevice: false,
  createdAt: null,
  lastSeen: null,
  idle: null,
};

const EVENTS: readonly (readonly [name: string, event: CliEvent])[] = [
  [
    "who is signed in now",
    {
      type: "complete",
      uid: "0".repeat(32),
      email: HOSTILE,
      scope: [],
      keys: [HOSTILE],
      stored: "credentials.json",
      inStore: true,
    },
  ],
  [
    "who is signed in",
    {
      type: "account",
      signedIn: true,
      server: HOSTILE,
      uid: HOSTILE,
      email: HOSTILE,
      scope: [HOSTILE],
      keys: [HOSTILE],
      session: true,
      stored: null,
      keyIds: { [HOSTILE]: HOSTILE },
      deviceId: HOSTILE,
      deviceName: HOSTILE,
      createdAt: null,
      authAt: null,
      age: null,
    },
  ],
  ["the account's devices", { type: "devices", devices: [DEVICE, { ...DEVICE, type: HOSTILE }] }],
  ["a new device", { type: "added", device: { ...DEVICE, type: HOSTILE }, candidates: [] }],
  ["what may be the new device", { type: "added", device: null, candidates: [DEVICE, DEVICE] }],
  ["a device that was removed", { type: "removed", device: DEVICE }],
];

function expectHarmless(line: string): void {
  expect(line).not.toMatch(RAW);
  expect(line).not.toMatch(TOO_LONG);
}

/** What a reporter in lines has said. */
function said(tell: (reporter: PlainReporter) => void): string[] {
  const stream = () => Object.assign(new PassThrough(), { isTTY: true });
  const streams = { stdin: stream(), stdout: stream(), stderr: stream() };
  tell(new PlainReporter(streams, { json: false, quiet: false, verbose: false, accessible: false }));
  return String(streams.stderr.read() ?? "").split("\n");
}

describe("D1: in lines", () => {
  it.each(SUBJECTS)("%s is harmless, each field of it", (_name, subject, fields) => {
    const lines = said((reporter) => {
      reporter.explain(subject, true);
    });
    for (const line of lines) expectHarmless(line);
    expect(lines.join("\n").split(SHOWN.slice(0, 20)).length - 1).toBeGreaterThanOrEqual(fields);
  });

  it.each(EVENTS)("%s is harmless, each field of it", (_name, event) => {
    const { result = [], words = [] } = inLines(event);
    const lines = [...result, ...words];
    expect(lines.join("\n")).toContain(SHOWN.slice(0, 20));
    for (const line of lines) expectHarmless(line);
  });

  it("an error is harmless, whatever it quotes", () => {
    const lines = said((reporter) => {
      reporter.fail(new FxaPairError("refused", `No: ${HOSTILE}`, { hint: HOSTILE }));
    });
    expect(lines.join("\n").split(SHOWN).length - 1).toBe(2);
    for (const line of lines) expect(line).not.toMatch(RAW);
  });
});

describe("D1: on the screen", () => {
  // eslint-disable-next-line no-control-regex
  const EMPHASIS = /\u001b\[[\d;]*m/g;

  it.each(SUBJECTS)("%s is harmless, each field of it", (_name, subject, fields) => {
    const panel = { type: "question", about: subject, ending: null, question: "Yes?", keys: [] } as const;
    const model = { title: "", steps: [], status: null, notices: [], unicode: true, panel };
    const { lines } = renderScreen(model, { columns: 200, rows: 60 });
    const text = lines.map((line) => line.replaceAll(EMPHASIS, ""));
    for (const line of text) expectHarmless(line);
    expect(text.join("\n").split(SHOWN.slice(0, 20)).length - 1).toBeGreaterThanOrEqual(fields);
  });
});
