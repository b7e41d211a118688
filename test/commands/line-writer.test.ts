import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { LineWriter } from "../../src/commands/line-writer.ts";
import { FakeClock } from "../relay/support.ts";

const folder = mkdtempSync(join(tmpdir(), "fxa-pair-lines-"));
const cleaning: (() => void)[] = [];
let files = 0;

afterEach(() => {
  for (const clean of cleaning.splice(0)) clean();
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A writer to a new file, its clock, and what is in the file. */
function toFile() {
  const path = join(folder, String(files++));
  const descriptor = openSync(path, "a");
  cleaning.push(() => {
    closeSync(descriptor);
  });
  const clock = new FakeClock();
  const dropped: number[] = [];
  const writer = new LineWriter(descriptor, { clock, onDrop: () => dropped.push(1) });
  return { writer, clock, dropped, text: () => readFileSync(path, "utf8") };
}

/** A writer to one end of a connection on whose other end nobody reads yet. */
async function toConnection() {
  const server = createServer();
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const writing = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const reading = await accepted;
  reading.pause();
  server.close();
  cleaning.push(() => {
    writing.destroy();
    reading.destroy();
  });
  const { fd } = (writing as unknown as { _handle: { fd: number } })._handle;
  const clock = new FakeClock();
  const state = { dropped: 0 };
  const writer = new LineWriter(fd, { clock, onDrop: () => state.dropped++ });
  return { writer, clock, state, reading };
}

const line = (index: number): string => `${index} ${"ä".repeat(500)}\n`;

describe("a writer of lines", () => {
  it("gathers them for a moment", () => {
    const { writer, clock, text } = toFile();
    writer.write("a\n");
    clock.advance(60);
    writer.write("b\n");
    expect(text()).toBe("");
    clock.advance(40);
    expect(text()).toBe("a\nb\n");
    expect(clock.pending).toBe(0);
    writer.write("c\n");
    clock.advance(100);
    expect(text()).toBe("a\nb\nc\n");
  });

  it("does not let much gather", () => {
    const { writer, text } = toFile();
    for (let index = 0; index < 100; index++) writer.write(line(index));
    expect(text().length).toBeGreaterThan(90 * 500);
  });

  it("has written everything, in order, when it is closed", () => {
    const { writer, clock, dropped, text } = toFile();
    const lines = Array.from({ length: 2_000 }, (_, index) => line(index));
    for (const each of lines) writer.write(each);
    writer.close();
    expect(text()).toBe(lines.join(""));
    expect([dropped.length, clock.pending]).toEqual([0, 0]);
  });

  it("waits for a slow reader, up to a limit, and writes whole lines in order", async () => {
    const { writer, clock, state, reading } = await toConnection();
    const written = 30_000;
    for (let index = 0; index < written; index++) writer.write(line(index));
    expect(state.dropped).toBeGreaterThan(3_000);
    let text = "";
    const kept = written - state.dropped;
    const all = new Promise<void>((resolve) => {
      reading.setEncoding("utf8").on("data", (part: string) => {
        text += part;
        if (text.split("\n").length > kept) resolve();
        else clock.advance(100);
      });
    });
    reading.resume();
    await all;
    expect(text).toBe(Array.from({ length: kept }, (_, index) => line(index)).join(""));
    expect(state.dropped).toBe(written - kept);
  });

  it("gives up on a reader that never reads", async () => {
    const { writer } = await toConnection();
    for (let index = 0; index < 30_000; index++) writer.write(line(index));
    writer.close();
  });

  it("loses lines, not the program, when the reader is gone", async () => {
    const reader = spawn("true", [], { stdio: ["pipe", "ignore", "ignore"] });
    reader.stdin.on("error", () => undefined);
    const { fd } = (reader.stdin as unknown as { _handle: { fd: number } })._handle;
    await new Promise((resolve) => reader.once("exit", resolve));
    const { clock } = toFile();
    const writer = new LineWriter(fd, { clock, onDrop: () => undefined });
    for (let index = 0; index < 100; index++) writer.write(line(index));
    writer.close();
  });

  it.skipIf(!existsSync("/dev/full"))("loses lines, and counts them, when the disk is full", () => {
    const descriptor = openSync("/dev/full", "a");
    let dropped = 0;
    const writer = new LineWriter(descriptor, { clock: new FakeClock(), onDrop: () => dropped++ });
    for (let index = 0; index < 100; index++) writer.write(line(index));
    writer.close();
    closeSync(descriptor);
    expect(dropped).toBe(100);
  });
});
