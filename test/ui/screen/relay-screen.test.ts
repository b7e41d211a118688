/** The screen of a relay: how it looks, and what it does with lines, keys and time. */
import { once } from "node:events";
import { PassThrough, Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { capabilitiesFrom } from "../../../src/qr/capabilities.ts";
import { renderScreen } from "../../../src/ui/ink/render.tsx";
import type { RelayFacts, ScreenModel } from "../../../src/ui/screen/model.ts";
import { RelayScreen } from "../../../src/ui/screen/relay-screen.ts";
import { FakeClock } from "../../relay/support.ts";
import { settle } from "./fake-terminal.ts";

const FACTS: RelayFacts = {
  url: "ws://0.0.0.0:8000",
  metricsUrl: "http://0.0.0.0:8000/metrics",
  channels: 2,
  connections: 3,
  pairings: 17,
};

const LOG = Array.from(
  { length: 60 },
  (_, index) =>
    `13:37:${String(index).padStart(2, "0")} info  channel_opened channel=AAECAw remote=2001:db8:85a3::8a2e:370:7334 seat=0`,
);

const screenOf = (log: readonly string[], notices: readonly string[] = []): ScreenModel => ({
  title: "Relay",
  steps: [],
  status: null,
  notices,
  unicode: true,
  panel: {
    type: "relay",
    ...FACTS,
    log,
    keys: [{ key: "q", does: "stop, as soon as open channels are done" }],
  },
});

describe.each([
  { columns: 80, rows: 24 },
  { columns: 40, rows: 20 },
  { columns: 120, rows: 50 },
])("in a window of $columns×$rows", (size) => {
  it.each([
    ["at its start", screenOf(LOG.slice(0, 1))],
    ["at work", screenOf(LOG)],
    ["warned", screenOf(LOG, ["Warning: PAIR_FOO is ignored, as there is no such setting here."])],
    [
      "without figures",
      { ...screenOf([]), panel: { ...screenOf([]).panel, metricsUrl: null } } as ScreenModel,
    ],
  ])("%s", (_name, model) => {
    const { lines, more } = renderScreen(model, size);
    const text = lines.map((line) => stripVTControlCharacters(line).trimEnd());
    expect(`\n${text.join("\n")}\n`).toMatchSnapshot();
    expect(more).toBe(false);
    expect(text.length).toBeLessThanOrEqual(size.rows);
    for (const line of text) expect(line.length).toBeLessThanOrEqual(size.columns);
  });
});

it("shows signs of ASCII alone where the terminal has no others", () => {
  const text = renderScreen({ ...screenOf(LOG), unicode: false }, { columns: 40, rows: 20 }).lines.join("\n");
  // eslint-disable-next-line no-control-regex
  expect(text).toMatch(/^[\u0000-\u007f]*$/);
});

/** A terminal of which everything is known. */
function scene(warnings: readonly string[] = []) {
  const setRawMode = vi.fn();
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode });
  let written = "";
  const stderr = Object.assign(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        written += chunk.toString();
        done();
      },
    }),
    { isTTY: true, columns: 80, rows: 24 },
  );
  const clock = new FakeClock();
  const stop = vi.fn();
  const streams = { stdin, stderr, stdout: new PassThrough() };
  const screen = new RelayScreen({
    streams,
    clock,
    capabilities: capabilitiesFrom({}, "linux"),
    warnings,
    stop,
  });
  /** What was written since the last call. */
  const taken = () => {
    const text = written;
    written = "";
    return text;
  };
  return { screen, stdin, setRawMode, clock, stop, taken };
}

describe("while it is there", () => {
  it("shows figures and lines, and writes nothing where nothing changed", async () => {
    const { screen, clock, taken } = scene(["something about a setting"]);
    screen.write("13:37:42 info  listening\n");
    expect(taken()).toBe("");
    let channels = 2;
    await screen.show(() => ({ ...FACTS, channels }));
    await settle();
    expect(taken()).toMatch(/\[\?1049h[^]*2 open[^]*something about a setting[^]*listening/);
    clock.advance(500);
    await settle();
    taken();
    clock.advance(5000);
    await settle();
    expect(taken()).toBe("");
    channels = 3;
    clock.advance(500);
    await settle();
    expect(stripVTControlCharacters(taken())).toContain("3 open");
    screen.write("13:37:43 warn  redis_lost\n");
    clock.advance(500);
    await settle();
    expect(taken()).toContain("redis_lost");
    screen.close();
  });

  it("stops by q and by Ctrl-C, and by nothing else", async () => {
    const { screen, clock, stdin, stop } = scene();
    await screen.show(() => FACTS);
    const press = async (key: string) => {
      const read = once(stdin, "data");
      stdin.write(key);
      await read;
    };
    clock.advance(300);
    clock.advance(1);
    await press("x\r\u001b[A");
    expect(stop).not.toHaveBeenCalled();
    await press("q");
    expect(stop).toHaveBeenCalledTimes(1);
    await press("\u0003");
    expect(stop).toHaveBeenCalledTimes(2);
    screen.close();
  });

  it("gives the terminal back with the end of the log on it, and goes on in lines", async () => {
    const { screen, clock, setRawMode, taken } = scene();
    for (const line of LOG) screen.write(`${line}\n`);
    await screen.show(() => FACTS);
    taken();
    screen.close();
    screen.close();
    const left = taken();
    expect(left).toContain("[?25h\u001b[?1049l");
    expect(left.slice(left.indexOf("1049l") + 5)).toBe(
      LOG.slice(-10)
        .map((line) => `${line}\n`)
        .join(""),
    );
    expect(setRawMode.mock.calls).toEqual([[true], [false]]);
    screen.write("13:38:00 info  stopped\n");
    expect(taken()).toBe("13:38:00 info  stopped\n");
    expect(clock.pending).toBe(0);
  });

  it("does not come up any more when it was closed before, and loses no line", async () => {
    const { screen, taken } = scene();
    screen.write("13:37:42 error crashed\n");
    const showing = screen.show(() => FACTS);
    screen.close();
    await showing;
    expect(taken()).toBe("13:37:42 error crashed\n");
  });
});
