/**
 * Two devices, their users, the relay between them and the accounts server, as one value. The step functions are the
 * real ones; around them stands what `flow.ts`, `run-authority.ts`, `run-supplicant.ts`, the channel and the relay do.
 */

/** What crosses the relay, in order in each direction. */
export type Frame =
  /** The joiner's Finished: with it the host knows that the other side has the key. */
  | "finished"
  | "request"
  | "metadata"
  | "code"
  | "confirmation"
  /** TLS close_notify, and a fatal alert. */
  | "bye"
  | "alert"
  /** The relay's close: the other device left. */
  | "left";

export type Party = "host" | "join";

export interface Device {
  /** The number of its step function's state. */
  readonly state: number;
  /** "away": lost, and sought again; what is sent meanwhile is kept. "gone": for good, or closed. */
  readonly connection: "up" | "away" | "gone";
  /** Its handshake is done. */
  readonly together: boolean;
  /** It has sent its close_notify. */
  readonly silent: boolean;
  /** What is on its way to it. */
  readonly inbound: readonly Frame[];
  /** What waits for its connection to come back. */
  readonly outbox: readonly Frame[];
  /** How often the connection may still be lost for a while. */
  readonly losses: number;
  /** Whether its user is asked, and what was answered. */
  readonly question: "none" | "open" | "yes" | "no" | "failed";
  readonly deadline: "ahead" | "over";
  readonly interrupted: boolean;
  /** How its flow ended: undefined until then. */
  readonly outcome: string | undefined;
  /** Its error says that the other device may be signed in. */
  readonly warned: boolean;
}

/** What became of the one code that was asked for. */
export type Authorization = "none" | "asked" | "granted" | "refused";
/** How far the exchange is. Its own promise: told to stop, it stores nothing that is not stored yet. */
export type Redemption = "none" | "asked" | "tokens" | "stored" | "undone" | "answered";

export interface World {
  readonly host: Device;
  readonly join: Device;
  readonly authorization: Authorization;
  /** The host waits to hear that all it sent has left. */
  readonly delivering: boolean;
  readonly redemption: Redemption;
  readonly cancelled: boolean;
  readonly stored: boolean;
  /** What went wrong on the way here, of its own or somebody else's will. */
  readonly faults: readonly Fault[];
  /** A rule that an effect broke at the moment it came. */
  readonly broken: string | undefined;
}

export type Fault = "lost" | "tampered" | "deadline" | "interrupted" | "refused";

export function device(state: number, losses: number): Device {
  return {
    state,
    connection: "up",
    together: false,
    silent: false,
    inbound: [],
    outbox: [],
    losses,
    question: "none",
    deadline: "ahead",
    interrupted: false,
    outcome: undefined,
    warned: false,
  };
}

export function other(party: Party): Party {
  return party === "host" ? "join" : "host";
}

export function change(world: World, party: Party, changes: Partial<Device>): World {
  const changed = { ...world[party], ...changes };
  return party === "host" ? { ...world, host: changed } : { ...world, join: changed };
}

export function withFault(world: World, fault: Fault): World {
  return world.faults.includes(fault) ? world : { ...world, faults: [...world.faults, fault].sort() };
}

export function keyOf(world: World): string {
  const { authorization, delivering, redemption, cancelled, stored, faults, broken = "" } = world;
  return `${keyOfDevice(world.host)}|${keyOfDevice(world.join)}|${authorization} ${delivering} ${redemption} ${cancelled} ${stored} ${faults.join()} ${broken}`;
}

function keyOfDevice(device: Device): string {
  const { state, connection, together, silent, inbound, outbox, losses } = device;
  const { question, deadline, interrupted, outcome = "", warned } = device;
  return `${state} ${connection} ${together} ${silent} ${inbound.join()} ${outbox.join()} ${losses} ${question} ${deadline} ${interrupted} ${outcome} ${warned}`;
}
