/** Cases of the fault table, several at a time. */
import { createWorld } from "../cli/world.ts";
import type { World } from "../cli/world.ts";
import { Lane } from "./lane.ts";

export interface Worlds {
  /** Relays as they come. */
  readonly usual: World;
  /** Where a seat whose connection is lost is given up soon. */
  readonly hasty: World;
  close(): Promise<void>;
}

/** All devices have one address here. */
const UNLIMITED = { maxChannelsPerIp: 0, connectRatePerIp: 0 };

export async function createWorlds(): Promise<Worlds> {
  const usual = await createWorld({ relay: UNLIMITED });
  const hasty = await createWorld({ relay: { ...UNLIMITED, resumeWindow: 1 } });
  return {
    usual,
    hasty,
    async close() {
      await Promise.all([usual.close(), hasty.close()]);
    },
  };
}

/** One case: what it is called, and how it differs from what the table says, if it does. */
export interface Case {
  readonly name: string;
  readonly world: "usual" | "hasty";
  /** Whether it takes its time on any machine, and is a matter of luck on a busy one. */
  readonly waits: boolean;
  run(lane: Lane): Promise<readonly string[]>;
}

let accounts = 0;

/** Runs these cases. Returns in which of them something differs from the table. */
export async function scan(worlds: Worlds, cases: readonly Case[], lanes = 4): Promise<string[]> {
  const waiting = [...cases];
  const found: string[] = [];
  const work = async () => {
    const email = `device-${accounts++}@example.org`;
    const own = { usual: await Lane.open(worlds.usual, email), hasty: await Lane.open(worlds.hasty, email) };
    for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) {
      const { name, world } = each;
      const differences = await each.run(own[world]).catch((error: unknown) => [String(error)]);
      found.push(...differences.map((difference) => `${name}: ${difference}`));
    }
    own.usual.close();
    own.hasty.close();
  };
  await Promise.all(Array.from({ length: Math.min(lanes, cases.length) }, work));
  return found;
}

/** So many of those that do not wait, from beginning to end at equal distances. */
export function sample(all: readonly Case[], size: number): Case[] {
  const quick = all.filter(({ waits }) => !waits);
  const step = quick.length / size;
  return quick.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}
