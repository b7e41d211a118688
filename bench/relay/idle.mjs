/** What connections cost that are merely there: memory of each, and what very many of them do to the pairings between. */
import { readFileSync } from "node:fs";
import { median, pause, startLoad } from "./processes.mjs";

/** Resident bytes of one idle connection. */
const GOAL = 8 * 1024;
/** How far cost may stray between few and many connections. */
const FLAT = 0.2;
const FEW = 1_000;
const MANY = Math.min(20_000, openFilesAllowed() - 300);
const PROCESSES = 3;

/** The server keeps a few for itself and for the pairings. */
function openFilesAllowed() {
  const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
  return Number(soft);
}

/** Fresh server, warmed up by so many pairings; then `total` idle connections for each of `totals`. Returns what `measure` says of each. */
async function withIdle({ start }, { seats, totals, warmUp }, measure) {
  const server = await start();
  const pairs = startLoad();
  const idle = startLoad();
  try {
    await pairs.pair({ targets: [server.target], inFlight: 32, count: warmUp });
    const results = [await measure(server, pairs, 0)];
    for (const total of totals) {
      await idle.hold({ target: server.target, total, seats });
      // Let every connection have been asked for a sign of life.
      await pause(6);
      results.push(await measure(server, pairs, total));
    }
    if (idle.lost.length > 0) throw new Error(`Idle connections were lost: ${idle.lost[0]}`);
    return results;
  } finally {
    idle.stop();
    pairs.stop();
    await server.stop();
  }
}

/** Resident bytes per connection, alone in its channel (an offer that waits) and by twos. */
export async function memory(subjects) {
  const total = 10_000;
  console.log(`resident bytes per idle connection, ${total} of them, medians of ${PROCESSES} processes`);
  let reached = true;
  for (const seats of [1, 2]) {
    for (const subject of subjects) {
      const bytes = [];
      for (let process = 0; process < PROCESSES; process++) {
        const [none, all] = await withIdle(subject, { seats, totals: [total], warmUp: 200 }, (server) =>
          server.memory(),
        );
        bytes.push((all.resident - none.resident) / total);
      }
      const missed = subject !== subjects[0] && median(bytes) > GOAL;
      if (missed) reached = false;
      console.log(
        `${subject.name.padEnd(18)} ${seats} in a channel: ${median(bytes).toFixed(0).padStart(5)}` +
          (subject === subjects[0] ? "" : `  (goal ${GOAL}${missed ? ", MISSED" : ""})`),
      );
    }
  }
  return reached;
}

/** CPU time of a pairing, and bytes held by a connection, with few and with many idle connections open. */
export async function growth(subjects) {
  console.log(`growth from ${FEW} to ${MANY} open connections, medians of ${PROCESSES} processes`);
  let reached = true;
  for (const subject of subjects) {
    const runs = [];
    for (let process = 0; process < PROCESSES; process++) runs.push(await growthRun(subject));
    const of = (field) => median(runs.map((run) => run[field]));
    const judged = ["cpu", "bytes"].map((what) => {
      const ratio = of(`${what}Many`) / of(`${what}Few`);
      const missed = subject !== subjects[0] && Math.abs(ratio - 1) > FLAT;
      if (missed) reached = false;
      return `${ratio.toFixed(2)} x${missed ? " (MISSED)" : ""}`;
    });
    console.log(
      `${subject.name.padEnd(18)} CPU per pairing ${of("cpuFew").toFixed(3)} to ${of("cpuMany").toFixed(3)} ms: ${judged[0]}; ` +
        `bytes held per connection ${of("bytesFew").toFixed(0)} to ${of("bytesMany").toFixed(0)}: ${judged[1]}; ` +
        `idle connections alone ${(of("idle") * 1e6).toFixed(1)} µs of CPU a second each`,
    );
  }
  return reached;
}

async function growthRun(subject) {
  const measure = async (server, pairs, total) => {
    // What is held, as the resident bytes of few connections are lost among V8's reserves.
    const { held } = await server.memory();
    // What the idle ones cost by themselves is not the pairings' cost.
    const idle = await cpuRate(server, () => pause(6));
    let pairings = 0;
    let seconds = 0;
    const busy = await cpuRate(server, async () => {
      const done = await pairs.pair({ targets: [server.target], inFlight: 32, seconds: 4 });
      ({ pairings, seconds } = done);
    });
    return { total, held, idle, cpu: ((busy - idle) * seconds * 1000) / pairings };
  };
  // So many that what is remembered of ended channels is complete, and grows no more.
  const warmUp = 5_000;
  const [none, few, many] = await withIdle(subject, { seats: 1, totals: [FEW, MANY], warmUp }, measure);
  return {
    cpuFew: few.cpu,
    cpuMany: many.cpu,
    bytesFew: (few.held - none.held) / FEW,
    bytesMany: (many.held - none.held) / MANY,
    idle: many.idle / MANY,
  };
}

/** CPU seconds of the server a second while something lasts. */
async function cpuRate(server, action) {
  const [cpu, started] = [server.cpu(), performance.now()];
  await action();
  return ((server.cpu() - cpu) * 1000) / (performance.now() - started);
}
