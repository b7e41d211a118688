import { beforeEach, describe, expect, it } from "vitest";
import { Supervisor } from "../../src/relay/supervisor.ts";
import type { FigureValues, ToWorker } from "../../src/relay/worker-messages.ts";
import { FakeClock, RecordingLog } from "./support.ts";

class FakeWorker {
  readonly heard: ToWorker[] = [];
  killed = false;
  readonly id: number;

  constructor(id: number) {
    this.id = id;
  }

  send(message: ToWorker): void {
    this.heard.push(message);
  }

  kill(): void {
    this.killed = true;
  }
}

let clock: FakeClock;
let log: RecordingLog;
let forked: FakeWorker[];
let departed: FigureValues[];
let texts: (() => Promise<string>)[];

beforeEach(() => {
  clock = new FakeClock();
  log = new RecordingLog();
  [forked, departed, texts] = [[], [], []];
});

function supervise(workers: number): Supervisor {
  return new Supervisor({
    ...{ workers, clock, log },
    fork() {
      const worker = new FakeWorker(forked.length + 1);
      forked.push(worker);
      return worker;
    },
    text: () => (texts.shift() ?? (() => Promise.resolve("all")))(),
    departed: (values) => departed.push(values),
  });
}

const LISTENING = { type: "listening", url: "ws://127.0.0.1:1", metricsUrl: null };
const total = (value: number): FigureValues => [
  { name: "a_total", type: "counter", values: [{ value, labels: {} }] },
];

/** A supervisor all of whose workers listen. */
async function running(workers: number): Promise<Supervisor> {
  const supervisor = supervise(workers);
  const started = supervisor.start();
  for (const { id } of [...forked]) supervisor.hear(id, LISTENING);
  await started;
  return supervisor;
}

describe("starting", () => {
  it("is done when every process listens", async () => {
    const supervisor = supervise(3);
    const started = supervisor.start();
    expect(forked).toHaveLength(3);
    let done = false;
    void started.then(() => (done = true));
    supervisor.hear(1, LISTENING);
    supervisor.hear(2, LISTENING);
    await Promise.resolve();
    expect([done, supervisor.listening]).toEqual([false, 2]);
    supervisor.hear(3, LISTENING);
    expect(await started).toMatchObject({ url: "ws://127.0.0.1:1", metricsUrl: null });
    expect(log.lines).toEqual([]);
  });

  it("fails as soon as one says that it cannot, once all have ended", async () => {
    const supervisor = supervise(2);
    const started = supervisor.start();
    supervisor.hear(2, { type: "failed", message: "No.", hint: "Do this." });
    supervisor.ended(2, 2, null);
    await Promise.resolve();
    expect(forked[0]?.heard).toEqual([{ type: "drain" }]);
    supervisor.ended(1, 0, null);
    await expect(started).rejects.toMatchObject({ code: "usage", message: "No.", hint: "Do this." });
    expect(forked).toHaveLength(2);
    expect(log.lines).toMatchObject([{ event: "worker_failed", fields: { worker: 2, error: "No." } }]);
    clock.advance(60_000);
    expect(forked).toHaveLength(2);
  });

  it("passes over what is no message", async () => {
    const supervisor = supervise(1);
    const started = supervisor.start();
    for (const message of [
      null,
      "listening",
      {},
      { type: "listening" },
      { type: "nothing" },
      { cmd: "x" },
      [],
    ])
      supervisor.hear(1, message);
    supervisor.hear(9, LISTENING);
    expect(supervisor.listening).toBe(0);
    supervisor.hear(1, LISTENING);
    await started;
  });
});

describe("a process that ends", () => {
  it("is replaced; the log says how it ended", async () => {
    const supervisor = await running(2);
    clock.advance(60_000);
    supervisor.ended(1, null, "SIGKILL");
    expect(supervisor.listening).toBe(1);
    expect(log.lines).toEqual([
      {
        level: "error",
        event: "worker_ended",
        fields: { worker: 1, code: null, signal: "SIGKILL", restart: 100 },
      },
    ]);
    clock.advance(99);
    expect(forked).toHaveLength(2);
    clock.advance(1);
    expect(forked).toHaveLength(3);
    supervisor.hear(3, LISTENING);
    expect([supervisor.listening, supervisor.restarted]).toEqual([2, 1]);
  });

  it("again and again is replaced later and later, up to ten seconds; one that ran well is forgiven", async () => {
    const supervisor = await running(1);
    const delays = [];
    for (let worker = 1; worker <= 9; worker++) {
      supervisor.ended(worker, 1, null);
      const { restart } = log.lines.at(-1)!.fields;
      delays.push(restart);
      clock.advance(Number(restart));
      expect(forked).toHaveLength(worker + 1);
      clock.advance(worker === 8 ? 10_000 : 9_999);
    }
    expect(delays).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 100]);
  });

  it("twice is not replaced twice", async () => {
    const supervisor = await running(1);
    supervisor.ended(1, 1, null);
    supervisor.ended(1, 1, null);
    clock.advance(10_000);
    expect(forked).toHaveLength(2);
  });

  it("leaves what it had counted when it was last asked", async () => {
    const supervisor = await running(2);
    const asked = supervisor.values();
    supervisor.hear(1, { type: "values", question: 1, values: total(7) });
    supervisor.hear(2, { type: "values", question: 2, values: total(5) });
    expect(await asked).toEqual([total(7), total(5)]);
    supervisor.ended(1, 1, null);
    supervisor.ended(2, 1, null);
    expect(departed).toEqual([total(7), total(5)]);
  });
});

