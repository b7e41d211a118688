import { expect, test } from "vitest";
import { hawkMac, hawkNormalized, hawkPayloadHash, parseHawkHeader } from "../../src/accounts/hawk.ts";
import { vectorsOf } from "../oauth/vectors.ts";

test.each(vectorsOf("hawk-header"))("$id", ({ inputs, expected }) => {
  const request = { ...inputs, ts: String(inputs.ts) };
  if (inputs.payloadUtf8 !== undefined) {
    request.hash = hawkPayloadHash(`${inputs.contentType as string}; charset=utf-8`, inputs.payloadUtf8);
    expect(request.hash).toBe(expected.hash);
  }
  if (expected.normalized !== undefined) expect(hawkNormalized(request)).toBe(expected.normalized);
  expect(hawkMac(Buffer.from(inputs.keyUtf8, "utf8"), request)).toBe(expected.mac);
  expect(parseHawkHeader(expected.authorization)).toMatchObject({ id: inputs.id, mac: expected.mac });
});

const good = 'Hawk id="ab", ts="1", nonce="n", mac="bWFj"';
test.each([
  ["another scheme", good.replace("Hawk", "Bearer")],
  ["twice the same attribute", `${good}, id="ab"`],
  ["an unknown attribute", `${good}, foo="ab"`],
  ["no mac", 'Hawk id="ab", ts="1", nonce="n"'],
  ["a trailing comma", `${good},`],
  ["rubbish between", `${good} ; ext="x"`],
  ["a quote in a value", `${good}, ext="a\\"b"`],
  ["too long", `${good}, ext="${"x".repeat(4096)}"`],
  ["nothing", ""],
  ["no attributes", "Hawk "],
])("refuses %s", (_, header) => {
  expect(parseHawkHeader(header)).toBeUndefined();
});

test("accepts the plain header", () => {
  expect(parseHawkHeader(good)).toEqual({ id: "ab", ts: "1", nonce: "n", mac: "bWFj" });
});
