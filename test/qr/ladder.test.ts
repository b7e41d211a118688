import { describe, expect, test } from "vitest";
import sharp from "sharp";
import { systemClock } from "../../src/lib/clock.ts";
import { qrPng } from "../../src/qr/encode.ts";
import type { QrCode, Until } from "../../src/qr/findings.ts";
import { LADDER, LARGEST_ENLARGED, SECOND_LOOK, rungName, rungsFor } from "../../src/qr/ladder.ts";
import type { Rung } from "../../src/qr/ladder.ts";
import { search } from "../../src/qr/search.ts";
import { SAMPLE_URL } from "./samples.ts";

const names = (width: number, height: number) => rungsFor(LADDER, width, height).map(rungName);

describe("the table", () => {
  test("has a name of its own for each rung", () => {
    expect(new Set([...LADDER, SECOND_LOOK].map(rungName)).size).toBeGreaterThanOrEqual(LADDER.length);
    expect(new Set(LADDER.map(rungName)).size).toBe(LADDER.length);
  });

  test("begins with the quickest reader, ends with the slowest, and uses all three", () => {
    expect(LADDER[0]?.engine).toBe("zxing");
    expect(LADDER.at(-1)?.engine).toBe("jsqr");
    expect(new Set(LADDER.map(({ engine }) => engine))).toEqual(new Set(["zxing", "qr", "jsqr"]));
  });

  test.each(LADDER.filter(({ engine }) => engine !== "zxing").map((rung) => [rungName(rung), rung] as const))(
    "%s is bounded in size: the readers in JavaScript take long",
    (_name, { side, enlarge }) => {
      expect(side ?? enlarge).toBeDefined();
    },
  );

  test.each([
    [20, 20],
    [400, 300],
    [1500, 1000],
    [1501, 30],
    [4096, 3072],
  ])("has something cheap first for %i × %i", (width, height) => {
    const [first, second] = names(width, height);
    expect([first, second].slice(0, width > 1500 ? 2 : 1)).toEqual(
      width > 1500 ? ["zxing 1000", "zxing"] : ["zxing"],
    );
  });

  test("makes larger only what stays within the bound", () => {
    const enlarged = (side: number) => names(side, 10).filter((name) => name.includes("×"));
    expect(enlarged(LARGEST_ENLARGED / 2).length).toBeGreaterThan(0);
    expect(enlarged(LARGEST_ENLARGED / 2 + 1)).toEqual([]);
  });
});

const SIDE = 8 * 41;
const [LEFT, TOP] = [600 + 8 * 4, 200 + 8 * 4];

async function findIn(image: Uint8Array, ladder: readonly Rung[] = LADDER, until: Until = "first") {
  const codes: QrCode[] = [];
  let looks = 0;
  for await (const finding of search(image, { clock: systemClock, ladder, until })) {
    if (finding.type === "code") codes.push(finding);
    if (finding.type === "look") looks += 1;
  }
  return { codes, looks };
}

test.each(LADDER.map((rung) => [rungName(rung), rung] as const))(
  "%s reads a code on its own, and tells where it is in the picture",
  async (name, rung) => {
    const code = Buffer.from(await qrPng(SAMPLE_URL));
    const width = rung.enlarge === undefined ? 1600 : 1100;
    const picture = await sharp({ create: { width, height: 800, channels: 3, background: "#ccc" } })
      .composite([{ input: code, left: 600, top: 200 }])
      .png()
      .toBuffer();
    const [found, ...others] = (await findIn(picture, [rung])).codes;
    expect(others).toEqual([]);
    expect(found).toMatchObject({ text: SAMPLE_URL, rung: name, engine: rung.engine });
    const expected = [
      [LEFT, TOP],
      [LEFT + SIDE, TOP],
      [LEFT + SIDE, TOP + SIDE],
      [LEFT, TOP + SIDE],
    ];
    found?.corners.forEach(({ x, y }, index) => {
      const [left = NaN, top = NaN] = expected[index] ?? [];
      expect(Math.hypot(x - left, y - top)).toBeLessThan(8);
    });
  },
);

describe("when a search ends", () => {
  const everyWay = rungsFor(LADDER, 392, 392).length;

  test.each([
    ["first", SAMPLE_URL, 2],
    ["first", "no URL", 2],
    ["pairing-url", SAMPLE_URL, 2],
    ["pairing-url", SAMPLE_URL.replace("channel_key", "channel_kay"), everyWay],
    ["pairing-url", SAMPLE_URL.slice(0, -1), everyWay],
    ["all", SAMPLE_URL, everyWay],
  ] as const)("until %s, with %s", async (until, text, looks) => {
    const picture = await sharp(await qrPng(text))
      .resize(392, 392, { kernel: "nearest" })
      .png()
      .toBuffer();
    expect(await findIn(picture, LADDER, until)).toMatchObject({ codes: [{ text }], looks });
  });

  test("a pairing URL is looked for beside a code that is easier to read", async () => {
    const small = await sharp(await qrPng(SAMPLE_URL))
      .resize(240)
      .toBuffer();
    const picture = await sharp({ create: { width: 900, height: 500, channels: 3, background: "#fff" } })
      .composite([
        { input: Buffer.from(await qrPng("easy")), left: 20, top: 20 },
        { input: small, left: 560, top: 120 },
      ])
      .png()
      .toBuffer();
    const ladder = [{ engine: "zxing", side: 200 }, { engine: "zxing" }] as const;
    const { codes } = await findIn(picture, ladder, "pairing-url");
    expect(codes).toMatchObject([
      { text: "easy", rung: "zxing 200" },
      { text: SAMPLE_URL, rung: "zxing" },
    ]);
  });
});
