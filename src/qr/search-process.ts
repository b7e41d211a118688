/**
 * The program that {@link decodeQr} starts for each picture: the file's bytes on standard input, findings on standard
 * output. It ends when the picture is searched, or by being killed: it sets no limit itself.
 */
import { createReadStream, writeSync } from "node:fs";
import * as v from "valibot";
import { systemClock } from "../lib/clock.ts";
import { FxaPairError } from "../lib/errors.ts";
import { Until, formatFinding } from "./findings.ts";
import type { Finding } from "./findings.ts";
import { PIECE_BYTES, readAll } from "./images.ts";
import { search } from "./search.ts";

const STANDARD_INPUT = 0;
const STANDARD_OUTPUT = 1;

function tell(finding: Finding): void {
  writeSync(STANDARD_OUTPUT, formatFinding(finding));
}

try {
  const image = await readAll(createReadStream("", { fd: STANDARD_INPUT, highWaterMark: PIECE_BYTES }));
  const until = v.parse(Until, process.argv[2]);
  for await (const finding of search(image, { clock: systemClock, until })) tell(finding);
} catch (error) {
  if (!(error instanceof FxaPairError)) throw error;
  tell({ type: "refused", message: error.message, hint: error.hint ?? "" });
}
