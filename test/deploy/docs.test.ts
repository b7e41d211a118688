/** docs/relay.md says what the code does. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { defaultInWords, flagName, SETTING_NAMES } from "../../src/relay/settings.ts";

const root = new URL("../../", import.meta.url);
const page = readFileSync(new URL("docs/relay.md", root), "utf8");

describe("the table of log lines", () => {
  it("has every event", () => {
    const source = readFileSync(new URL("src/relay/log.ts", root), "utf8");
    const events = /type RelayEvent =([^;]+);/.exec(source)?.[1]?.match(/\w+/g) ?? [];
    const table = /\| event .*?\n\n/s.exec(page)?.[0] ?? "";
    const named = table.split("\n").flatMap((row) => row.split("|")[1]?.match(/(?<=`)\w+(?=`)/g) ?? []);
    expect(named.sort()).toEqual([...events].sort());
  });
});

describe("the tables from the code", () => {
  it("are what it would write", () => {
    const script = fileURLToPath(new URL("scripts/relay-docs.mjs", root));
    const { status, stderr } = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" });
    expect(status, stderr).toBe(0);
  });

  it("have every setting once, with its default", () => {
    const table = /<!-- settings.*?<!-- end of settings -->/s.exec(page)?.[0] ?? "";
    const rows = [...table.matchAll(/^\| `([a-z-]+)` +\| (\S+) +\|/gm)].map(([, name, value]) => [
      name,
      value,
    ]);
    expect(rows).toEqual(SETTING_NAMES.map((name) => [flagName(name), defaultInWords(name)]));
  });
});
