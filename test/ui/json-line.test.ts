import { expect, test } from "vitest";
import fc from "fast-check";
import { formatJsonLine } from "../../src/ui/json-line.ts";

test.each([
  [{ event: "error", time: null }, '{"event":"error","time":null}\n'],
  [{ email: "a\u2028b\u2029c\nd\u0000" }, '{"email":"a\\u2028b\\u2029c\\nd\\u0000"}\n'],
  [{ name: "\ud800x" }, '{"name":"\\ud800x"}\n'],
  [{ name: "\u009b2J\u202e\u007f" }, '{"name":"\\u009b2J\\u202e\\u007f"}\n'],
  [{ name: "\u{e0041}漢😀" }, '{"name":"\\udb40\\udc41漢😀"}\n'],
  [{ "\u001bkey": ["\u001b"] }, '{"\\u001bkey":["\\u001b"]}\n'],
])("%j", (value, line) => {
  expect(formatJsonLine(value)).toBe(line);
});

test("every object is one printable line that means the same", () => {
  const text = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "binary" }), text, text, (value, key, extra) => {
      const object = { value, [key]: `${extra}\ud800` };
      const line = formatJsonLine(object);
      expect(line).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]*\n$/u);
      expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(object)));
    }),
  );
});
