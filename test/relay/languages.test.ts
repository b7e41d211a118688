import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acceptedLanguages, nameIn } from "../../src/relay/languages.ts";

describe("the languages accepted", () => {
  it.each([
    [undefined, []],
    ["", []],
    ["de", ["de"]],
    ["de-AT, de;q=0.9, en;q=0.5", ["de-at", "de", "en"]],
    ["en;q=0.5,de;q=0.9,fr", ["fr", "de", "en"]],
    ["en-US,es;q=0.1,en;q=0.5,*;q=0.2", ["en-us", "en", "es"]],
    ["a,b,c;q=1.000,d;Q=1", ["a", "b", "c", "d"]],
    ["de ; q=0.3 , en\t;\tq=0.4", ["en", "de"]],
    ["de;q=0,en;q=0.0,fr;q=0.001", ["fr"]],
    ["-", []],
    ["*", []],
    [",,,de,,", ["de"]],
    ["de;q=2,en;q=-1,fr;q=x,es;q=0.1234,it;q=,pt", ["pt"]],
    ["de_DE, français, en us, (en), zh-Hant-TW", ["zh-hant-tw"]],
    ["de;level=1;q=0.5", []],
    ["__proto__,constructor", []],
  ])("of %j are %j", (header, languages) => {
    expect(acceptedLanguages(header)).toEqual(languages);
  });

  it("are few, whatever is sent", () => {
    const tags = Array.from({ length: 5_000 }, (_, index) =>
      String.fromCharCode(97 + (index % 26), 97 + ((index / 26) % 26)),
    );
    expect(acceptedLanguages(tags.join(","))).toEqual(tags.slice(0, 16));
    expect(acceptedLanguages(`${" ".repeat(2_000)},de`)).toEqual([]);
    expect(acceptedLanguages(`${",".repeat(2_000)}de`)).toEqual([]);
    expect(acceptedLanguages("a-".repeat(8_000))).toEqual([]);
    fc.assert(
      fc.property(fc.string({ maxLength: 2_000 }), (header) => {
        expect(acceptedLanguages(header).length).toBeLessThanOrEqual(16);
      }),
    );
  });
});

describe("a name", () => {
  const names = {
    de: "Wien",
    en: "Vienna",
    "pt-BR": "Viena",
    "zh-CN": "维也纳",
    "zh-Hant": "維也納",
    ru: "",
  };

  it.each([
    [["de"], "Wien"],
    [["de-at"], "Wien"],
    [["fr", "en"], "Vienna"],
    [["pt"], "Viena"],
    [["pt-pt"], "Viena"],
    [["pt-br"], "Viena"],
    [["zh-hant-tw"], "維也納"],
    [["zh-tw"], "维也纳"],
    [["ru", "de"], "Wien"],
    [["d", "en"], "Vienna"],
    [["p", "z"], undefined],
    [["fr"], undefined],
    [[], undefined],
    [["constructor", "tostring"], undefined],
  ])("for %j is %s", (languages, name) => {
    expect(nameIn(languages, names)).toBe(name);
  });

  it("is text, or none", () => {
    expect(nameIn(["en", "de"], { en: 7, de: "Wien" })).toBe("Wien");
    expect(nameIn(["en"], { en: { de: "x" } })).toBeUndefined();
  });
});