describe("the figures of all", () => {
  it("have what a process last told in place of an answer that does not come", async () => {
    const supervisor = await running(2);
    const first = supervisor.values();
    supervisor.hear(1, { type: "values", question: 1, values: total(7) });
    clock.advance(2_000);
    expect(await first).toEqual([total(7)]);
    const second = supervisor.values();
    supervisor.hear(2, { type: "values", question: 4, values: total(5) });
    clock.advance(2_000);
    expect(await second).toEqual([total(7), total(5)]);
    supervisor.hear(2, { type: "values", question: 99, values: total(1) });
  });

  it("do not count one twice that ends meanwhile", async () => {
    const supervisor = await running(1);
    const first = supervisor.values();
    supervisor.hear(1, { type: "values", question: 1, values: total(7) });
    await first;
    const second = supervisor.values();
    supervisor.ended(1, 1, null);
    clock.advance(2_000);
    expect([await second, departed]).toEqual([[], [total(7)]]);
  });

  it("do not count one twice that ends after its answer, while another is waited for", async () => {
    const supervisor = await running(2);
    const asked = supervisor.values();
    supervisor.hear(1, { type: "values", question: 1, values: total(7) });
    await new Promise((resolve) => setImmediate(resolve));
    supervisor.ended(1, 1, null);
    supervisor.hear(2, { type: "values", question: 2, values: total(5) });
    expect([await asked, departed]).toEqual([[total(5)], [total(7)]]);
  });

  it("are told to a process that asks; it is not answered if they cannot be had", async () => {
    const supervisor = await running(1);
    supervisor.hear(1, { type: "ask_text", question: 3 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(forked[0]?.heard).toEqual([{ type: "text", question: 3, text: "all" }]);
    texts.push(() => Promise.reject(new Error("no")));
    supervisor.hear(1, { type: "ask_text", question: 4 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(forked[0]?.heard).toHaveLength(1);
  });
});

describe("reading files again", () => {
  it("tells a process that is only starting to read its files again when it has started", async () => {
    const supervisor = await running(1);
    supervisor.ended(1, 1, null);
    clock.advance(100);
    supervisor.reload();
    expect(forked[1]?.heard).toEqual([]);
    supervisor.hear(2, LISTENING);
    expect(forked.map(({ heard }) => heard)).toEqual([[], [{ type: "reload" }]]);
  });
});

describe("stopping", () => {
  it("is done when all have ended, none of which is replaced", async () => {
    const supervisor = await running(2);
    supervisor.reload();
    const stopped = supervisor.stop(30);
    expect(forked.map(({ heard }) => heard)).toEqual([
      [{ type: "reload" }, { type: "drain" }],
      [{ type: "reload" }, { type: "drain" }],
    ]);
    supervisor.ended(1, 0, null);
    clock.advance(44_000);
    expect(forked[1]?.killed).toBe(false);
    supervisor.ended(2, 0, null);
    await stopped;
    expect([forked.length, clock.pending, log.lines.length]).toEqual([2, 0, 0]);
  });

  it("ends what has not ended by itself long after its time", async () => {
    const supervisor = await running(2);
    const stopped = supervisor.stop(30);
    clock.advance(45_000);
    expect(forked.map(({ killed }) => killed)).toEqual([true, true]);
    supervisor.ended(1, null, "SIGKILL");
    supervisor.ended(2, null, "SIGKILL");
    await stopped;
  });

  it("tells one that was starting once more when it listens: it may not have heard before", async () => {
    const supervisor = await running(1);
    supervisor.ended(1, 1, null);
    clock.advance(100);
    const stopped = supervisor.stop(30);
    supervisor.hear(2, LISTENING);
    expect(forked[1]?.heard).toEqual([{ type: "drain" }, { type: "drain" }]);
    supervisor.ended(2, 0, null);
    await stopped;
  });

  it("between two processes starts no other", async () => {
    const supervisor = await running(1);
    supervisor.ended(1, 1, null);
    await supervisor.stop(30);
    clock.advance(60_000);
    expect(forked).toHaveLength(1);
  });
});
