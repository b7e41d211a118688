/** What becomes of devices when a node dies, or sleeps. */
import { Balancer } from "./balancer.mjs";
import { Device } from "./device.mjs";
import { startPairings } from "./pairings.mjs";
import { startRedis, startRelay } from "./processes.mjs";
import { expect, seconds, started } from "./expect.mjs";

/** After so many pieces from the relays a node is killed: from the first answer to the last messages. */
const MOMENTS = [2, 3, 4, 5, 6, 7, 8, 9, 10, 12];

export async function nodeKilledInPairing() {
  const redis = await startRedis();
  const node = () => startRelay("--redis", redis.url);
  const nodes = [await node(), await node()];
  const balancer = new Balancer(...nodes.map(({ port }) => port));
  const relay = await balancer.listen();
  const pair = await startPairings();
  let killed = 0;
  let resumed = 0;
  for (const moment of MOMENTS) {
    balancer.pieces = 0;
    let dying;
    balancer.onPiece = (pieces, port) => {
      if (pieces !== moment) return;
      const victim = nodes.findIndex((each) => each.port === port);
      dying = nodes[victim].kill9().then(async () => {
        nodes[victim] = await node();
        balancer.ports = nodes.map((each) => each.port);
      });
      killed++;
    };
    const { statuses, said, resumed: back } = await pair(relay);
    if (back) resumed++;
    expect(
      statuses.join() === "0,0",
      `killed after piece ${moment}: host and join ended with ${statuses.join(" and ")}: ${said}`,
    );
    await dying;
  }
  balancer.close();
  return `${killed} nodes killed, after 2 to 12 pieces; all ${MOMENTS.length} pairings finished, ${resumed} of them resumed`;
}

export async function survivorIsTold() {
  const heartbeat = 5;
  const redis = await startRedis();
  const settings = ["--redis", redis.url, "--resume-window", "0", "--heartbeat", String(heartbeat)];
  const times = [];
  for (let round = 0; round < 3; round++) {
    const [dying, other] = [await startRelay(...settings), await startRelay(...settings)];
    const first = await Device.open(dying.url);
    const second = await Device.join(other.url, first);
    first.say("there?");
    await second.hear();
    const killedAt = started();
    await dying.kill9();
    const { code, at } = await second.closed;
    times.push(at - killedAt);
    expect(code === 4003, `the survivor was told ${code}`);
    await other.kill9();
  }
  const longest = Math.max(...times);
  expect(longest <= 2 * heartbeat * 1000, `the survivor was told after ${seconds(longest)}`);
  return `4003 after ${times.map(seconds).join(", ")}; the heartbeat is ${heartbeat} s`;
}

/** A node that stands still, as a machine that is suspended: the others take over, and it finds its way back. */
export async function nodeSleeps() {
  const redis = await startRedis();
  const [sleeper, other] = [await startRelay("--redis", redis.url), await startRelay("--redis", redis.url)];
  const first = await Device.open(sleeper.url);
  const second = await Device.join(other.url, first);
  first.say("there?");
  await second.hear();
  const { channelid, resume } = first.first;
  sleeper.kill("SIGSTOP");
  const back = await until(() => Device.seat(`${other.url}/v1/ws/${channelid}?resume=${resume}&received=0`));
  second.say("still there?");
  expect((await back.hear()) === "still there?", "the device that came back elsewhere heard something else");
  await new Promise((resolve) => setTimeout(resolve, 15_000));
  sleeper.kill("SIGCONT");
  const { code } = await first.closed;
  back.say("yes");
  expect((await second.hear()) === "yes", "the pairing did not go on");
  const again = await Device.open(sleeper.url);
  again.close();
  return `its device came back at another node; the old connection was told ${code} when it woke, and it serves again`;
}

/** Tries until there is a seat. */
export async function until(seat) {
  for (;;) {
    const { device } = await seat();
    if (device !== undefined) return device;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
