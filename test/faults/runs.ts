/** Whole runs with one thing going wrong, and what came of them. */
import { setTimeout as pause } from "node:timers/promises";
import type { Program } from "../cli/harness.ts";
import type { CallMischief } from "./calls-proxy.ts";
import { endOf } from "./lane.ts";
import type { End, Lane, Left, Side } from "./lane.ts";
import type { MessageMischief } from "./messages-proxy.ts";

/** Where and what, seen from one device. */
export interface Mischief {
  readonly side: Side;
  readonly call?: CallMischief;
  readonly message?: MessageMischief;
}

export interface Outcome {
  readonly host: End;
  readonly join: End;
  readonly left: Left;
  /** Whether the host names a new device, or several. */
  readonly named: boolean;
}

const AUTHORIZATION = "POST /auth/v1/oauth/authorization";
/** With the flight, the request and the confirmation, the host has been sent everything but the end. */
const CONFIRMED = 4;
/** Milliseconds that a confirmation is waited for which may never come. */
const ORDER_PATIENCE = 8000;
/** Milliseconds for the host to see what its network has brought. */
const A_MOMENT = 250;

/** Seconds: enough for a busy machine; to be waited for, from the start of a host or the connection of a new device. */
const TIME = { enough: "100", host: "20", join: "10" };

export interface PairOptions {
  /** Whose time is short. */
  readonly short?: Side | undefined;
  /** Of each process, once its folder is known. */
  readonly environments?: Partial<Record<Side, () => Record<string, string>>>;
}

/** A pairing in which the new device's yes comes before the host has its code, if it comes. Whoever is to be killed is known by the time the mischief is done. */
export async function pair(
  lane: Lane,
  mischief?: (processes: Partial<Record<Side, Program>>) => Mischief,
  { short, environments = {} }: PairOptions = {},
): Promise<Outcome> {
  lane.reset();
  const time = (side: Side) => ["--timeout", side === short ? TIME[side] : TIME.enough];
  const processes: Partial<Record<Side, Program>> = {};
  const { side, call, message } = mischief?.(processes) ?? { side: "host" };
  if (call !== undefined) lane.networks[side].calls.reset(call);
  if (message !== undefined) lane.networks[side].messages.reset(message);
  const host = (processes.host = lane.host(time("host"), { env: environments.host?.() ?? {} }));
  const opened = await Promise.race([
    host.event("channel").then(
      () => true,
      () => false,
    ),
    host.exit.then(() => false),
  ]);
  if (!opened)
    return { host: await endOf(host), join: { exit: -1, says: "" }, left: lane.left(), named: false };
  const joining = (processes.join = lane.join(time("join"), { env: environments.join?.() ?? {} }));
  const confirmed = lane.networks.host.messages.hasBrought(CONFIRMED);
  lane.networks.host.calls.pace = async (name) => {
    if (name !== AUTHORIZATION) return;
    await Promise.race([confirmed, joining.exit, pause(ORDER_PATIENCE)]);
    await pause(A_MOMENT);
  };
  const [hostEnd, joinEnd] = await Promise.all([endOf(host), endOf(joining)]);
  const added = host.events.find(({ event }) => event === "added");
  const named = added !== undefined && (added.device !== null || (added.candidates as unknown[]).length > 0);
  return { host: hostEnd, join: joinEnd, left: lane.left(), named };
}
