/** Everything that can happen to a pairing, one thing at a time, and the rules that must hold whatever happens. */
import { FxaPairError } from "../../../src/lib/errors.ts";
import type { AuthorityEffect } from "../../../src/pairing/authority.ts";
import type { SupplicantEffect } from "../../../src/pairing/supplicant.ts";
import { codeOf } from "../transcript.ts";
import type { Action, Model } from "./explore.ts";
import { AUTHORITY_INPUTS, authoritySteps, SUPPLICANT_INPUTS, supplicantSteps } from "./inputs.ts";
import { change, device, keyOf, other, withFault } from "./world.ts";
import type { Device, Frame, Party, World } from "./world.ts";

type AuthorityInputName = keyof typeof AUTHORITY_INPUTS;
type SupplicantInputName = keyof typeof SUPPLICANT_INPUTS;
type SharedInputName = AuthorityInputName & SupplicantInputName;

/** Messages by the frame that carries them. */
export const MESSAGES: Readonly<Record<string, Frame>> = {
  "pair:supp:request": "request",
  "pair:auth:metadata": "metadata",
  "pair:auth:authorize": "code",
  "pair:supp:authorize": "confirmation",
};

export interface PairingModelOptions {
  /** How often each side's connection may be lost for a while. */
  readonly losses: number;
  readonly authority?: ReturnType<typeof authoritySteps>;
  readonly supplicant?: ReturnType<typeof supplicantSteps>;
}

export class PairingModel implements Model<World> {
  readonly initial: World;
  readonly #authority: ReturnType<typeof authoritySteps>;
  readonly #supplicant: ReturnType<typeof supplicantSteps>;

  constructor({ losses, authority = authoritySteps(), supplicant = supplicantSteps() }: PairingModelOptions) {
    this.#authority = authority;
    this.#supplicant = supplicant;
    this.initial = {
      host: device(authority.initial, losses),
      join: device(supplicant.initial, losses),
      authorization: "none",
      delivering: false,
      redemption: "none",
      cancelled: false,
      stored: false,
      faults: [],
      broken: undefined,
    };
  }

  key(world: World): string {
    return keyOf(world);
  }

  isOver({ host, join, authorization, redemption }: World): boolean {
    const answered = authorization !== "asked" && (redemption === "none" || redemption === "answered");
    return answered && [host, join].every((side) => side.outcome !== undefined && side.connection === "gone");
  }

  actions(world: World): readonly Action<World>[] {
    const found: Action<World>[] = [];
    const add = (name: string, certain: boolean, to: World) => found.push({ name, certain, to });
    for (const party of ["host", "join"] as const) {
      this.#connectionActions(world, party, add);
      this.#localActions(world, party, add);
      this.#closingActions(world, party, add);
    }
    this.#hostActions(world, add);
    this.#redemptionActions(world, add);
    return found;
  }

