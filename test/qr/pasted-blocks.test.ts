import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import fc from "fast-check";
import qrcode from "qrcode-terminal";
import { drawCells } from "../../src/qr/cells.ts";
import type { CellStyle } from "../../src/qr/cells.ts";
import { terminalModules } from "../../src/qr/modules.ts";
import { textOfPastedBlocks } from "../../src/qr/pasted-blocks.ts";
import { SAMPLE_URL, pairingUrl } from "./samples.ts";

const styles: fc.Arbitrary<CellStyle> = fc.record({
  form: fc.constantFrom("half", "full", "ascii"),
  quietZone: fc.record({ beside: fc.nat(4), above: fc.nat(4) }),
  color: fc.boolean(),
  invert: fc.boolean(),
});

/** What happens to a drawing on its way through a clipboard. */
interface Wear {
  readonly keepsEscapes: boolean;
  readonly losesEscapeByte: boolean;
  readonly trimsEnds: boolean;
  readonly indentation: number;
  readonly lineEnd: string;
  readonly before: string;
  readonly after: string;
}

const wear: fc.Arbitrary<Wear> = fc.record({
  keepsEscapes: fc.boolean(),
  losesEscapeByte: fc.boolean(),
  trimsEnds: fc.boolean(),
  indentation: fc.nat(30),
  lineEnd: fc.constantFrom("\n", "\r\n", "\r"),
  before: fc.constantFrom("", "\n\n", "$ fxa-pair host\n", "Scan this: # \n\n"),
  after: fc.constantFrom("", "\n", "\n\nhttps://accounts.firefox.com/pair#channel_id=\n  q quit\n"),
});

function worn(lines: readonly string[], how: Wear): string {
  const body = lines.map((line) => {
    const escaped = how.losesEscapeByte ? line.replaceAll("\u001b", "") : line;
    const text = how.keepsEscapes ? escaped : stripVTControlCharacters(line);
    return " ".repeat(how.indentation) + (how.trimsEnds ? text.trimEnd() : text);
  });
  return [how.before, body.join("\n"), how.after].join("").replaceAll("\n", how.lineEnd);
}

test("every drawing of a pairing URL is read again, whatever copying took from it", async () => {
  await fc.assert(
    fc.asyncProperty(pairingUrl, styles, wear, async (url, style, how) => {
      const pasted = worn(drawCells(await terminalModules(url), style), how);
      expect(textOfPastedBlocks(pasted)).toBe(url);
    }),
    { numRuns: 150 },
  );
});

const half: CellStyle = { form: "half", quietZone: { beside: 4, above: 4 }, color: false, invert: false };

async function lines(style: Partial<CellStyle> = {}): Promise<string[]> {
  return drawCells(await terminalModules(SAMPLE_URL), { ...half, ...style });
}

describe("reads", () => {
  test.each([0, 1, 7, 33])("a drawing whose first line lacks %i columns on its left", async (missing) => {
    const body = (await lines({ quietZone: { beside: 0, above: 0 } })).map((line) => " ".repeat(33) + line);
    expect(textOfPastedBlocks(body.join("\n").slice(missing))).toBe(SAMPLE_URL);
  });

  test("a drawing trimmed as a whole", async () => {
    const body = await lines({ quietZone: { beside: 0, above: 0 } });
    expect(
      textOfPastedBlocks(
        body
          .map((line) => `     ${line}`)
          .join("\n")
          .trim(),
      ),
    ).toBe(SAMPLE_URL);
  });

  test("a drawing with a frame around it and text at its side", async () => {
    const body = (await lines()).map(
      (line, index) => `│ ${line} │  ${index === 3 ? "# Scan with ███" : "···"}`,
    );
    expect(textOfPastedBlocks([`╭${"─".repeat(60)}╮`, ...body].join("\n"))).toBe(SAMPLE_URL);
  });

  test.each([true, false])("what qrcode-terminal draws (small: %s)", (small) => {
    let drawn = "";
    qrcode.generate(SAMPLE_URL, { small }, (output) => (drawn = output));
    expect(textOfPastedBlocks(drawn)).toBe(SAMPLE_URL);
  });

  test("one column a module", async () => {
    const narrow = (await lines({ form: "full" })).map((line) => line.replaceAll(/(.)\1/g, "$1"));
    expect(textOfPastedBlocks(narrow.join("\n"))).toBe(SAMPLE_URL);
  });

  test("a few characters that were damaged", async () => {
    const body = await lines();
    body[14] = `${body[14]?.slice(0, 30) ?? ""}??${body[14]?.slice(32) ?? ""}`;
    expect(textOfPastedBlocks(body.join("\n"))).toBe(SAMPLE_URL);
  });
});

describe("finds nothing", () => {
  test.each<[string, string]>([
    ["in nothing", ""],
    ["in a URL", SAMPLE_URL],
    ["in a shell script", "#!/bin/sh\n# comment\n######\necho hi # there\n"],
    ["in a solid block", `${"█".repeat(200)}\n`.repeat(200)],
    [
      "in noise",
      Array.from({ length: 99 }, (_line, y) =>
        Array.from({ length: 99 }, (_cell, x) => " ▀▄█"[(x * x * 7 + y * y * 13 + x * y) % 4]).join(""),
      ).join("\n"),
    ],
    ["in far too much", "█\n".repeat(200_000)],
  ])("%s", (_name, text) => {
    expect(textOfPastedBlocks(text)).toBeUndefined();
  });

  test("in a code cut in half", async () => {
    expect(textOfPastedBlocks((await lines()).slice(0, 14).join("\n"))).toBeUndefined();
  });

  test("in countless corners of codes, and takes no long time for it", () => {
    const tile = ["█▀▀▀▀▀█ ", "█ ███ █ ", "█ ▀▀▀ █ ", "▀▀▀▀▀▀▀ "];
    const wall = Array.from({ length: 400 }, (_line, y) => (tile[y % 4] ?? "").repeat(60));
    expect(textOfPastedBlocks(wall.join("\n"))).toBeUndefined();
  });
});
