/** Everything a relay can send too much of, and what it costs the devices. */
import { EMAIL } from "./world.ts";
import type { World } from "./world.ts";
import { start } from "./harness.ts";
import { frame, HostileRelay, needsOf, offend, OwnAccount } from "./hostile-relay.ts";
import type { Moment, Needs, Offence } from "./hostile-relay.ts";
import { ID } from "./feigned-relay.ts";

const many = (content: Uint8Array) => Buffer.concat(Array.from({ length: 4096 }, () => content));
const sized = (length: number) => "x".repeat(length);
/** As long as a message may be. */
const LARGEST = 64 * 1024;
const MESSAGE = frame("text", JSON.stringify({ message: "FgMDAAA", sender: {} }));

export const OFFENCES = {
  "a frame of 10 MB": { first: frame("text", sized(10_000_000)) },
  "a frame that has no end": {
    first: frame("text", "", { announced: 2 ** 52 }),
    endlessly: Buffer.alloc(65_536, "["),
  },
  "a message whose frames have no end": {
    first: frame("text", sized(1000), { final: false }),
    endlessly: frame("continuation", sized(1000), { final: false }),
  },
  "a message of empty frames that has no end": {
    first: frame("text", "", { final: false }),
    endlessly: many(frame("continuation", "", { final: false })),
  },
  "empty messages without end": { endlessly: many(frame("text")) },
  "messages of one character without end": { endlessly: many(frame("text", "x")) },
  "messages of the right form without end": { endlessly: many(MESSAGE) },
  "the largest messages without end": { endlessly: frame("text", sized(LARGEST)) },
  "nesting as deep as a message can be": { first: frame("text", "[".repeat(LARGEST)) },
  "nesting in place of a sender": {
    first: frame("text", `{"message":"","sender":${"[".repeat(LARGEST - 30)}`),
  },
  "binary messages without end": { endlessly: many(frame("binary", "x")) },
  "pings without end": { endlessly: many(frame("ping")) },
  "pongs without end": { endlessly: many(frame("pong")) },
  "the largest pings without end": { endlessly: many(frame("ping", sized(125))) },
} as const satisfies Readonly<Record<string, Offence>>;

export const DEVICES = ["host", "join"] as const;
export type Device = (typeof DEVICES)[number];

interface Outcome {
  readonly exit: number;
  readonly says: string;
  /** From the beginning of the offence to the end of the process. */
  readonly needed: Needs;
}

/** MiB and seconds of a processor's time (security C9). */
const MOST: Needs = { mebibytes: 32, seconds: 2 };
/** How much garbage lies about at a moment is the engine's business; what is too much for a reason is so every time. */
const ATTEMPTS = 3;

/** How what became of a device differs from what is asked of it; an empty list where it does not. */
export async function differencesOf(
  world: World,
  device: Device,
  offence: Offence,
  moment: Moment,
): Promise<readonly string[]> {
  let found: readonly string[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { exit, says, needed } = await serve(world, device, offence, moment);
    if (exit !== 7) return [`${device}, ${moment}: ended with ${exit}, "${says}"`];
    const { mebibytes, seconds } = needed;
    if (mebibytes < MOST.mebibytes && seconds < MOST.seconds) return [];
    found = [...found, `${device}, ${moment}: needed ${mebibytes.toFixed(1)} MiB, ${seconds.toFixed(2)} s`];
  }
  return found;
}

/** A device that such a relay serves. */
async function serve(world: World, device: Device, offence: Offence, moment: Moment): Promise<Outcome> {
  const account = new OwnAccount();
  let before: Needs = { mebibytes: 0, seconds: 0 };
  const noteNeeds = () => {
    before = needsOf(program.child.pid ?? 0);
  };
  const relay = await HostileRelay.start(moment, offence, noteNeeds);
  const servers = ["--server", world.accounts.url, "--channel-server", relay.url];
  const folder = device === "host" ? await world.hostFolder() : world.newFolder();
  const common = [device, ...servers, "--config-dir", folder, "--json", "--yes"];
  const url = `${world.accounts.url}/pair#channel_id=${ID}&channel_key=${"A".repeat(43)}`;
  const args = device === "host" ? common : [...common, "--expect-email", EMAIL, "-"];
  const program = start(args, { env: account.environment, input: url });
  if (moment === "later") {
    const socket = await relay.greeted;
    // A host shows its code; a new device has sent its hello.
    if (device === "host") await program.event("channel");
    else await new Promise((resolve) => socket.once("data", resolve));
    noteNeeds();
    offend(socket, offence);
  }
  const exit = await program.exit;
  relay.close();
  const error = program.events.findLast(({ event }) => event === "error");
  const after = account.read();
  return {
    exit,
    says: error?.message as string,
    needed: { mebibytes: after.mebibytes - before.mebibytes, seconds: after.seconds - before.seconds },
  };
}
