import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { qrTerminal } from "../../src/qr/terminal.ts";
import type { TerminalQrOptions } from "../../src/qr/terminal.ts";
import { textsIn } from "./found.ts";
import { DARK, LIGHT, screenshot } from "./screenshot.ts";
import { SAMPLE_URL, pairingUrl } from "./samples.ts";

const FORMS: [string, TerminalQrOptions, (typeof DARK)[]][] = [
  ["half blocks", { small: true }, [DARK, LIGHT]],
  ["half blocks, inverted", { small: true, invert: true }, [DARK, LIGHT]],
  ["half blocks without colour", { small: true, color: false }, [DARK]],
  ["half blocks without colour, inverted", { small: true, color: false, invert: true }, [LIGHT]],
  ["full size", { small: false }, [DARK, LIGHT]],
  ["full size, inverted", { small: false, invert: true }, [DARK, LIGHT]],
  ["ASCII", { small: false, color: false }, [DARK]],
  ["ASCII, inverted", { small: false, color: false, invert: true }, [LIGHT]],
];

describe.each(FORMS)("%s", (_name, options, themes) => {
  test("can be read from the screen", async () => {
    const drawing = await qrTerminal(SAMPLE_URL, options);
    for (const theme of themes) expect(await textsIn(await screenshot(drawing, theme))).toEqual([SAMPLE_URL]);
  });

  test("colours never leak beyond a line", async () => {
    const lines = (await qrTerminal(SAMPLE_URL, options)).split("\n");
    // eslint-disable-next-line no-control-regex
    const shape = options.color === false ? /^[^\u001b]+$/ : /^(?:\u001b\[[\d;]+m[^\u001b]+)+\u001b\[0m$/;
    for (const line of lines) expect(line).toMatch(shape);
  });
});

test("a pairing URL fits a terminal of 80×24 in half blocks, and takes 90×45 cells in full size", async () => {
  expect(await cellSize({ small: true })).toEqual([[45], 23]);
  expect(await cellSize({ small: false })).toEqual([[90], 45]);
});

async function cellSize(options: TerminalQrOptions): Promise<[number[], number]> {
  const drawing = await qrTerminal(SAMPLE_URL, options);
  // eslint-disable-next-line no-control-regex
  const lines = drawing.replaceAll(/\u001b\[[\d;]+m/g, "").split("\n");
  return [[...new Set(lines.map((line) => line.length))], lines.length];
}

test("without colour and full size, the drawing is plain ASCII", async () => {
  expect(await qrTerminal(SAMPLE_URL, { small: false, color: false })).toMatch(/^[# \n]+$/);
});

test("every pairing URL can be read from a dark terminal", async () => {
  await fc.assert(
    fc.asyncProperty(pairingUrl, fc.boolean(), async (url, small) => {
      expect(await textsIn(await screenshot(await qrTerminal(url, { small }), DARK))).toEqual([url]);
    }),
    { numRuns: 12 },
  );
});
