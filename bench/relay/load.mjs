/**
 * The load, in a process of its own: pairings, one after another, so many at a time; and connections that are merely
 * there. It works against any server that opens a channel at `/v1/ws/`, joins it at `/v1/ws/<channelid>` and passes
 * texts on in envelopes. Started with a channel to its parent, it does what messages say (see {@link tasks}).
 */
import { connect } from "node:net";
import { RawClient, textFrame } from "./raw-client.mjs";

/** Messages of a pairing: handshake, request, metadata, decisions, code, ends. */
const MESSAGES = 9;
/** As long as the records of a pairing are on average, in base64url. */
const TEXT = "fxa-pair.bench_".repeat(20);
const MESSAGE = Buffer.from(TEXT);
const FRAME = textFrame(TEXT);

/** Another loopback address with every call, 127.<block>.0.1 and on: each client is a stranger to the server. */
function addressesOf(block) {
  let next = 0;
  return () => {
    next = (next + 1) % 65_000;
    return `127.${block}.${next >> 8}.${next & 0xff || 1}`;
  };
}
const pairingAddress = addressesOf(10);
const idleAddress = addressesOf(20);

/** Resolves with the client and its channel's id once it has its first message. */
function seated(target, path, localAddress) {
  return new Promise((resolve, reject) => {
    const client = new RawClient({ ...target, path, localAddress });
    client.onGone = (why) => reject(new Error(`No seat at ${path}: ${why}`));
    client.onText = (payload) => {
      const { channelid } = JSON.parse(payload.toString());
      resolve({ client, id: channelid });
    };
  });
}

/** Both devices of a pairing: two connections, the messages in turns, two closes. Times go to `latencies`. */
async function pair([hostTarget, guestTarget], latencies) {
  const localAddress = pairingAddress();
  const { client: host, id } = await seated(hostTarget, "/v1/ws/", localAddress);
  const { client: guest } = await seated(guestTarget, `/v1/ws/${id}`, localAddress);
  await converse(host, guest, latencies);
  await Promise.all([leave(host), leave(guest)]);
}

/** All messages of a pairing, in turns. */
function converse(host, guest, latencies) {
  return new Promise((resolve, reject) => {
    let passed = 0;
    let sentAt = performance.now();
    const arrived = (recipient) => (payload) => {
      latencies.push(performance.now() - sentAt);
      if (!payload.includes(MESSAGE)) reject(new Error(`Not what was sent: ${payload.toString()}`));
      passed++;
      if (passed === MESSAGES) {
        resolve();
        return;
      }
      sentAt = performance.now();
      recipient.send(FRAME);
    };
    host.onText = arrived(host);
    guest.onText = arrived(guest);
    host.onGone = guest.onGone = (why) => reject(new Error(`A pairing broke off: ${why}`));
    host.send(FRAME);
  });
}

function leave(client) {
  return new Promise((resolve) => {
    client.onGone = resolve;
    client.close();
  });
}

/** Runs `action` again and again, `inFlight` at a time, until `done` says so. */
async function keepBusy(inFlight, done, action) {
  const lane = async () => {
    while (!done()) await action();
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}

const held = [];
const requests = [];

function watchHeld() {
  for (const client of held) {
    client.onText = () => undefined;
    client.onGone = (why) => process.send?.({ lost: why });
  }
}

export const tasks = {
  /**
   * Pairs for so many seconds, or so many times, with the devices spread over the targets as by a balancer that knows
   * nothing of channels. Resolves with what was done; latencies in milliseconds.
   */
  async pair({ targets, inFlight, seconds = Infinity, count = Infinity }) {
    const latencies = [];
    const started = performance.now();
    let begun = 0;
    const done = () => begun >= count || performance.now() - started >= seconds * 1000;
    await keepBusy(inFlight, done, () => {
      const host = targets[begun % targets.length];
      const guest = targets[Math.floor(begun / targets.length) % targets.length];
      begun++;
      return pair([host, guest], latencies);
    });
    latencies.sort((a, b) => a - b);
    const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
    return { pairings: begun, seconds: (performance.now() - started) / 1000, p50: at(0.5), p99: at(0.99) };
  },

  /** Opens connections and keeps them, `seats` of them in each channel, until there are `total`. */
  async hold({ target, total, seats }) {
    let missing = Math.ceil((total - held.length) / seats);
    const done = () => missing <= 0;
    await keepBusy(32, done, async () => {
      missing--;
      const { client, id } = await seated(target, "/v1/ws/", idleAddress());
      held.push(client);
      for (let seat = 1; seat < seats; seat++) {
        held.push((await seated(target, `/v1/ws/${id}`, idleAddress())).client);
      }
    });
    watchHeld();
    return { held: held.length };
  },

  /** Opens channels, lets both devices say all they have to say, and keeps them so, until there are `total`. */
  async talk({ targets: [target], total }) {
    let missing = total;
    const latencies = [];
    await keepBusy(
      32,
      () => missing <= 0,
      async () => {
        missing--;
        const { client: host, id } = await seated(target, "/v1/ws/", idleAddress());
        const { client: guest } = await seated(target, `/v1/ws/${id}`, idleAddress());
        await converse(host, guest, latencies);
        held.push(host, guest);
      },
    );
    watchHeld();
    return { held: held.length };
  },

  /** Opens connections that send half a request and then nothing, and keeps them. */
  async beginRequests({ target, total }) {
    const begun = Array.from({ length: total }, () => {
      const socket = connect({ ...target, localAddress: idleAddress() });
      socket.on("error", () => undefined);
      requests.push(socket);
      return new Promise((resolve) => socket.write("GET /v1/ws/ HTTP/1.1\r\nHost: x\r\nUpg", resolve));
    });
    await Promise.all(begun);
    return { begun: total };
  },

  /** Lets nothing be heard any more of what is held, without letting go of it. */
  mute() {
    for (const client of held) client.mute();
    return Promise.resolve({});
  },

  /** Lets go of what is held: each with a close frame, or as if the network had failed. */
  async release({ abruptly = false, keepRequests = false }) {
    const gone = held.splice(0).map((client) => {
      if (!abruptly) return leave(client);
      client.onGone = () => undefined;
      client.destroy();
      return undefined;
    });
    await Promise.all(gone);
    if (!keepRequests) for (const socket of requests.splice(0)) socket.destroy();
    return {};
  },
};

process.on("message", ({ number, task, ...options }) => {
  tasks[task](options).then(
    (result) => process.send({ number, result }),
    (error) => process.send({ number, error: error.message }),
  );
});
process.on("disconnect", () => process.exit());