  #connectionActions(world: World, party: Party, add: Add): void {
    const { connection, inbound, outbox, losses } = world[party];
    if (connection === "gone") return;
    if (connection === "up") {
      const [first, ...rest] = inbound;
      if (first !== undefined) {
        add(
          `${party} gets ${first}`,
          true,
          this.#receive(change(world, party, { inbound: rest }), party, first),
        );
      }
      if (party === "join" && !world.join.together && world.host.connection === "up") {
        const met = this.#send(change(world, "join", { together: true }), "join", "finished");
        add("join is connected", false, this.#feed(met, "join", "connected"));
      }
      if (losses > 0) {
        add(`${party} is away`, false, change(world, party, { connection: "away", losses: losses - 1 }));
      }
      add(`${party} sees tampering`, false, this.#tampered(withFault(world, "tampered"), party));
    } else {
      let back = change(world, party, { connection: "up", outbox: [] });
      for (const frame of outbox) back = toRelay(back, party, frame);
      add(`${party} is back`, true, this.#delivered(back));
    }
    // What is on its way when the connection goes may arrive, the first of it or all.
    const toPeer = world[other(party)].inbound;
    for (let kept = toPeer.length; kept >= 0; kept--) {
      const cut = change(withFault(world, "lost"), other(party), { inbound: toPeer.slice(0, kept) });
      add(
        `${party} is cut off (${toPeer.length - kept} lost)`,
        connection === "away",
        this.#feed(this.#leave(cut, party), party, "lost"),
      );
    }
  }

  #localActions(world: World, party: Party, add: Add): void {
    const { question, deadline, interrupted, outcome } = world[party];
    if (question === "open") {
      for (const answer of ["yes", "no", "failed"] as const) {
        const answered = change(world, party, { question: answer });
        const to = this.#feed(answer === "failed" ? withFault(answered, "refused") : answered, party, answer);
        add(`${party} answers ${answer}`, false, to);
      }
    }
    if (outcome !== undefined) return;
    if (deadline === "ahead") {
      const late = change(withFault(world, "deadline"), party, { deadline: "over" });
      add(`${party}'s time is over`, true, this.#feed(late, party, "deadline"));
    }
    if (!interrupted) {
      const stopped = change(withFault(world, "interrupted"), party, { interrupted: true });
      add(`${party} is interrupted`, false, this.#feed(stopped, party, "interrupted"));
    }
  }

  /** Who is complete says close_notify, and leaves once it has left and the other side had its time. */
  #closingActions(world: World, party: Party, add: Add): void {
    const { outcome, connection, silent } = world[party];
    if (outcome !== "complete" || connection === "gone") return;
    if (!silent) add(`${party} says goodbye`, true, this.#closeNotify(world, party));
    else if (connection === "up") add(`${party} leaves`, true, this.#leave(world, party));
  }

  #hostActions(world: World, add: Add): void {
    if (world.authorization === "asked") {
      add("a code is granted", true, this.#feedHost({ ...world, authorization: "granted" }, "granted"));
      const refused = withFault({ ...world, authorization: "refused" }, "refused");
      add("no code is granted", true, this.#feedHost(refused, "failed"));
    }
  }

  #redemptionActions(world: World, add: Add): void {
    const { redemption, cancelled } = world;
    const move = (name: string, to: World["redemption"], changes: Partial<World> = {}) => {
      add(name, true, { ...world, redemption: to, ...changes });
    };
    if (redemption === "asked") move("tokens are issued", "tokens");
    if (redemption === "tokens" && !cancelled) move("credentials are stored", "stored", { stored: true });
    if (redemption === "asked" || redemption === "tokens") {
      const undone = withFault({ ...world, redemption: "undone" }, "refused");
      add("the exchange fails and gives back", true, cancelled ? { ...world, redemption: "undone" } : undone);
    }
    if (redemption === "stored" || redemption === "undone") {
      const answered: World = { ...world, redemption: "answered" };
      const to = this.#feedJoin(answered, redemption === "stored" ? "redeemed" : "failed");
      add("the exchange answers", true, to);
    }
  }

  #receive(world: World, party: Party, frame: Frame): World {
    switch (frame) {
      case "finished":
        return this.#feed(change(world, party, { together: true }), party, "connected");
      case "bye":
        return this.#feed(world, party, "peerClosed");
      case "alert":
        return this.#feed(this.#leave(world, party), party, "tampered");
      case "left":
        return this.#feed(this.#leave(world, party), party, "left");
      case "request":
      case "metadata":
      case "code":
      case "confirmation":
        return this.#feed(world, party, frame);
    }
  }

  #tampered(world: World, party: Party): World {
    const alerted = this.#send(world, party, "alert");
    return this.#feed(this.#leave(alerted, party), party, "tampered");
  }

  /** The connection is over on this side; the relay tells the other one after all that was sent before. */
  #leave(world: World, party: Party): World {
    if (world[party].connection === "gone") return world;
    const gone = change(world, party, { connection: "gone", inbound: [], outbox: [] });
    return toRelay(gone, party, "left");
  }

  #send(world: World, party: Party, frame: Frame): World {
    const { connection, silent, outbox } = world[party];
    if (connection === "gone" || (silent && frame !== "bye")) return world;
    if (connection === "away") return change(world, party, { outbox: [...outbox, frame] });
    return toRelay(world, party, frame);
  }

