/** What one stranger can do to others. */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { Device } from "./device.mjs";
import { expect, seconds, started } from "./expect.mjs";
import { startRedis, startRelay } from "./processes.mjs";

const residentOf = (pid) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;

/** A device that reads nothing while the other sends all it can. Without limits of its own, only its reading counts. */
export async function stuckReader() {
  const relay = await startRelay("--max-exchanges", "0", "--max-data", "0");
  const bystanders = [await Device.open(relay.url)];
  bystanders.push(await Device.join(relay.url, bystanders[0]));
  const sender = await Device.open(relay.url);
  const stuck = await Device.join(relay.url, sender);
  stuck.getStuck();
  const before = residentOf(relay.pid);
  const message = "x".repeat(24_000);
  let sent = 0;
  let over = false;
  void sender.closed.then(() => (over = true));
  while (!over && sent < 20_000) {
    for (let burst = 0; burst < 20; burst++, sent++) sender.say(message);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { code, reason } = await sender.closed;
  expect(code === 1008 && reason === "slow-consumer", `the channel ended with ${code} ${reason}`);
  const grown = residentOf(relay.pid) - before;
  expect(grown < 64_000_000, `the relay grew by ${grown} bytes`);
  bystanders[0].say("all well?");
  expect((await bystanders[1].hear()) === "all well?", "another pairing was disturbed");
  stuck.terminate();
  return `1008 slow-consumer after ${Math.round((sent * message.length) / 1_000_000)} MB sent, what the kernel's buffers hold; the relay grew by ${Math.round(grown / 1_000_000)} MB`;
}

/** Upgrades without end from one address, while 200 pairings from others go on, at a relay that is full. */
export async function flood() {
  const PAIRINGS = 200;
  const MESSAGES = 9;
  // Room for the pairings, for one stranger's share, and for no more.
  const relay = await startRelay("--max-channels", String(PAIRINGS + 64));
  const flooder = new Flood(relay.port, "127.66.6.6");
  const since = started();
  await flooder.hasBeenRefused();
  const firsts = [];
  for (let each = 0; each < PAIRINGS; each++) firsts.push(await Device.open(relay.url, `127.1.${each}.1`));
  const full = await Device.seat(`${relay.url}/v1/ws/`, "127.2.2.2");
  expect(full.status === 503, `somebody else got ${full.status} at a full relay`);
  await Promise.all(
    firsts.map(async (first, each) => {
      const second = await Device.join(relay.url, first, `127.1.${each}.2`);
      for (let message = 0; message < MESSAGES; message++) {
        const [from, to] = message % 2 === 0 ? [first, second] : [second, first];
        from.say(String(message));
        expect((await to.hear()) === String(message), "a message got lost");
      }
      first.close();
      second.close();
      await Promise.all([first.closed, second.closed]);
    }),
  );
  const counts = flooder.stop();
  expect(
    Object.keys(counts).every((status) => ["101", "429"].includes(status)),
    `the flooder got ${JSON.stringify(counts)}`,
  );
  return `all ${PAIRINGS} pairings finished in ${seconds(started() - since)}; the flooder got ${counts[101]} × 101 and ${counts[429]} × 429, somebody else 503`;
}

/** Asks for channels as fast as it can, 50 at a time, and keeps those it gets. */
class Flood {
  #counts = {};
  #kept = [];
  #stopped = false;
  #refused;
  #tellRefused;
  #port;
  #address;

  constructor(port, address) {
    this.#port = port;
    this.#address = address;
    this.#refused = new Promise((resolve) => (this.#tellRefused = resolve));
    for (let each = 0; each < 50; each++) this.#ask();
  }

  hasBeenRefused() {
    return this.#refused;
  }

  stop() {
    this.#stopped = true;
    for (const socket of this.#kept) socket.destroy();
    return this.#counts;
  }

  #ask() {
    if (this.#stopped) return;
    const socket = connect({ host: "127.0.0.1", port: this.#port, localAddress: this.#address });
    socket.on("error", () => undefined);
    socket.once("data", (bytes) => {
      const status = bytes.toString("latin1", 9, 12);
      this.#counts[status] = (this.#counts[status] ?? 0) + 1;
      if (status === "101") this.#kept.push(socket);
      else socket.destroy();
      if (status === "429") this.#tellRefused();
      setImmediate(() => this.#ask());
    });
    socket.write(
      "GET /v1/ws/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    );
  }
}

/** Two devices ask at two nodes for the last seat of a channel, at the same time. */
export async function lastSeatRaces() {
  const RACES = 1_000;
  const AT_ONCE = 10;
  const redis = await startRedis();
  const settings = ["--redis", redis.url, "--connect-rate-per-ip", "0", "--max-channels-per-ip", "0"];
  const nodes = [await startRelay(...settings), await startRelay(...settings)];
  const wins = [0, 0];
  const race = async () => {
    const first = await Device.open(nodes[0].url);
    const path = `/v1/ws/${first.first.channelid}`;
    const racers = await Promise.all(nodes.map(({ url }) => Device.seat(url + path)));
    const statuses = racers.map(({ status }) => status);
    expect([...statuses].sort().join() === "101,409", `the two got ${statuses.join(" and ")}`);
    wins[statuses.indexOf(101)]++;
    first.close();
    for (const { device } of racers) device?.close();
  };
  for (let done = 0; done < RACES; done += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, race));
  return `${RACES} races, one winner each: ${wins.join(" at one node and ")} at the other`;
}
