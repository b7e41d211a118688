import { systemClock } from "../../src/lib/clock.ts";
import { search } from "../../src/qr/search.ts";
import type { QrCode } from "../../src/qr/findings.ts";

/** What a search finds when it is given all the time it needs. */
export async function codesIn(image: Uint8Array): Promise<QrCode[]> {
  const codes: QrCode[] = [];
  for await (const finding of search(image, { clock: systemClock }))
    if (finding.type === "code") codes.push(finding);
  return codes;
}

export async function textsIn(image: Uint8Array): Promise<string[]> {
  return (await codesIn(image)).map(({ text }) => text);
}
