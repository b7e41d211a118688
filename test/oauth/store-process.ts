/** Runs in a process of its own: saves, or dies on the way. Arguments: folder, what to do, a number to tell writers apart. */

import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { createPrivateFile } from "../../src/lib/private-file.ts";
import { LocalCredentialStore } from "../../src/oauth/credential-store.ts";
import { exampleCredentials } from "./example-credentials.ts";

const [folder = "", action = "", number = ""] = process.argv.slice(2);
const store = new LocalCredentialStore({ folder, clock: systemClock, random: systemRandom });
const save = (round: number) =>
  store.save(exampleCredentials({ deviceName: `${number}-${round}` }), exampleCredentials());

if (action === "save") {
  for (let round = 0; round < 20; round++) await save(round);
} else if (action === "die holding the lock") {
  await createPrivateFile(`${store.path}.lock`, "a process that dies");
  process.kill(process.pid, "SIGKILL");
} else if (action === "write forever") {
  for (let round = 0; ; round++) await save(round);
}
