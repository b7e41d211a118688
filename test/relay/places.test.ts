import { readFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Places } from "../../src/relay/places.ts";
import { NOWHERE, openPlaces } from "../../src/relay/places.ts";

const DATABASE = fileURLToPath(new URL("places/GeoIP2-City-Test.mmdb", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "fxa-pair-places-"));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A file that is like the database, but for what `change` does to a copy of its bytes. */
function changed(change: (bytes: Buffer) => Buffer): string {
  const path = join(folder, `${Math.random()}.mmdb`);
  writeFileSync(path, change(readFileSync(DATABASE)));
  return path;
}

describe("places", () => {
  let places: Places;
  beforeAll(async () => {
    places = await openPlaces(DATABASE, "en");
  });

  it.each([
    ["2.125.160.216", undefined, { city: "Boxford", region: "England", country: "United Kingdom" }],
    ["2.125.160.216", "de", { city: "Boxford", region: "England", country: "Vereinigtes Königreich" }],
    ["2.125.160.216", "fr-CH, de;q=0.8", { city: "Boxford", region: "Angleterre", country: "Royaume-Uni" }],
    ["81.2.69.142", "ja", { city: "ロンドン", region: "England", country: "イギリス" }],
    ["81.2.69.142", "pt-PT", { city: "Londres", region: "Inglaterra", country: "Reino Unido" }],
    ["81.2.69.142", "nl,ru;q=0.2", { city: "Лондон", region: "England", country: "Великобритания" }],
    ["81.2.69.142", "\u0000;;q=\u202e,", { city: "London", region: "England", country: "United Kingdom" }],
    ["::ffff:81.2.69.142", "en", { city: "London", region: "England", country: "United Kingdom" }],
    ["127.0.0.1", "de", {}],
    ["::1", "de", {}],
    ["", "de", {}],
    ["nonsense", "de", {}],
    [undefined, "de", {}],
  ])("of %s for who reads %s", (address, header, place) => {
    expect(places.find(address, header)).toEqual(place);
  });

  it("have their names in the language of the setting where the client names none", async () => {
    const french = await openPlaces(DATABASE, "FR");
    expect(french.find("81.2.69.142", "xx")).toEqual({
      city: "Londres",
      region: "Angleterre",
      country: "Royaume-Uni",
    });
    expect(french.find("2.125.160.216", undefined).city).toBe("Boxford");
  });

  it("are told as far as they are known", () => {
    // A record that has a country alone, as most of the world has in it.
    const found = places.find("2001:218::1", "de");
    expect(Object.keys(found)).toEqual(["country"]);
  });

  it("are nowhere without a database", () => {
    expect(NOWHERE.find("81.2.69.142", "de")).toEqual({});
  });
});

describe("a database", () => {
  it.each([
    ["is not there", () => join(folder, "none.mmdb"), /^mmdb: .*none\.mmdb does not exist\.$/],
    ["is a folder", () => folder, /is a directory/],
    ["is empty", () => changed(() => Buffer.alloc(0)), /is no database/],
    [
      "is something else",
      () => changed(() => Buffer.from("# Not a database\n".repeat(99))),
      /is no database/,
    ],
    ["is packed", () => changed(() => Buffer.from([0x1f, 0x8b, 8, 0])), /is no database/],
    ["is cut off", () => changed((bytes) => bytes.subarray(0, bytes.length / 2)), /is no database/],
    ["is of another type", () => changed(retyped), /tells nothing of cities: it is of the type GeoIP2-XXXX/],
  ])("that %s cannot be opened, and it is said why", async (_name, path, message) => {
    await expect(openPlaces(path(), "en")).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/./),
    });
  });

  it("that is broken inside knows nothing, and does no more harm", async () => {
    const broken = await openPlaces(changed(scrambled), "en");
    for (const address of ["2.125.160.216", "81.2.69.142", "2001:218::1"]) {
      expect(Object.values(broken.find(address, "de")).every((name) => typeof name === "string")).toBe(true);
    }
  });
});

/** Another name for what it is, in the same length. */
function retyped(bytes: Buffer): Buffer {
  bytes.write("GeoIP2-XXXX", bytes.lastIndexOf("GeoIP2-City"));
  return bytes;
}

/** The records overwritten; the tree in front and the description behind are whole. */
function scrambled(bytes: Buffer): Buffer {
  const [start, end] = [11_000, bytes.lastIndexOf("\u{ab}\u{cd}\u{ef}MaxMind.com", undefined, "latin1")];
  for (let index = start; index < end; index++) bytes[index] = (index * 31) & 255;
  return bytes;
}
