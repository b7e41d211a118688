/** What a relay of several nodes around one Redis carries, and what Redis has to do for it. */
import { median, ours, pause, startLoad, startRedis } from "./processes.mjs";

const ROUNDS = 7;
const SECONDS = 4;
/** For each node. */
const IN_FLIGHT = 32;
/** What two nodes carry, as a multiple of one. */
const GOAL = 1.6;
const WARM_UP = 12_000;
const CHANNELS = 5_000;

/**
 * A node is full when its CPU is, so that two carry twice what a CPU second of both together does: this is measured, as
 * the machine may have fewer CPUs than there are processes.
 */
export async function redis() {
  const store = await startRedis();
  const load = startLoad();
  const nodes = [];
  for (let node = 0; node < 2; node++) nodes.push(await ours("--redis", store.url).start());
  try {
    const rounds = { one: [], two: [] };
    const targets = nodes.map(({ target }) => target);
    // Long enough for both to be compiled: two do it twice, which is no cost of theirs later.
    await load.pair({ targets, inFlight: 2 * IN_FLIGHT, count: WARM_UP });
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, taking] of [
        ["one", nodes.slice(0, 1)],
        ["two", nodes],
      ]) {
        rounds[name].push(await measure(load, store, taking));
      }
    }
    console.log(
      `one Redis, pairings, ${IN_FLIGHT} in flight for each node, medians of ${ROUNDS} rounds of ${SECONDS} s in turns`,
    );
    for (const name of ["one", "two"]) {
      const of = (field) => median(rounds[name].map((round) => round[field]));
      console.log(
        `${name} node${name === "one" ? " " : "s"}  CPU per pairing: nodes ${of("nodes").toFixed(3)} ms, Redis ${of("store").toFixed(3)} ms` +
          `; ${of("calls").toFixed(1)} commands in Redis; forwarded in p50 ${of("p50").toFixed(2)} ms, p99 ${of("p99").toFixed(2)} ms`,
      );
    }
    const ratio = median(rounds.two.map(({ nodes: cost }, round) => (2 * rounds.one[round].nodes) / cost));
    const missed = ratio < GOAL;
    console.log(`two nodes carry ${ratio.toFixed(2)} x one (goal ${GOAL}${missed ? ", MISSED" : ""})`);
    await held(load, store, nodes);
    return !missed;
  } finally {
    load.stop();
    for (const node of nodes) await node.stop();
    await store.stop();
  }
}

/** CPU milliseconds per pairing of the nodes together and of Redis, and commands in Redis per pairing. */
async function measure(load, store, nodes) {
  const cpu = () => nodes.reduce((sum, node) => sum + node.cpu(), 0);
  const [nodesBefore, storeBefore, callsBefore] = [cpu(), store.cpu(), await commands(store)];
  const targets = nodes.map(({ target }) => target);
  const { pairings, p50, p99 } = await load.pair({
    targets,
    inFlight: IN_FLIGHT * nodes.length,
    seconds: SECONDS,
  });
  return {
    nodes: ((cpu() - nodesBefore) * 1000) / pairings,
    store: ((store.cpu() - storeBefore) * 1000) / pairings,
    calls: ((await commands(store)) - callsBefore) / pairings,
    p50,
    p99,
  };
}

/** What open channels take in Redis: offers that wait, and pairings whose messages are held until they end. */
async function held(load, store, nodes) {
  const memory = async () => figure(await store.ask(["INFO", "memory"]), "used_memory");
  await store.ask(["FLUSHDB"]);
  const before = await memory();
  const targets = nodes.map(({ target }) => target);
  await load.hold({ target: targets[0], total: CHANNELS, seats: 1 });
  const waiting = await memory();
  await load.release();
  await pause(1);
  await store.ask(["FLUSHDB"]);
  const again = await memory();
  await load.talk({ targets, total: CHANNELS });
  const talking = await memory();
  const idle = await cpuWhile(store, nodes, 20);
  console.log(
    `bytes in Redis per channel: ${((waiting - before) / CHANNELS).toFixed(0)} with one seat taken, ` +
      `${((talking - again) / CHANNELS).toFixed(0)} with both and 9 messages held`,
  );
  console.log(
    `${CHANNELS} channels that are merely there: Redis ${((idle.store * 1e6) / CHANNELS).toFixed(1)} µs of CPU a second each, nodes ${((idle.nodes * 1e6) / CHANNELS).toFixed(1)} µs`,
  );
  await load.release();
}

async function cpuWhile(store, nodes, seconds) {
  const cpu = () => nodes.reduce((sum, node) => sum + node.cpu(), 0);
  const [nodesBefore, storeBefore] = [cpu(), store.cpu()];
  await pause(seconds);
  return { nodes: (cpu() - nodesBefore) / seconds, store: (store.cpu() - storeBefore) / seconds };
}

const commands = async (store) => figure(await store.ask(["INFO", "stats"]), "total_commands_processed");

function figure(text, name) {
  return Number(new RegExp(`^${name}:(\\d+)`, "m").exec(text)[1]);
}
