import { describe, expect, test } from "vitest";
import sharp from "sharp";
import type { ImageCapability } from "../../src/qr/capabilities.ts";
import { chooseDrawing } from "../../src/qr/drawing.ts";
import type { DrawingRequest, ImageDrawing } from "../../src/qr/drawing.ts";
import { textsIn } from "./found.ts";
import { SAMPLE_URL } from "./samples.ts";

/** Where nothing but a picture fits. */
const SMALL = { columns: 40, rows: 12, form: "auto", color: true, invert: false } as const;
const CELL = { width: 9, height: 20 };
const SIXEL: ImageCapability = { protocol: "sixel", cell: CELL };

async function drawnAs(image: ImageCapability, request: Partial<DrawingRequest> = {}): Promise<ImageDrawing> {
  const drawing = await chooseDrawing(SAMPLE_URL, {
    ...SMALL,
    capabilities: { unicode: true, image },
    ...request,
  });
  if (drawing.kind !== "image") throw new Error(`not a picture: ${JSON.stringify(drawing)}`);
  return drawing;
}

/** What stands between saving the cursor and putting it back, after the way up to the corner. */
function sequenceOf({ lines, width, height }: ImageDrawing): string {
  expect(lines).toHaveLength(height);
  for (const line of lines.slice(0, -1)) expect(line).toBe(" ".repeat(width));
  const last = lines.at(-1) ?? "";
  const start = `${" ".repeat(width)}\u001b7\u001b[${width}D\u001b[${height - 1}A`;
  expect(last.slice(0, start.length)).toBe(start);
  expect(last.slice(-2)).toBe("\u001b8");
  return last.slice(start.length, -2);
}

/** The files in commands of the kitty protocol, by the keys of the first. */
function kittyFile(sequence: string): { keys: string; file: Buffer } {
  const commands = [...sequence.matchAll(/\u001b_G([^;]*);([A-Za-z0-9+/=]*)\u001b\\/g)]; // eslint-disable-line no-control-regex
  expect(commands.map(([whole]) => whole).join("")).toBe(sequence);
  expect(commands.map(([, keys]) => /m=(\d)/.exec(keys ?? "")?.[1]).join("")).toMatch(/^1*0$/);
  for (const [, , chunk = ""] of commands) expect(chunk.length).toBeLessThanOrEqual(4096);
  return {
    keys: commands[0]?.[1] ?? "",
    file: Buffer.from(commands.map(([, , chunk]) => chunk).join(""), "base64"),
  };
}

/** Draws what a terminal would of a sixel sequence: colours by number, each 0 to 100. */
async function sixelFile(sequence: string): Promise<{ side: number; file: Buffer }> {
  // eslint-disable-next-line no-control-regex
  const [, width, height, body = ""] = /^\u001bP0;1;0q"1;1;(\d+);(\d+)(.*)\u001b\\$/s.exec(sequence) ?? [];
  const side = Number(width);
  expect(side).toBe(Number(height));
  const pixels = Buffer.alloc(side * side, 128);
  const colors = new Map<number, number>();
  let [x, y, color] = [0, 0, 0];
  for (const [token, number, level, count, run] of body.matchAll(
    /#(\d+)(?:;2;(\d+);\d+;\d+)?|!(\d+)([?-~])|[?-~$-]/g,
  )) {
    if (token === "$") x = 0;
    else if (token === "-") [x, y] = [0, y + 6];
    else if (level !== undefined) colors.set(Number(number), Math.round(Number(level) * 2.55));
    else if (number !== undefined) color = Number(number);
    else {
      const bits = (run ?? token).charCodeAt(0) - 0x3f;
      for (let end = x + Number(count ?? 1); x < end; x++) {
        for (let row = 0; row < 6; row++) {
          if (((bits >> row) & 1) === 0) continue;
          expect(x < side && y + row < side).toBe(true);
          pixels[(y + row) * side + x] = colors.get(color) ?? 128;
        }
      }
    }
  }
  expect(pixels.includes(128)).toBe(false);
  const raw = { width: side, height: side, channels: 1 } as const;
  return { side, file: await sharp(pixels, { raw }).png().toBuffer() };
}

/** On a terminal of that ground, in a window's middle. */
async function onGround(file: Buffer, grey: number): Promise<Buffer> {
  const background = { r: grey, g: grey, b: grey };
  return sharp(file).extend({ top: 40, bottom: 40, left: 40, right: 40, background }).png().toBuffer();
}

const ITERM2 =
  // eslint-disable-next-line no-control-regex
  /^\u001b\]1337;File=inline=1;size=(\d+);width=24;height=12;preserveAspectRatio=1:([\w+/=]+)\u0007$/;

describe.each([false, true])("inverted: %s", (invert) => {
  test.each([0x18, 0xf4])("kitty gets a PNG to scale to whole cells, on ground %i", async (grey) => {
    const drawing = await drawnAs({ protocol: "kitty" }, { invert });
    expect([drawing.width, drawing.height]).toEqual([24, 12]);
    const { keys, file } = kittyFile(sequenceOf(drawing));
    expect(keys).toMatch(/^a=T,f=100,i=\d+,p=1,q=2,C=1,c=24,r=12,m=/);
    expect(await textsIn(await onGround(file, grey))).toEqual([SAMPLE_URL]);
    const id = /i=(\d+)/.exec(keys)?.[1] ?? "";
    expect(drawing.erase).toBe(`\u001b_Ga=d,d=I,i=${id},q=2\u001b\\`);
  });

  test.each([0x18, 0xf4])("iTerm2 gets a PNG file, on ground %i", async (grey) => {
    const drawing = await drawnAs({ protocol: "iterm2" }, { invert });
    const [, size, data = ""] = ITERM2.exec(sequenceOf(drawing)) ?? [];
    const file = Buffer.from(data, "base64");
    expect(file.length).toBe(Number(size));
    expect(await textsIn(await onGround(file, grey))).toEqual([SAMPLE_URL]);
  });

  test.each([0x18, 0xf4])(
    "sixel gets whole pixels a module, within the cells, on ground %i",
    async (grey) => {
      const drawing = await drawnAs(SIXEL, { invert });
      const { side, file } = await sixelFile(sequenceOf(drawing));
      expect(side).toBe(49 * 4);
      expect([drawing.width, drawing.height]).toEqual([Math.ceil(196 / 9), Math.ceil(196 / 20)]);
      expect(await textsIn(await onGround(file, grey))).toEqual([SAMPLE_URL]);
    },
  );
});

describe("is drawn with characters or not at all", () => {
  const kitty = { protocol: "kitty" } as const;
  test.each<[string, Partial<DrawingRequest>, string]>([
    ["where characters fit", { columns: 80, rows: 24 }, "cells"],
    ["where another form was named", { form: "half" }, "none"],
    ["in too few rows", { rows: 9 }, "none"],
    ["in too few columns", { columns: 18 }, "none"],
    ["where nobody knows the size", { columns: undefined, rows: undefined }, "cells"],
  ])("%s", async (_name, request, kind) => {
    const capabilities = { unicode: true, image: kitty };
    expect((await chooseDrawing(SAMPLE_URL, { ...SMALL, capabilities, ...request })).kind).toBe(kind);
  });
});

test("never takes more rows or columns than there are", async () => {
  for (let rows = 10; rows <= 21; rows++) {
    for (const image of [SIXEL, { protocol: "kitty" }, { protocol: "iterm2" }] as const) {
      const { width, height } = await drawnAs(image, { rows, columns: 42 });
      expect(height).toBeLessThanOrEqual(rows);
      expect(width).toBeLessThanOrEqual(42);
    }
  }
});
