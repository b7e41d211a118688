/** Pairings per second of the server's CPU time, and how long a message takes to the other device, by load. */
import { median, startLoad } from "./processes.mjs";

const ROUNDS = 9;
const SECONDS = 2;
const IN_FLIGHT = 32;
/** Of the floor's pairings per CPU second. */
const GOAL = 0.75;

/** The first subject is the one the others are compared with, in each round anew. Returns whether the goal is reached. */
export async function throughput(subjects) {
  const load = startLoad();
  const measured = [];
  for (const { name, start } of subjects) measured.push({ name, server: await start(), rounds: [] });
  for (let round = -1; round < ROUNDS; round++) {
    for (const { server, rounds } of measured) {
      const before = server.cpu();
      const done = await load.pair({ targets: [server.target], inFlight: IN_FLIGHT, seconds: SECONDS });
      const perCpuSecond = done.pairings / (server.cpu() - before);
      // The first round only warms up.
      if (round >= 0) rounds.push({ ...done, perCpuSecond });
    }
  }
  for (const { server } of measured) await server.stop();
  load.stop();
  console.log(`pairings, ${IN_FLIGHT} in flight, medians of ${ROUNDS} rounds of ${SECONDS} s in turns`);
  const [reference] = measured;
  let reached = true;
  for (const { name, rounds } of measured) {
    const of = (field) => median(rounds.map((round) => round[field]));
    const ratio = median(
      rounds.map(({ perCpuSecond }, round) => perCpuSecond / reference.rounds[round].perCpuSecond),
    );
    const missed = ratio < GOAL;
    if (missed) reached = false;
    const judged =
      rounds === reference.rounds ? "" : `  ${ratio.toFixed(2)} x (goal ${GOAL}${missed ? ", MISSED" : ""})`;
    console.log(
      `${name.padEnd(18)} ${of("perCpuSecond").toFixed(0).padStart(5)} per CPU second  ` +
        `forwarded in p50 ${of("p50").toFixed(2)} ms, p99 ${of("p99").toFixed(2)} ms${judged}`,
    );
  }
  return reached;
}
