/**
 * Complete in-memory handshakes and 256-byte messages per second: ours on both primitives against the npm package
 * fxa-pairing-channel, all in one process, in turns. Prints the median of the rounds and the ratio to the package.
 *
 *     npm run bench:tls
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const ROUNDS = 21;
const ROUND_MILLISECONDS = 120;
const MESSAGE = new Uint8Array(256).fill(0x61);
const PSK = new Uint8Array(32).fill(7);
const IDENTITY = new Uint8Array(Buffer.from("AAECAwQFBgcICQoLDA0ODw"));
/** What we hold ourselves to, as multiples of the package's figures. */
const GOALS = {
  noble: { handshakes: 6, messages: 1.1 },
  "node:crypto": { handshakes: 15, messages: 4 },
};

async function loadOurs() {
  const folder = mkdtempSync(join(tmpdir(), "fxa-pair-bench-"));
  try {
    const outfile = join(folder, "tls.mjs");
    const contents = `
      export { TlsPskConnection } from "./src/tls/connection.ts";
      export { noblePrimitives } from "./src/tls/primitives.ts";
      export { nodePrimitives } from "./src/channel/node-primitives.ts";
      export { systemRandom } from "./src/lib/random.ts";`;
    await build({
      stdin: { contents, resolveDir: fileURLToPath(new URL("..", import.meta.url)), loader: "ts" },
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node20.19",
      minify: true,
      logLevel: "warning",
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The package is made for browsers: its bundle looks for a window and, when connecting, for a WebSocket. */
function loadPackage() {
  globalThis.window ??= globalThis;
  globalThis.WebSocket ??= class {};
  const bundle = "fxa-pairing-channel/dist/FxAccountsPairingChannel.babel.umd.js";
  return createRequire(import.meta.url)(bundle)._internals;
}

/** A subject makes connected pairs, and passes one message through a pair. */
function ours({ TlsPskConnection, systemRandom }, primitives) {
  const create = (role) =>
    new TlsPskConnection({ role, psk: PSK, pskIdentity: IDENTITY, random: systemRandom, primitives });
  const deliver = (from, to) => {
    let delivered;
    for (let event = from.take(); event; event = from.take()) {
      if (event.type === "transmit") to.feed(event.record);
      else delivered = event;
    }
    return delivered;
  };
  return {
    connect() {
      const pair = { client: create("client"), server: create("server") };
      pair.client.start();
      deliver(pair.client, pair.server);
      deliver(pair.server, pair.client);
      const connected = deliver(pair.client, pair.server);
      if (connected?.type !== "connected" || pair.server.take()?.type !== "connected")
        throw new Error("no handshake");
      return pair;
    },
    pass({ client, server }) {
      client.send(MESSAGE);
      deliver(client, server);
      if (server.take()?.bytes?.length !== MESSAGE.length) throw new Error("no message");
    },
    dispose({ client, server }) {
      client.dispose();
      server.dispose();
    },
  };
}

function theirs({ ClientConnection, ServerConnection }) {
  return {
    async connect() {
      const pair = { toServer: [], toClient: [] };
      pair.server = await ServerConnection.create(
        PSK,
        IDENTITY,
        async (record) => void pair.toClient.push(record),
      );
      pair.client = await ClientConnection.create(
        PSK,
        IDENTITY,
        async (record) => void pair.toServer.push(record),
      );
      while (pair.toServer.length > 0 || pair.toClient.length > 0) {
        while (pair.toServer.length > 0) await pair.server.recv(pair.toServer.shift());
        while (pair.toClient.length > 0) await pair.client.recv(pair.toClient.shift());
      }
      await Promise.all([pair.client.connected, pair.server.connected]);
      return pair;
    },
    async pass({ client, server, toServer }) {
      await client.send(MESSAGE);
      const received = await server.recv(toServer.shift());
      if (received?.length !== MESSAGE.length) throw new Error("no message");
    },
    dispose() {},
  };
}

/** Calls per second over one round. Promises are awaited only where there are any. */
async function rate(action) {
  const start = performance.now();
  let calls = 0;
  let elapsed = 0;
  for (; elapsed < ROUND_MILLISECONDS; elapsed = performance.now() - start) {
    for (let i = 0; i < 8; i++, calls++) {
      const pending = action();
      if (pending !== undefined) await pending;
    }
  }
  return (calls * 1000) / elapsed;
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/**
 * Rounds are short and go in turns through all subjects, and ratios are taken within a round, so that a slow moment of
 * the machine hits all alike. The first subject is the one that the others are compared with.
 */
async function measure(subjects, prepare) {
  const measured = [];
  for (const [name, subject] of subjects) measured.push({ name, action: await prepare(subject), rates: [] });
  for (const { action } of measured) await rate(action); // warm-up
  for (let round = 0; round < ROUNDS; round++) {
    for (const { action, rates } of measured) rates.push(await rate(action));
  }
  const reference = measured[0].rates;
  return measured.map(({ name, rates }) => ({
    name,
    perSecond: median(rates),
    ratio: median(rates.map((each, round) => each / reference[round])),
  }));
}

/** Prints one table; returns whether every goal was reached. */
function report(title, results) {
  let reached = true;
  for (const { name, perSecond, ratio } of results) {
    const goal = GOALS[name]?.[title];
    const missed = goal !== undefined && ratio < goal;
    if (missed) reached = false;
    const judged =
      goal === undefined ? "" : `  ${ratio.toFixed(1)}x (goal ${goal}x${missed ? ", MISSED" : ""})`;
    console.log(`${title.padEnd(11)} ${name.padEnd(20)} ${perSecond.toFixed(0).padStart(7)}/s${judged}`);
  }
  return reached;
}

const own = await loadOurs();
const subjects = [
  ["fxa-pairing-channel", theirs(loadPackage())],
  ["noble", ours(own, own.noblePrimitives)],
  ["node:crypto", ours(own, own.nodePrimitives)],
];

const handshakes = await measure(subjects, async (subject) => () => {
  const pair = subject.connect();
  if (!(pair instanceof Promise)) return void subject.dispose(pair);
  return pair;
});
const messages = await measure(subjects, async (subject) => {
  const pair = await subject.connect();
  return () => subject.pass(pair);
});

console.log(`Node ${process.version}, medians of ${ROUNDS} rounds of ${ROUND_MILLISECONDS} ms`);
const reached = [report("handshakes", handshakes), report("messages", messages)];
if (reached.includes(false)) process.exitCode = 1;
