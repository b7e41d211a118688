import { readFileSync } from "node:fs";

export interface Vector {
  id: string;
  kind: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the shape differs by kind
  inputs: any;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the shape differs by kind
  expected: any;
}

const file = JSON.parse(readFileSync(new URL("../vectors/fxa.json", import.meta.url), "utf8")) as {
  vectors: Vector[];
};

/** The published vectors of one kind; throws when there is none, so that a misspelt kind cannot pass. */
export function vectorsOf(kind: string): Vector[] {
  const found = file.vectors.filter((vector) => vector.kind === kind);
  if (found.length === 0) throw new Error(`no vectors of kind ${kind}`);
  return found;
}

export function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "hex"));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
