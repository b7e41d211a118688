/** Drawings as they are met: on screens of any theme and line spacing, photographed by whoever is in a hurry. */
import { beforeAll, describe, expect, test } from "vitest";
import { chooseDrawing } from "../../src/qr/drawing.ts";
import type { DrawingRequest } from "../../src/qr/drawing.ts";
import { textsIn } from "./found.ts";
import { PHOTOGRAPHS } from "./photographs.ts";
import { DARK, LIGHT, screenshot } from "./screenshot.ts";
import type { Theme } from "./screenshot.ts";
import { SAMPLE_URL } from "./samples.ts";

const ROOMY: DrawingRequest = {
  columns: 120,
  rows: 60,
  form: "auto",
  color: true,
  invert: false,
  capabilities: { unicode: true },
};

const SHOWN: [string, Partial<DrawingRequest>, Theme, number][] = [
  ["half blocks on a dark ground", { form: "half" }, DARK, 0],
  ["the smallest half blocks on a dark ground, with gaps", { columns: 43, rows: 22 }, DARK, 2],
  ["full blocks on a light ground, with gaps", { form: "full" }, LIGHT, 2],
  ["ASCII on a dark ground", { form: "ascii" }, DARK, 0],
];

describe.each(SHOWN)("%s", (_name, request, theme, lineGap) => {
  let shot: Uint8Array;

  beforeAll(async () => {
    const drawing = await chooseDrawing(SAMPLE_URL, { ...ROOMY, ...request });
    if (drawing.kind !== "cells") throw new Error("not drawn");
    shot = await screenshot(drawing.lines.join("\n"), theme, { lineGap });
  });

  test.each(Object.entries(PHOTOGRAPHS))("%s", async (_kind, photograph) => {
    expect(await textsIn(await photograph(shot))).toEqual([SAMPLE_URL]);
  });
});
