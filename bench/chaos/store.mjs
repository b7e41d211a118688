/** What becomes of a relay when its Redis fails. */
import { Balancer } from "./balancer.mjs";
import { Device } from "./device.mjs";
import { expect, pause, seconds, started } from "./expect.mjs";
import { until } from "./nodes.mjs";
import { startPairings } from "./pairings.mjs";
import { startRedis, startRelay, startSentinel } from "./processes.mjs";
import { TimeProxy } from "./time-proxy.mjs";

/** Two relays around a store, and a pairing between them. */
async function pairAround(address, ...settings) {
  const start = () => startRelay("--redis", address, ...settings);
  const [here, there] = [await start(), await start()];
  const first = await Device.open(here.url);
  const second = await Device.join(there.url, first);
  first.say("there?");
  await second.hear();
  return { here, there, first, second };
}

/** A new pairing, through both relays, as soon as that is possible. Returns how long that took. */
async function newPairing({ here, there }) {
  const since = started();
  const first = await until(() => Device.seat(`${here.url}/v1/ws/`));
  const second = await until(() => Device.seat(`${there.url}/v1/ws/${first.first.channelid}`));
  second.say("anew");
  expect((await first.hear()) === "anew", "a new pairing does not work");
  return started() - since;
}

const heartbeat = async ({ url }) => (await fetch(`${url.replace("ws", "http")}/__heartbeat__`)).status;

export async function redisKilled() {
  const redis = await startRedis();
  const relays = await pairAround(redis.url);
  const { here, first, second } = relays;
  const since = started();
  await redis.kill9();
  const ends = await Promise.all([first.closed, second.closed]);
  expect(
    ends.every(({ code }) => code === 1013),
    `the devices were told ${ends.map(({ code }) => code).join()}`,
  );
  const told = Math.max(...ends.map(({ at }) => at)) - since;
  const refused = await Device.seat(`${here.url}/v1/ws/`);
  expect(refused.status === 503, `a new channel got ${refused.status}`);
  const health = await heartbeat(here);
  expect(health === 503, `/__heartbeat__ was ${health}`);
  await startRedis(redis.port);
  const back = await newPairing(relays);
  const healthy = await heartbeat(here);
  expect(healthy === 200, `/__heartbeat__ was ${healthy} afterwards`);
  return `devices told 1013 after ${seconds(told)}, new ones 503; serves again ${seconds(back)} after the restart`;
}

export async function redisPaused() {
  const redis = await startRedis();
  const relays = await pairAround(redis.url);
  const { here, there, first, second } = relays;
  redis.pause();
  first.say("sent while nobody listens");
  const refused = Device.seat(`${here.url}/v1/ws/`);
  await pause(5_000);
  redis.goOn();
  const ends = await Promise.all([first.closed, second.closed]);
  expect(
    ends.every(({ code }) => code === 1013),
    `the devices were told ${ends.map(({ code }) => code).join()}`,
  );
  const { status } = await refused;
  expect(status === 503, `a new channel got ${status}`);
  const again = await until(() => resume(there, first.first));
  const other = await until(() => resume(here, second.first, 1));
  other.say("all is well");
  expect((await again.hear()) === "all is well", "the pairing did not go on");
  const back = await newPairing(relays);
  return `1013 and 503 meanwhile; both devices resumed, the pairing went on, new ones after ${seconds(back)}`;
}

const resume = ({ url }, { channelid, resume: token }, received = 0) =>
  Device.seat(`${url}/v1/ws/${channelid}?resume=${token}&received=${received}`);

/** The same with whole pairings: a pause of five seconds somewhere in each. */
export async function redisPausedInPairing() {
  const redis = await startRedis();
  const nodes = [await startRelay("--redis", redis.url), await startRelay("--redis", redis.url)];
  const balancer = new Balancer(...nodes.map(({ port }) => port));
  const relay = await balancer.listen();
  const pair = await startPairings();
  const moments = [3, 6, 9];
  let resumed = 0;
  for (const moment of moments) {
    balancer.pieces = 0;
    balancer.onPiece = (pieces) => {
      if (pieces !== moment) return;
      redis.pause();
      setTimeout(() => redis.goOn(), 5_000);
    };
    const { statuses, said, resumed: back } = await pair(relay);
    if (back) resumed++;
    expect(
      statuses.join() === "0,0",
      `paused after piece ${moment}: host and join ended with ${statuses.join(" and ")}: ${said}`,
    );
  }
  balancer.close();
  return `all ${moments.length} pairings finished, ${resumed} of them resumed`;
}

export async function redisFailsOver() {
  const master = await startRedis();
  const replica = await startRedis(undefined, "--replicaof", "127.0.0.1", String(master.port));
  await replica.logged("Finished with success");
  const sentinels = [await startSentinel(master), await startSentinel(master)];
  const address = `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(",")}/relay`;
  const relays = await pairAround(address);
  const { first, second } = relays;
  await master.kill9();
  const back = await newPairing(relays);
  first.say("still there?");
  const old = await Promise.race([second.hear().catch(() => undefined), second.closed.then(() => undefined)]);
  if (old === undefined) {
    const { code } = await second.closed;
    expect(code === 1013, `the devices were told ${code}`);
  }
  const became = old === undefined ? "was told 1013" : "went on";
  return `new pairings after ${seconds(back)}; the one that was running ${became}`;
}

/** Redis' clock jumps, as when a machine's clock is set: a stub between it and the relays tells the jump. */
export async function redisClockJumps() {
  const LIFESPAN = 15;
  const HEARTBEAT = 5;
  const redis = await startRedis();
  const told = [];
  for (const jump of [3_600, -3_600]) {
    const proxy = new TimeProxy(redis.port);
    const opened = started();
    const relays = await pairAround(await proxy.listen(), "--conn-lifespan", String(LIFESPAN));
    const { first, second } = relays;
    proxy.jump = jump;
    // Nodes look at the store's clock when they connect, and once a minute.
    proxy.cut();
    await newPairing(relays);
    const fresh = await Device.open(relays.here.url);
    const { expires_in: left } = fresh.first;
    expect(left >= LIFESPAN - 2 && left <= LIFESPAN, `a new channel has ${left} s of lifespan`);
    const ends = await Promise.all([first.closed, second.closed]);
    const after = Math.max(...ends.map(({ at }) => at)) - opened;
    expect(
      ends.every(({ code }) => code === 4001),
      `the devices were told ${ends.map(({ code }) => code).join()}`,
    );
    expect(
      after <= (LIFESPAN + HEARTBEAT + 1) * 1000,
      `a channel of ${LIFESPAN} s ended after ${seconds(after)}`,
    );
    told.push(`${jump > 0 ? "+" : "-"}1 h: the running pairing got 4001 after ${seconds(after)}`);
    proxy.close();
    for (const relay of [relays.here, relays.there]) await relay.kill9();
  }
  return `${told.join(", ")} of ${LIFESPAN}; new ones have all their time`;
}
