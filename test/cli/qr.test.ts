/** The command `qr`, and what `join` reads its pairing URL from. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { qrPng, qrSvg } from "../../src/qr/encode.ts";
import { blankPng, finderPatterns } from "../qr/samples.ts";
import { PATIENT, cleanUp, run, start, temporaryFolder } from "./harness.ts";

let folder: string;
const inFolder = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = temporaryFolder();
  writeFileSync(inFolder("blank.png"), blankPng(64, 48));
  writeFileSync(inFolder("one.png"), await qrPng("one"));
  writeFileSync(inFolder("two.png"), await qrPng("two"));
  writeFileSync(inFolder("both.png"), await beside(await code("one"), await code("two")));
});

afterAll(cleanUp);

const SIDE = 500;

async function beside(...codes: Uint8Array[]): Promise<Uint8Array> {
  const create = { width: SIDE * codes.length, height: SIDE, channels: 3, background: "#fff" } as const;
  return sharp({ create })
    .composite(codes.map((code, index) => ({ input: Buffer.from(code), left: index * SIDE, top: 0 })))
    .png()
    .toBuffer();
}

/** A code of the same size as others, out of focus by so many pixels. */
async function code(text: string, blur?: number): Promise<Uint8Array> {
  const drawn = sharp(await qrPng(text)).resize(SIDE);
  return (blur === undefined ? drawn : drawn.blur(blur)).png().toBuffer();
}

describe("qr", () => {
  it("prints the text of each code, and nothing else", async () => {
    const ended = await run(["qr", "--quiet", ...PATIENT, inFolder("both.png"), inFolder("two.png")]);
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    expect(ended.stdout.split("\n").toSorted()).toEqual(["", "one", "two", "two"]);
  });

  it("prints a long text in full", async () => {
    const digits = "0123456789".repeat(700);
    const code = await qrPng(digits);
    expect((await run(["qr", ...PATIENT, "-"], { input: code })).stdout).toBe(`${digits}\n`);
  });

  it("tells where a code was, what found it and how long that took", async () => {
    const { status, events } = await run(["qr", "--json", ...PATIENT, inFolder("one.png")]);
    expect(status).toBe(0);
    expect(events).toEqual([
      {
        event: "qr",
        time: expect.any(String) as string,
        text: "one",
        image: inFolder("one.png"),
        corners: Array.from({ length: 4 }, () => ({
          x: expect.any(Number) as number,
          y: expect.any(Number) as number,
        })),
        engine: "zxing",
        rung: "zxing",
        ms: expect.any(Number) as number,
      },
    ]);
  });

  it.each([
    ["standard input", ["-"], () => qrPng("one")],
    ["a data: URL", [], () => undefined],
  ])("reads %s", async (_name, args, input) => {
    const bytes = await input();
    const image = bytes === undefined ? [`data:image/svg+xml,${encodeURIComponent(qrSvg("one"))}`] : args;
    const options = bytes === undefined ? {} : { input: bytes };
    expect(await run(["qr", ...PATIENT, ...image], options)).toMatchObject({ status: 0, stdout: "one\n" });
  });

  it("says of each picture what is wrong with it, and fails when none shows a code", async () => {
    const args = ["qr", "--quiet", ...PATIENT, inFolder("blank.png"), inFolder("missing.png")];
    const failed = await run(args);
    expect(failed).toMatchObject({ status: 9, stdout: "" });
    expect(failed.stderr).toMatch(
      /^fxa-pair: warning: blank\.png: no QR code found \(looked at 64×48 in \d+ ways\)$/m,
    );
    expect(failed.stderr).toMatch(/missing\.png: it cannot be read \(there is no such file\)$/m);
    expect(failed.stderr).toMatch(/^fxa-pair: None of the 2 pictures shows a QR code\.$/m);

    const succeeded = await run([...args, inFolder("one.png")]);
    expect(succeeded).toMatchObject({ status: 0, stdout: "one\n" });
    expect(succeeded.stderr).toMatch(/warning: blank\.png: no QR code/);
  });

  it("says of a single picture why it fails, in the error", async () => {
    const { status, events } = await run(["qr", "--json", ...PATIENT, inFolder("blank.png")]);
    expect(status).toBe(9);
    expect(events).toMatchObject([
      {
        event: "error",
        code: "unreadable",
        message: expect.stringMatching(
          /^blank\.png: no QR code found \(looked at 64×48 in \d+ ways\)$/,
        ) as string,
      },
    ]);
  });

  it("with --all tries every way to look", async () => {
    const picture = await beside(await code("easy"), await code("hard", 11));
    const found = async (...args: string[]) => {
      const { events } = await run(["qr", "--json", ...PATIENT, ...args, "-"], { input: picture });
      return events.map(({ text }) => text);
    };
    expect(await found()).toEqual(["easy"]);
    expect((await found("--all")).toSorted()).toEqual(["easy", "hard"]);
  });

  it.each([
    [["--qr-timeout", "0"], /--qr-timeout: must be whole seconds from 1 to 600/],
    [["--qr-timeout", "soon"], /--qr-timeout: must be whole seconds/],
  ])("refuses %j", async (args, words) => {
    const ended = await run(["qr", ...args, inFolder("one.png")]);
    expect(ended.status).toBe(2);
    expect(ended.stderr).toMatch(words);
  });

  // Pictures that keep the search busy: the program that runs it is bundled apart.
  it("says what it does when it takes longer, and is interrupted at once", async () => {
    const bad = inFolder("bad.png");
    writeFileSync(bad, await finderPatterns(4096));
    const program = start(["qr", "--json", ...PATIENT, inFolder("one.png"), bad]);
    expect(await program.event("qr")).toMatchObject({ text: "one", image: inFolder("one.png") });
    await program.says(/^Looking for a QR code in bad\.png…$/m);
    const begin = performance.now();
    program.kill("SIGINT");
    expect(await program.exit).toBe(130);
    expect(performance.now() - begin).toBeLessThan(3_000);
  });

  it("gives up when its time is over", async () => {
    const bad = inFolder("bad.png");
    writeFileSync(bad, await finderPatterns(4096));
    const ended = await run(["qr", "--json", bad], { env: { FXA_PAIR_QR_TIMEOUT: "1" } });
    expect(ended.status).toBe(9);
    expect(ended.events[0]).toMatchObject({
      code: "unreadable",
      message: expect.stringMatching(/in time|too long/) as string,
      hint: expect.stringContaining("--qr-timeout") as string,
    });
  });
});
