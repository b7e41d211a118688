import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { platform, tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { OfferFiles } from "../../src/commands/offer-files.ts";
import { textsIn } from "../qr/found.ts";
import { SAMPLE_URL } from "../qr/samples.ts";

const base = mkdtempSync(join(tmpdir(), "fxa-pair-offers-"));
const HAS_MODES = platform() !== "win32";
const IS_ROOT = userInfo().uid === 0;

afterAll(() => {
  rmSync(base, { recursive: true });
});

function newFolder(): string {
  return mkdtempSync(join(base, "run-"));
}

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe("a picture on request", () => {
  it("is for this user only, shows the code, and goes with its folder", async () => {
    const runtime = newFolder();
    const files = new OfferFiles(SAMPLE_URL, { XDG_RUNTIME_DIR: runtime });
    const path = await files.writePicture();
    expect(dirname(dirname(path))).toBe(runtime);
    if (HAS_MODES) expect([modeOf(path), modeOf(dirname(path))]).toEqual([0o600, 0o700]);
    expect(await textsIn(readFileSync(path))).toEqual([SAMPLE_URL]);
    await files.remove();
    expect(readdirSync(runtime)).toEqual([]);
  });

  it("is written once, however often it is asked for", async () => {
    const runtime = newFolder();
    const files = new OfferFiles(SAMPLE_URL, { XDG_RUNTIME_DIR: runtime });
    const paths = await Promise.all([files.writePicture(), files.writePicture()]);
    expect(new Set([...paths, await files.writePicture()]).size).toBe(1);
    expect(readdirSync(runtime)).toHaveLength(1);
    await files.remove();
  });

  it("is gone also when the code is used while it is being written, and comes no more afterwards", async () => {
    const runtime = newFolder();
    const files = new OfferFiles(SAMPLE_URL, { XDG_RUNTIME_DIR: runtime });
    const writing = files.writePicture();
    await files.remove();
    await writing;
    expect(readdirSync(runtime)).toEqual([]);
    await expect(files.writePicture()).rejects.toMatchObject({ code: "usage" });
    expect(readdirSync(runtime)).toEqual([]);
  });

  it.each([
    ["is missing", { XDG_RUNTIME_DIR: join(base, "missing") }],
    ["is a relative path", { XDG_RUNTIME_DIR: "." }],
    ["is not set", {}],
  ])("is among the temporary files where the session's folder %s", async (_why, variables) => {
    const files = new OfferFiles(SAMPLE_URL, variables);
    const path = await files.writePicture();
    expect(dirname(dirname(path))).toBe(tmpdir());
    await files.remove();
    expect(() => statSync(dirname(path))).toThrow(/ENOENT/);
  });

  it.skipIf(IS_ROOT || !HAS_MODES)("is among them too where the session is another user's", async () => {
    const runtime = newFolder();
    chmodSync(runtime, 0o500);
    const files = new OfferFiles(SAMPLE_URL, { XDG_RUNTIME_DIR: runtime });
    expect(dirname(dirname(await files.writePicture()))).toBe(tmpdir());
    await files.remove();
  });
});

describe("a file that was named", () => {
  it("holds what its kind says, and goes", async () => {
    const folder = newFolder();
    const files = new OfferFiles(SAMPLE_URL, {});
    await files.write(join(folder, "url"), "url");
    await files.write(join(folder, "code.PNG"), "picture");
    await files.write(join(folder, "code.svg"), "picture");
    expect(readFileSync(join(folder, "url"), "utf8")).toBe(`${SAMPLE_URL}\n`);
    for (const name of ["code.PNG", "code.svg"]) {
      expect(await textsIn(readFileSync(join(folder, name)))).toEqual([SAMPLE_URL]);
      if (HAS_MODES) expect(modeOf(join(folder, name))).toBe(0o600);
    }
    await files.remove();
    await files.remove();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is never one that is there, not even behind a link, and that one stays", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "mine"), "mine");
    symlinkSync(join(folder, "nowhere"), join(folder, "link"));
    const files = new OfferFiles(SAMPLE_URL, {});
    for (const name of ["mine", "link"]) {
      await expect(files.write(join(folder, name), "url")).rejects.toMatchObject({
        code: "usage",
        message: expect.stringContaining("there is one already") as string,
      });
    }
    await files.remove();
    expect(readdirSync(folder).sort()).toEqual(["link", "mine"]);
    expect(readFileSync(join(folder, "mine"), "utf8")).toBe("mine");
  });
});
