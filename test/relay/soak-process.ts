/**
 * A relay in a process of its own, whose memory holds nothing else. It does what messages of its parent say: moves the
 * time, or collects all garbage and tells what is left.
 */
import v8 from "node:v8";
import { runInNewContext } from "node:vm";
import { systemRandom } from "../../src/lib/random.ts";
import { Connection } from "../../src/relay/connection.ts";
import { silentLog } from "../../src/relay/log.ts";
import { RelayMetrics } from "../../src/relay/metrics.ts";
import { RelaySocket } from "../../src/relay/relay-socket.ts";
import { startRelay } from "../../src/relay/server.ts";
import { parseSettings } from "../../src/relay/settings.ts";
import { FakeClock } from "./fake-clock.ts";

v8.setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const clock = new FakeClock();
const relay = await startRelay({
  ...{ clock, random: systemRandom, log: silentLog, metrics: new RelayMetrics(), upgradeTimeout: 1_000 },
  settings: parseSettings({ host: "127.0.0.1", port: 0 }),
});

process.on("message", ({ advance = 0, collect = false }: { advance?: number; collect?: boolean }) => {
  clock.advance(advance);
  // What that has brought about needs a turn to come through.
  setImmediate(() => process.send?.({ stats: relay.stats(), ...(collect ? left() : {}) }));
});
process.send?.({ url: relay.url });

/** What is left on the heap: objects that stand for connections, and bytes in all. */
function left() {
  const objects = [Connection, RelaySocket].map((kind) => v8.queryObjects(kind, { format: "count" }));
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return { objects, held: heapUsed + external };
}
