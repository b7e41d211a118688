import { expect, it } from "vitest";
import { ByteReader, ByteWriter } from "../../src/tls/codec.ts";

/** More than a writer has room for at first. */
const MANY = 1000;

it("a writer grows wherever it is full: in numbers, in bytes, and in the length of a vector", () => {
  const writer = new ByteWriter();
  for (let number = 0; number < MANY; number++) {
    writer
      .uint8(number & 0xff)
      .uint16(number)
      .vector(2, () => writer.bytes(Uint8Array.of(1, 2, 3)).uint32(number));
  }
  const written = writer.finish();
  expect(written).toHaveLength(MANY * (1 + 2 + 2 + 3 + 4));
  const reader = new ByteReader(written);
  for (let number = 0; number < MANY; number++) {
    expect([reader.uint8(), reader.uint16()]).toEqual([number & 0xff, number]);
    const vector = new ByteReader(reader.vector16());
    expect([...vector.bytes(3), vector.uint32()]).toEqual([1, 2, 3, number]);
    vector.end();
  }
  reader.end();
});
