import { describe, expect, it } from "vitest";
import { KeyReader } from "../../../src/ui/screen/key-reader.ts";

const read = (...pieces: readonly string[]) => {
  const reader = new KeyReader();
  return pieces.flatMap((piece) => reader.read(piece)).join("");
};

describe("keys", () => {
  it.each([
    [["yn"], "yn"],
    [["\u001b[A\u001bOPy"], "y"],
    [["\u001b", "[", "1;5", "Ay"], "y"],
    [["\u001b]11;rgb:rrrr/0/0\u001b\\y"], "y"],
    [["\u001b]11;rgb:rr", "rr/0/0\u0007", "y"], "y"],
    [["\u001byn"], "n"],
    [["\u001b[200~y\r\ny\u001b[20", "1~n"], "n"],
    [["é", "😀"], "é😀"],
  ])("of %j are %j", (pieces, keys) => {
    expect(read(...pieces)).toBe(keys);
  });

  it.each([["\u001bPy"], ["\u001b]11;y"], ["\u001b[1"]])("in %j, which never ends, are none", (held) => {
    expect(read(held, "\r")).toBe("\r");
  });

  it.each([["\u001b"], ["\u001b["], ["\u001bO"], ["\u001b]11;rgb"], ["\u001b[200~pasted"]])(
    "Ctrl-C is one after %j, too",
    (before) => {
      expect(read(before, "\u0003")).toContain("\u0003");
    },
  );
});
