import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { chooseDrawing, prepareDrawing } from "../../src/qr/drawing.ts";
import type { CellDrawing, Drawing, DrawingRequest } from "../../src/qr/drawing.ts";
import { textsIn } from "./found.ts";
import { DARK, LIGHT, screenshot } from "./screenshot.ts";
import { SAMPLE_URL, pairingUrl } from "./samples.ts";

const ROOMY: DrawingRequest = {
  columns: 120,
  rows: 60,
  form: "auto",
  color: true,
  invert: false,
  capabilities: { unicode: true },
};

function cells(drawing: Drawing): CellDrawing {
  if (drawing.kind !== "cells") throw new Error(`not drawn: ${JSON.stringify(drawing)}`);
  return drawing;
}

async function drawn(request: Partial<DrawingRequest>, text = SAMPLE_URL): Promise<CellDrawing> {
  return cells(await chooseDrawing(text, { ...ROOMY, ...request }));
}

const FORMS: [string, Partial<DrawingRequest>, (typeof DARK)[]][] = [
  ["half blocks", { form: "half" }, [DARK, LIGHT]],
  ["half blocks, inverted", { form: "half", invert: true }, [DARK, LIGHT]],
  ["half blocks without colour", { form: "half", color: false }, [DARK, LIGHT]],
  ["half blocks without colour, inverted", { form: "half", color: false, invert: true }, [DARK, LIGHT]],
  ["full blocks", { form: "full" }, [DARK, LIGHT]],
  ["full blocks, inverted", { form: "full", invert: true }, [DARK, LIGHT]],
  ["full blocks without colour", { form: "full", color: false }, [DARK, LIGHT]],
  ["ASCII", { form: "ascii" }, [DARK, LIGHT]],
  ["ASCII, inverted", { form: "ascii", invert: true }, [DARK, LIGHT]],
  ["ASCII without colour", { form: "ascii", color: false }, [DARK, LIGHT]],
  ["the smallest half blocks", { columns: 43, rows: 22 }, [DARK, LIGHT]],
  ["the smallest half blocks, inverted", { columns: 43, rows: 22, invert: true }, [DARK, LIGHT]],
  ["the smallest half blocks without colour", { columns: 43, rows: 22, color: false }, [DARK, LIGHT]],
  ["the smallest full blocks", { form: "full", columns: 86, rows: 43 }, [DARK, LIGHT]],
  [
    "the smallest ASCII without colour",
    { form: "ascii", columns: 86, rows: 43, color: false },
    [DARK, LIGHT],
  ],
];

