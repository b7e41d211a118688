/**
 * How long it takes from the last key of a code to type until the new device has stored its credentials: two terminals
 * (tmux), an accounts server and a relay on this machine, nobody to wait for. Prints each run and the median.
 *
 *     npm run bench:code
 */
import { existsSync, watch } from "node:fs";
import { join } from "node:path";
import { cleanUp, temporaryFolder } from "../test/cli/harness.ts";
import { closePanes, Pane } from "../test/cli/tmux.ts";
import { createWorld, EMAIL } from "../test/cli/world.ts";

const RUNS = 5;
const CODE = /│ +(\d+(?:-[a-z]{3,8}){3}) +│/;

async function once() {
  const world = await createWorld();
  try {
    // Made beforehand, so that it can be watched.
    const folder = temporaryFolder();
    const [host, joining] = await Promise.all([
      Pane.open(["host", ...world.servers, "--config-dir", await world.hostFolder(), "--code", "--yes"]),
      Pane.open(["join", ...world.servers, "--config-dir", folder, "--yes", "--expect-email", EMAIL]),
    ]);
    const code = CODE.exec(await host.shows(CODE))?.[1] ?? "";
    await joining.shows(/or type the code:/);
    await joining.type(code);
    const stored = new Promise((resolve) => {
      const watcher = watch(folder, () => {
        if (!existsSync(join(folder, "credentials.json"))) return;
        watcher.close();
        resolve(performance.now());
      });
    });
    const start = performance.now();
    await joining.type("\r");
    const end = await stored;
    if ((await joining.ended()) !== 0) throw new Error(await joining.screen());
    return end - start;
  } finally {
    await closePanes();
    await cleanUp();
    await world.close();
  }
}

const times = [];
for (let run = 1; run <= RUNS; run++) {
  times.push(await once());
  console.log(`run ${run}: ${times.at(-1).toFixed(0)} ms`);
}
const sorted = times.sort((a, b) => a - b);
console.log(`last key of the code to stored credentials: median ${sorted[(RUNS - 1) / 2].toFixed(0)} ms`);
