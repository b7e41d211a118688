import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { openRelayLog } from "../../src/commands/relay-log.ts";
import type { LogOptions } from "../../src/commands/relay-log.ts";
import { displayText } from "../../src/ui/safe-text.ts";
import type { OutputStream } from "../../src/ui/streams.ts";
import { FakeClock } from "../relay/support.ts";

const folder = mkdtempSync(join(tmpdir(), "fxa-pair-log-"));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const OPTIONS: LogOptions = { quiet: false, verbose: false, worker: undefined, onDrop: () => undefined };

/** Standard error without a descriptor, and what was written to it. */
function memoryStream(facts: Partial<OutputStream> = {}): { stderr: OutputStream; text: () => string } {
  let text = "";
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return { stderr: Object.assign(stream, facts), text: () => text };
}

const HOSTILE = 'a"\n\r\u0000\u001b]52;c;x\u0007\u009b2J\u202e\u2028\u2029\u200b\ud800\u{e0041}';

describe("the log in JSON", () => {
  it("is one object a line: level, time, event, then the facts", () => {
    const { stderr, text } = memoryStream();
    const log = openRelayLog(stderr, new FakeClock(), OPTIONS);
    log.write("info", "refused", { status: 404, error: "unknown_channel", remote: null });
    log.write("error", "upgrade_failed", { error: "x" });
    expect(text().split("\n")).toEqual([
      '{"level":"info","time":"1970-01-01T00:00:12.345Z","event":"refused","status":404,"error":"unknown_channel","remote":null}',
      '{"level":"error","time":"1970-01-01T00:00:12.345Z","event":"upgrade_failed","error":"x"}',
      "",
    ]);
  });

  it("names the process where there are several", () => {
    const { stderr, text } = memoryStream();
    openRelayLog(stderr, new FakeClock(), { ...OPTIONS, worker: 3 }).write("info", "stopped", {});
    expect(JSON.parse(text())).toMatchObject({ worker: 3, event: "stopped" });
  });

  it.each([
    [{ quiet: true }, ["warn", "error"]],
    [{ verbose: true }, ["debug", "info", "warn", "error"]],
    [{ quiet: true, verbose: true }, ["warn", "error"]],
    [{}, ["info", "warn", "error"]],
  ])("has with %j the levels %j, here and on a terminal", (options, levels) => {
    for (const isTTY of [false, true]) {
      const { stderr, text } = memoryStream({ isTTY });
      const log = openRelayLog(stderr, new FakeClock(), { ...OPTIONS, ...options });
      for (const level of ["debug", "info", "warn", "error"] as const) log.write(level, "stopped", {});
      expect(text().match(/debug|info|warn|error/g)).toEqual(levels);
    }
  });

  it("is plain whatever a fact holds, and means the same", () => {
    const foreign = fc.oneof(fc.string({ unit: "binary" }), fc.constant(HOSTILE));
    fc.assert(
      fc.property(foreign, (error) => {
        const { stderr, text } = memoryStream();
        openRelayLog(stderr, new FakeClock(), OPTIONS).write("warn", "upgrade_failed", { error });
        expect(text()).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]+\n$/u);
        expect(JSON.parse(text())).toMatchObject({ error });
      }),
    );
  });
});

describe("the log on a terminal", () => {
  it("is for people", () => {
    const { stderr, text } = memoryStream({ isTTY: true });
    const log = openRelayLog(stderr, new FakeClock(), OPTIONS);
    log.write("info", "participant_joined", { channel: "abcdef", remote: null, seat: 1 });
    expect(text()).toBe("00:00:12 info  participant_joined channel=abcdef seat=1\n");
  });

  it("shows what a fact holds, and obeys nothing in it", () => {
    const { stderr, text } = memoryStream({ isTTY: true });
    openRelayLog(stderr, new FakeClock(), OPTIONS).write("error", "upgrade_failed", { error: HOSTILE });
    expect(text()).toBe(`00:00:12 error upgrade_failed error=${displayText(HOSTILE)}\n`);
    expect(text()).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]+\n$/u);
  });
});

describe("the log on a descriptor", () => {
  it("is whole once it is closed", () => {
    const path = join(folder, "log");
    const fd = openSync(path, "a");
    const { stderr } = memoryStream({ fd });
    const log = openRelayLog(stderr, new FakeClock(), OPTIONS);
    for (let count = 0; count < 100; count++) log.write("info", "refusals_unlogged", { count });
    log.close();
    closeSync(fd);
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    const counts = lines.map((line) => (JSON.parse(line) as { count: number }).count);
    expect(counts).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });
});
