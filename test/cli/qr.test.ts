/** Pictures that keep the search busy: the program that runs it is bundled apart. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { qrPng } from "../../src/qr/encode.ts";
import { finderPatterns } from "../qr/samples.ts";
import { cleanUp, start, temporaryFolder } from "./harness.ts";

afterAll(cleanUp);

it("is interrupted at once while it searches", async () => {
  const folder = temporaryFolder();
  const [good, bad] = [join(folder, "good.png"), join(folder, "bad.png")];
  writeFileSync(good, await qrPng("found"));
  writeFileSync(bad, await finderPatterns(4096));
  const program = start(["qr", "--json", good, bad, bad, bad]);
  expect(await program.event("qr")).toMatchObject({ text: "found", image: good });
  const begin = performance.now();
  program.kill("SIGINT");
  expect(await program.exit).toBe(130);
  expect(performance.now() - begin).toBeLessThan(3_000);
});
