/**
 * Goes a way through the model once more, with `runAuthority` and `runSupplicant` in the place of the model's own idea of
 * them: the world around is the same, but what the two do in it is the real thing. An action that has no place in the
 * real world, or a frame that differs, throws.
 */
import { FxaPairError } from "../../../src/lib/errors.ts";
import { runAuthority } from "../../../src/pairing/run-authority.ts";
import { runSupplicant } from "../../../src/pairing/run-supplicant.ts";
import { POLICY, REQUEST } from "../request-fixture.ts";
import { codeOf } from "../transcript.ts";
import { CODE, FLOW_INPUTS, METADATA } from "./inputs.ts";
import { cutOff, receive, ReplayedChannel, TIMEOUT, Timers } from "./replayed-channel.ts";
import type { Party, World } from "./world.ts";

/** What both sides came to. */
export interface End {
  readonly host: string | undefined;
  readonly join: string | undefined;
  /** The host's error says that the other device may be signed in. */
  readonly warned: boolean;
  readonly codesAsked: number;
  readonly stored: boolean;
  /** The exchange was told to stop. */
  readonly cancelled: boolean;
}

/** A promise that the way settles, when it was asked for. */
class Asked<T> {
  #settle: { readonly resolve: (value: T) => void; readonly reject: (error: Error) => void } | undefined;
  count = 0;

  readonly ask = (): Promise<T> => {
    this.count += 1;
    return new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
  };

  answer(value: T | Error): void {
    if (this.#settle === undefined) throw new Error("nobody has asked");
    if (value instanceof Error) this.#settle.reject(value);
    else this.#settle.resolve(value);
  }
}

/** One side, and its user. */
interface Side {
  readonly channel: ReplayedChannel;
  readonly timers: Timers;
  readonly stop: AbortController;
  readonly question: Asked<boolean>;
}

const FAILED = FLOW_INPUTS.failed.error;

class Replay {
  readonly #sides: Readonly<Record<Party, Side>> = { host: newSide(), join: newSide() };
  readonly #code = new Asked<string>();
  readonly #tokens = new Asked<void>();
  #redemption: AbortSignal | undefined;
  #stored = false;
  readonly #outcomes: Promise<readonly [host: unknown, join: unknown]>;

  constructor() {
    const { host, join } = this.#sides;
    host.channel.peer = join.channel;
    join.channel.peer = host.channel;
    const authority = runAuthority({
      ...portsOf(host),
      policy: POLICY,
      metadata: METADATA,
      clientName: () => Promise.resolve(null),
      authorize: this.#code.ask,
    });
    const supplicant = runSupplicant({
      ...portsOf(join),
      request: REQUEST,
      redeem: (_code, _email, signal) => {
        this.#redemption = signal;
        return this.#tokens.ask();
      },
    });
    this.#outcomes = Promise.all([authority.then(complete, same), supplicant.then(complete, same)]);
  }

  async go(trace: readonly string[]): Promise<End> {
    await settled();
    for (const [index, action] of trace.entries()) {
      try {
        this.#act(action);
      } catch (error) {
        throw new Error(`${action}: ${String(error)}, after: ${trace.slice(0, index).join("; ")}`, {
          cause: error,
        });
      }
      await settled();
    }
    const over = settled().then(() => {
      throw new Error(`a side is not done, after: ${trace.join("; ")}`);
    });
    const [host, join] = await Promise.race([this.#outcomes, over]);
    return {
      host: outcomeOf(host),
      join: outcomeOf(join),
      warned: host instanceof FxaPairError && host.details?.perhapsSignedIn === true,
      codesAsked: this.#code.count,
      stored: this.#stored,
      cancelled: this.#redemption?.aborted === true,
    };
  }

  #act(action: string): void {
    const [, party, rest = ""] = /^(host|join)(?:'s)? (.*)$/.exec(action) ?? [];
    if (party === "host" || party === "join") this.#actOf(this.#sides[party], rest);
    else this.#serve(action);
  }

  #actOf({ channel, timers, stop, question }: Side, action: string): void {
    const [, frame] = /^gets (.*)$/.exec(action) ?? [];
    if (frame !== undefined) {
      receive(channel, frame);
      return;
    }
    const [, answer] = /^answers (.*)$/.exec(action) ?? [];
    if (answer !== undefined) {
      question.answer(answer === "failed" ? FAILED : answer === "yes");
      return;
    }
    const [, lost] = /^is cut off \((\d+) lost\)$/.exec(action) ?? [];
    if (lost !== undefined) {
      cutOff(channel, Number(lost));
      return;
    }
    switch (action) {
      case "is connected":
        channel.together = true;
        channel.put({ frame: "finished", document: "" });
        channel.queue.push({ type: "connected" });
        return;
      case "is away":
        channel.connection = "away";
        channel.queue.push({ type: "lost" });
        return;
      case "is back":
        channel.back();
        channel.queue.push({ type: "resumed" });
        return;
      case "sees tampering":
        channel.put({ frame: "alert", document: "" });
        channel.leave();
        channel.queue.push(FLOW_INPUTS.tampered);
        return;
      case "time is over":
        timers.fire((milliseconds) => milliseconds === TIMEOUT);
        return;
      case "is interrupted":
        stop.abort(FLOW_INPUTS.interrupted.error);
        return;
      case "says goodbye":
        channel.sayBye();
        timers.fire((milliseconds) => milliseconds === 1000);
        return;
      case "leaves":
        channel.leaveAtLast();
        timers.fire((milliseconds) => milliseconds < TIMEOUT);
        return;
      default:
        throw new Error("unknown");
    }
  }

  #serve(action: string): void {
    switch (action) {
      case "a code is granted":
        this.#code.answer(CODE);
        return;
      case "no code is granted":
        this.#code.answer(FAILED);
        return;
      case "tokens are issued":
      case "the exchange fails and gives back":
        return;
      case "credentials are stored":
        this.#stored = true;
        return;
      case "the exchange answers":
        this.#tokens.answer(this.#stored ? undefined : FAILED);
        return;
      default:
        throw new Error("unknown");
    }
  }
}

/** What the model comes to. */
export function endOf({ host, join, authorization, stored, cancelled }: World): End {
  return {
    host: host.outcome,
    join: join.outcome,
    warned: host.warned,
    codesAsked: authorization === "none" ? 0 : 1,
    stored,
    cancelled,
  };
}

/** Goes the way of that trace. @throws when the real world has no such way */
export function replay(trace: readonly string[]): Promise<End> {
  return new Replay().go(trace);
}

function newSide(): Side {
  return {
    channel: new ReplayedChannel(),
    timers: new Timers(),
    stop: new AbortController(),
    question: new Asked(),
  };
}

function portsOf({ channel, timers, stop, question }: Side) {
  return {
    channel,
    clock: timers,
    timeout: TIMEOUT,
    signal: stop.signal,
    ask: question.ask,
    report: ({ type }: { readonly type: string }) => {
      if (type === "complete") channel.isComplete = true;
    },
  };
}

const complete = () => "complete";
const same = (error: unknown) => error;
const outcomeOf = (outcome: unknown) => (outcome === "complete" ? outcome : codeOf(outcome));

/** All that can happen by itself has happened. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
