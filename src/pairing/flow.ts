/**
 * Drives one side of a pairing: feeds its step function from the channel, the clock and Ctrl-C, one input at a time,
 * carries out the effects that both sides share, and closes by the rules.
 */
import type { PairingChannel } from "../channel/pairing-channel.ts";
import { RESUME_TIME } from "../channel/relay-link.ts";
import type { Clock } from "../lib/clock.ts";
import { FxaPairError, toError } from "../lib/errors.ts";
import { Settled } from "../lib/settled.ts";
import { within } from "../lib/within.ts";
import type { FlowEffect, FlowInput, Step } from "./flow-types.ts";
import type { PairingStatus } from "./status.ts";

export interface FlowPorts {
  readonly channel: PairingChannel;
  readonly clock: Clock;
  /** Told of each step. Must not throw. */
  report(status: PairingStatus): void;
  /** Ends the flow when aborted; its reason is an `interrupted` error. */
  readonly signal: AbortSignal;
}

export interface FlowMachine<State, Input, Effect extends { readonly type: string }> {
  readonly initial: State;
  /** Milliseconds from the start until the flow gives up. */
  readonly timeout: number;
  step(state: State, input: Input | FlowInput): Step<State, Effect>;
  /** Carries out one effect; those it shares with the other side it hands to {@link Flow.perform}. */
  perform(effect: Effect): void;
  /** Milliseconds to leave the first close_notify to the other side, once complete. */
  readonly linger: number;
}

/** Milliseconds until a flow gives up: what its user allows, or the channel's end if that comes first. */
export function timeInChannel({ channel, clock }: FlowPorts, timeout: number): number {
  if (channel.expiresAt === null) return timeout;
  return Math.max(0, Math.min(timeout, channel.expiresAt - clock.now()));
}

/** How long to wait for the other side's close_notify after our own. */
const PEER_CLOSE_WAIT = 3000;

export class Flow<State, Input, Effect extends { readonly type: string }> {
  readonly #ports: FlowPorts;
  readonly #machine: FlowMachine<State, Input, Effect>;
  readonly #questions = new AbortController();
  readonly #outcome = new Settled<Error | null>();
  /** The other side has closed, the connection is gone, or the user does not want to wait. */
  readonly #released = new Settled<null>();
  readonly #inputs: (Input | FlowInput)[] = [];
  #state: State;
  #stepping = false;

  constructor(ports: FlowPorts, machine: FlowMachine<State, Input, Effect>) {
    this.#ports = ports;
    this.#machine = machine;
    this.#state = machine.initial;
  }

  /** Aborted when the flow is over: a question still open then has no meaning any more. */
  get questions(): AbortSignal {
    return this.#questions.signal;
  }

  /** The final state, when the pairing is complete and the channel closed. @throws the error of a flow that failed */
  async run(): Promise<State> {
    const { channel, clock, signal } = this.#ports;
    const onAbort = () => {
      this.#interrupt(signal.reason);
    };
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    const cancelDeadline = clock.after(this.#machine.timeout, () => {
      this.dispatch({ type: "deadline" });
    });
    void this.#pump();
    try {
      const failure = await this.#outcome.promise;
      this.#questions.abort();
      cancelDeadline();
      if (failure !== null) throw failure;
      await this.#closeGently();
      return this.#state;
    } finally {
      cancelDeadline();
      signal.removeEventListener("abort", onAbort);
      await channel.close();
    }
  }

  /** Takes one step. An input that comes up during a step waits for its end. */
  dispatch(input: Input | FlowInput): void {
    this.#inputs.push(input);
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      for (let current = this.#inputs.shift(); current !== undefined; current = this.#inputs.shift()) {
        const { state, effects } = this.#machine.step(this.#state, current);
        this.#state = state;
        // An open question goes before the end is told.
        if (effects.some(({ type }) => type === "fail" || type === "complete")) this.#questions.abort();
        for (const effect of effects) this.#machine.perform(effect);
      }
    } catch (error) {
      this.#outcome.settle(toError(error));
    } finally {
      this.#stepping = false;
    }
  }

  /** Calls something that takes its time, and makes an input of what it gives, `failed` of what it throws. */
  answer<T>(call: () => Promise<T>, toInput: (value: T) => Input): void {
    const answered = new Promise<T>((resolve) => {
      resolve(call());
    });
    answered.then(
      (value) => {
        this.dispatch(toInput(value));
      },
      (error: unknown) => {
        this.dispatch({ type: "failed", error: toError(error) });
      },
    );
  }

  /** Carries out an effect that both sides know. */
  perform(effect: FlowEffect): void {
    switch (effect.type) {
      case "send":
        this.#ports.channel.send(effect.document);
        return;
      case "report":
        this.#ports.report(effect.status);
        return;
      case "closeNotify":
        this.#ports.channel.closeNotify();
        return;
      case "complete":
        this.#outcome.settle(null);
        return;
      case "fail":
        this.#outcome.settle(effect.error);
        return;
    }
  }

  async #pump(): Promise<void> {
    try {
      for await (const event of this.#ports.channel.events()) {
        // The flow is above the connections that carry it; only its user wants to know.
        if (event.type === "lost" || event.type === "resumed") this.#ports.report(event);
        else this.dispatch(event);
        if (event.type === "peerClosed" || event.type === "ended") this.#released.settle(null);
      }
    } catch (error) {
      this.dispatch({ type: "ended", error: toError(error) });
    }
    this.#released.settle(null);
  }

  #interrupt(reason: unknown): void {
    const error = reason instanceof Error ? reason : new FxaPairError("interrupted", "Interrupted.");
    this.dispatch({ type: "interrupted", error });
    this.#released.settle(null);
  }

  async #closeGently(): Promise<void> {
    const { channel } = this.#ports;
    const released = this.#released.promise;
    await this.#atMost(this.#machine.linger, released);
    await this.#untilSent();
    channel.closeNotify();
    await this.#atMost(PEER_CLOSE_WAIT, released);
    await this.#untilSent();
  }

  /** What a lost connection may have taken with it must leave before the channel does, or the other side waits in vain. */
  async #untilSent(): Promise<void> {
    await this.#atMost(RESUME_TIME, Promise.race([this.#released.promise, this.#ports.channel.flushed()]));
  }

  async #atMost(milliseconds: number, event: Promise<unknown>): Promise<void> {
    if (milliseconds > 0) await within(this.#ports.clock, milliseconds, event, () => undefined);
  }
}
