/** Spelling: what was heard, written down again, is what was spelled. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { spell, spellCharacter, spellPairingUrl } from "../../src/ui/spelling.ts";

const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".split("");

describe("spelling", () => {
  it.each([
    ["A", "capital alfa"],
    ["b", "bravo"],
    ["J", "capital juliett"],
    ["x", "x-ray"],
    ["0", "digit zero"],
    ["7", "digit seven"],
    ["-", "dash"],
    ["_", "underscore"],
    ["é", "character number 233"],
    ["[", "character number 91"],
  ])("%s is %s", (character, words) => {
    expect(spellCharacter(character)).toBe(words);
  });

  it("has one way to say each character, and each way once", () => {
    expect(new Set(BASE64URL.map(spellCharacter)).size).toBe(64);
  });

  it("comes in numbered groups of four", () => {
    expect(spell("Ab7-_z")).toEqual([
      "1 to 4: capital alfa, bravo, digit seven, dash.",
      "5 to 6: underscore, zulu.",
    ]);
    expect(spell("Ab7-_").at(-1)).toBe("5: underscore.");
  });

  it("can be written down again", () => {
    const words = new Map(BASE64URL.map((character) => [spellCharacter(character), character]));
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...BASE64URL), { maxLength: 60 }), (characters) => {
        const heard = spell(characters.join("")).flatMap((line) =>
          line.replace(/^.*: |\.$/g, "").split(/, |\.$/),
        );
        expect(heard.filter(Boolean).map((word) => words.get(word))).toEqual(characters);
      }),
    );
  });
});

describe("a pairing URL, spelled", () => {
  it("is all there, in the order in which it is written", () => {
    const id = "Ab_-".repeat(5) + "AA";
    const key = "k-_7".repeat(10) + "Aww";
    const lines = spellPairingUrl(`https://accounts.firefox.com/pair#channel_id=${id}&channel_key=${key}`);
    expect(lines[0]).toContain("https://accounts.firefox.com/pair, then hash");
    expect(lines[0]).toContain("these 22 characters");
    expect(lines.slice(1, 7)).toEqual(spell(id));
    expect(lines[7]).toContain("these 43 characters");
    expect(lines.slice(8, -1)).toEqual(spell(key));
    expect(lines.at(-1)).toBe("That is the end of the pairing URL.");
  });
});
