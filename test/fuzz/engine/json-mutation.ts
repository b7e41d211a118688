/** Changes one value of a JSON document, which stays one: damage alone seldom gets past the parser. */
import type { Random } from "./random.ts";

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** In the place of any value. */
const ODD: readonly string[] = [
  ...[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1",
    "-1",
    "2",
    "0.5",
    "1e400",
    "1e21",
    "9007199254740993",
    "1700000000000",
  ],
  ...[
    '""',
    '"0"',
    '"\\u0000"',
    '"\\ud800"',
    '"\\u202e"',
    '"__proto__"',
    "[]",
    "{}",
    "[null]",
    '{"__proto__":{"x":1}}',
  ],
];
/** As long as a text gets at once. */
const LONGEST = 1_200;

/** The document may have other bytes before it. Returns `undefined` where there is none. */
export function mutateJson(input: Uint8Array, random: Random): Uint8Array | undefined {
  const start = input.findIndex((byte) => byte === 0x7b || byte === 0x5b);
  if (start < 0) return undefined;
  try {
    const document = JSON.parse(Buffer.from(input.subarray(start)).toString("utf8")) as Json;
    // Some odd values are none that could be written again.
    const marker = "@odd@";
    const changed = JSON.stringify(change(document, random, marker)).replace(
      `"${marker}"`,
      () => random.of(ODD) ?? "0",
    );
    return Buffer.concat([input.subarray(0, start), Buffer.from(changed)]);
  } catch {
    return undefined;
  }
}

function change(value: Json, random: Random, marker: string): Json {
  if (typeof value !== "object" || value === null || random.below(8) === 0)
    return changeValue(value, random, marker);
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  const at = random.below(entries.length);
  const [name, inner] = entries[at] ?? ["0", null];
  const what = random.below(10);
  if (what === 0) entries.splice(at, 1);
  else if (what === 1) entries.push([isList ? String(entries.length) : `${name}2`, inner]);
  else if (what === 2 && !isList) entries[at] = [changedName(name, random), inner];
  else entries[at] = [name, change(inner, random, marker)];
  return isList ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}

function changedName(name: string, random: Random): string {
  const changed = changeValue(name, random, "");
  return typeof changed === "string" ? changed : name;
}

function changeValue(value: Json, random: Random, marker: string): Json {
  if (typeof value === "number" && random.below(2) === 0) return value + random.below(9) - 4;
  if (typeof value !== "string" || random.below(3) === 0) return marker;
  const at = random.below(value.length + 1);
  switch (random.below(5)) {
    case 0:
      return value.slice(0, at);
    case 1:
      return (
        value.slice(0, at) +
        String.fromCharCode(random.below(random.below(2) === 0 ? 128 : 65_536)) +
        value.slice(at)
      );
    case 2:
      return value.slice(0, at) + String.fromCharCode(32 + random.below(95)) + value.slice(at + 1);
    case 3:
      return value.repeat(1 + random.below(4)).slice(0, LONGEST);
    default:
      return value.slice(0, at) + (value[at] ?? "a").repeat(random.length(LONGEST)) + value.slice(at);
  }
}