  #closeNotify(world: World, party: Party): World {
    const { silent, together } = world[party];
    if (silent) return world;
    const said = change(world, party, { silent: true });
    return together ? this.#send(said, party, "bye") : said;
  }

  #feed(world: World, party: Party, input: SharedInputName): World {
    return party === "host" ? this.#feedHost(world, input) : this.#feedJoin(world, input);
  }

  #feedHost(world: World, input: AuthorityInputName): World {
    const { to, effects } = this.#authority.steps.take(world.host.state, input, AUTHORITY_INPUTS[input]);
    return this.#delivered(this.#perform(change(world, "host", { state: to }), "host", effects));
  }

  /** What has left is known at once: no answer to it can come before. */
  #delivered(world: World): World {
    const { connection, outbox } = world.host;
    if (!world.delivering || connection !== "up" || outbox.length > 0) return world;
    return this.#feedHost({ ...world, delivering: false }, "delivered");
  }

  #feedJoin(world: World, input: SupplicantInputName): World {
    const { to, effects } = this.#supplicant.steps.take(world.join.state, input, SUPPLICANT_INPUTS[input]);
    return this.#perform(change(world, "join", { state: to }), "join", effects);
  }

  #perform(before: World, party: Party, effects: readonly (AuthorityEffect | SupplicantEffect)[]): World {
    let world = before;
    for (const effect of effects) {
      const problem = misplaced(world, party, effect);
      if (problem !== undefined) return { ...world, broken: problem };
      world = this.#performOne(world, party, effect);
    }
    return world;
  }

  #performOne(world: World, party: Party, effect: AuthorityEffect | SupplicantEffect): World {
    switch (effect.type) {
      case "send":
        return this.#send(world, party, MESSAGES[String(JSON.parse(effect.document).message)]!);
      case "report":
        return world;
      case "closeNotify":
        return this.#closeNotify(world, party);
      case "complete":
        return change(world, party, { outcome: "complete" });
      case "fail":
        return this.#leave(change(world, party, failure(effect.error)), party);
      case "present":
        return change(world, party, { question: "open" });
      case "authorize":
        return { ...world, authorization: "asked" };
      case "deliver":
        return { ...world, delivering: true };
      case "redeem":
        return { ...world, redemption: "asked" };
      case "cancelRedeem":
        return { ...world, cancelled: true };
    }
  }

  violation(world: World): string | undefined {
    const { host, join, authorization, redemption, stored, broken } = world;
    if (broken !== undefined) return broken;
    if (authorization !== "none" && host.question !== "yes") return "a code was asked for without a yes";
    if (redemption !== "none" && join.question !== "yes") return "the code was redeemed without a yes";
    if (redemption !== "none" && authorization !== "granted")
      return "a code was redeemed that nobody granted";
    if (stored && join.outcome !== undefined && join.outcome !== "complete") {
      return "credentials are stored after a failure";
    }
    if (join.outcome === "complete" && !stored) return "the new device is complete with nothing stored";
    for (const party of ["host", "join"] as const) {
      const busy = party === "join" && redemption !== "none" && redemption !== "answered";
      const { outcome, deadline, interrupted } = world[party];
      if (outcome === undefined && !busy && (deadline === "over" || interrupted)) {
        return `${party} goes on after it was told to stop`;
      }
    }
    return undefined;
  }
}

type Add = (name: string, certain: boolean, to: World) => void;

function toRelay(world: World, from: Party, frame: Frame): World {
  const to = other(from);
  const { connection, inbound } = world[to];
  return connection === "gone" ? world : change(world, to, { inbound: [...inbound, frame] });
}

function failure(error: Error): Partial<Device> {
  return {
    outcome: codeOf(error),
    warned: error instanceof FxaPairError && error.details?.perhapsSignedIn === true,
  };
}

/** A rule that this effect breaks by coming now. */
function misplaced(
  { host, join, authorization, redemption, ...world }: World,
  party: Party,
  effect: AuthorityEffect | SupplicantEffect,
): string | undefined {
  const { outcome, question } = party === "host" ? host : join;
  if (outcome !== undefined) return `${party} does something after its end: ${effect.type}`;
  switch (effect.type) {
    case "present":
      return question === "none" ? undefined : `${party}'s user is asked twice`;
    case "authorize":
      return authorization === "none" && question === "yes" ? undefined : "a code is asked for out of turn";
    case "redeem":
      return redemption === "none" && question === "yes" ? undefined : "a code is redeemed out of turn";
    case "send":
      if (!effect.document.includes("pair:auth:authorize")) return undefined;
      return authorization === "granted" && question === "yes"
        ? undefined
        : "a code is sent that nobody granted";
    case "cancelRedeem":
      return world.cancelled ? "the exchange is stopped twice" : undefined;
    case "closeNotify":
    case "complete":
    case "deliver":
    case "fail":
    case "report":
      return undefined;
  }
}