describe.each(FORMS)("%s", (_name, request, themes) => {
  test("can be read from the screen", async () => {
    const { lines } = await drawn(request);
    for (const theme of themes)
      expect(await textsIn(await screenshot(lines.join("\n"), theme))).toEqual([SAMPLE_URL]);
  });

  test("is as large as it says, and colours never leak beyond a line", async () => {
    const { lines, width, height } = await drawn(request);
    expect(lines).toHaveLength(height);
    // eslint-disable-next-line no-control-regex
    const shape = request.color === false ? /^[^\u001b]+$/ : /^(?:\u001b\[[\d;]+m[^\u001b]+)+\u001b\[0m$/;
    for (const line of lines) {
      expect(line).toMatch(shape);
      expect(plain(line)).toHaveLength(width);
    }
  });
});

function plain(line: string): string {
  // eslint-disable-next-line no-control-regex
  return line.replaceAll(/\u001b\[[\d;]+m/g, "");
}

test("ASCII is plain ASCII", async () => {
  const { lines } = await drawn({ form: "ascii" });
  for (const line of lines) expect(plain(line)).toMatch(/^[# ]+$/);
});

describe("what fits", () => {
  test.each<[string, Partial<DrawingRequest>, string]>([
    ["120×50", { columns: 120, rows: 50 }, "half 49×25"],
    ["120×50, full blocks", { columns: 120, rows: 50, form: "full" }, "full 98×49"],
    ["120×50, ASCII", { columns: 120, rows: 50, form: "ascii" }, "ascii 98×49"],
    ["120×44, full blocks", { columns: 120, rows: 44, form: "full" }, "full 98×43"],
    ["80×25", { columns: 80, rows: 25 }, "half 49×25"],
    ["80×24", { columns: 80, rows: 24 }, "half 49×24"],
    ["80×23", { columns: 80, rows: 23 }, "half 49×23"],
    ["80×22", { columns: 80, rows: 22 }, "half 49×22"],
    ["44×30", { columns: 44, rows: 30 }, "half 43×25"],
    ["43×22", { columns: 43, rows: 22 }, "half 43×22"],
    ["a window of unknown size", { columns: undefined, rows: undefined }, "half 49×25"],
    ["without block characters", { capabilities: { unicode: false } }, "ascii 98×49"],
    ["without colours", { color: false }, "half 49×25"],
    ["without either", { color: false, capabilities: { unicode: false } }, "ascii 98×49"],
  ])("%s", async (_name, request, expected) => {
    const { form, width, height } = await drawn(request);
    expect(`${form} ${width}×${height}`).toBe(expected);
  });

  test.each<[string, Partial<DrawingRequest>, string | undefined]>([
    [
      "80×21",
      { rows: 21, columns: 80 },
      "needs 43×22, this window is 80×21: enlarge it or use --qr-out code.png",
    ],
    [
      "40×20",
      { rows: 20, columns: 40 },
      "needs 43×22, this window is 40×20: enlarge it or use --qr-out code.png",
    ],
    [
      "80×24, of which a part is taken",
      { columns: 50, rows: 20, window: { columns: 80, rows: 24 }, pictureKey: true },
      "needs 73×26, this window is 80×24: enlarge it or press p to write a PNG",
    ],
    [
      "80×24, full blocks",
      { columns: 80, rows: 24, form: "full" },
      "needs 86×43, this window is 80×24: enlarge it, draw it with --qr half or use --qr-out code.png",
    ],
    [
      "80×24 without block characters",
      { columns: 80, rows: 24, capabilities: { unicode: false }, pictureKey: true },
      "needs 86×43, this window is 80×24: enlarge it or press p to write a PNG",
    ],
    [
      "where dark strokes on a light ground are all there is",
      { form: "ascii", color: false, invert: true },
      "could not be read back from what this terminal would show: use --qr-out code.png",
    ],
    ["where none is wanted", { form: "none" }, undefined],
  ])("not %s", async (_name, request, reason) => {
    expect(await chooseDrawing(SAMPLE_URL, { ...ROOMY, ...request })).toEqual({
      kind: "none",
      reason: reason && `the QR code ${reason}`,
    });
  });
});

test("what is read back otherwise is not drawn", async () => {
  // The package that draws knows no characters beyond Latin-1, and those not as readers do.
  const text = `${SAMPLE_URL}&name=ж`;
  expect(await chooseDrawing(text, ROOMY)).toMatchObject({
    kind: "none",
    reason: expect.stringContaining("could not be read back") as string,
  });
});

test("a drawing is laid out anew for each size", async () => {
  const draw = await prepareDrawing(SAMPLE_URL);
  const sizes = [60, 24, 10, 22, 60].map((rows) => {
    const drawing = draw({ ...ROOMY, rows });
    return drawing.kind === "cells" ? drawing.height : 0;
  });
  expect(sizes).toEqual([25, 24, 0, 22, 25]);
});

test("every pairing URL can be read, however little room there is", async () => {
  await fc.assert(
    fc.asyncProperty(pairingUrl, fc.integer({ min: 22, max: 25 }), async (url, rows) => {
      const { lines } = await drawn({ columns: 43 + 2 * (rows - 22), rows }, url);
      expect(await textsIn(await screenshot(lines.join("\n"), DARK))).toEqual([url]);
    }),
    { numRuns: 12 },
  );
});
