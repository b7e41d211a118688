/** Runs the supplicant's side of a pairing over a channel: the effects of `supplicant.ts`. */
import type { SupplicantOrigin } from "./flow-types.ts";
import { Flow, timeInChannel } from "./flow.ts";
import type { FlowPorts } from "./flow.ts";
import type { AnnouncedAccount, SupplicantRequest } from "./messages.ts";
import type { MetadataStatus } from "./status.ts";
import { startSupplicant, stepSupplicant } from "./supplicant.ts";
import type { SupplicantEffect, SupplicantInput, SupplicantState } from "./supplicant.ts";

export interface SupplicantPorts extends FlowPorts {
  /** Milliseconds from connecting, or from showing the code: the other device may fall silent. */
  readonly timeout: number;
  readonly request: SupplicantRequest;
  /** Where the channel came from; the other device's code unless given. */
  readonly origin?: SupplicantOrigin;
  /** Asks the user. Only `true` is a yes; when the signal is aborted the answer is not needed any more. */
  ask(question: MetadataStatus, signal: AbortSignal): Promise<boolean>;
  /** Called before the user is asked; throws if this account cannot be joined. */
  checkAccount?(account: AnnouncedAccount): void;
  /**
   * Exchanges the code for tokens and keys, checks the profile against the announced e-mail address, and stores the
   * result last. Called at most once. When the signal is aborted and nothing is stored yet, it should stop, undo what
   * it has asked for, and throw.
   */
  redeem(code: string, email: string, signal: AbortSignal): Promise<void>;
}

/**
 * Resolves when the pairing is complete and the channel closed; `report` hears of the completion sooner.
 *
 * @throws FxaPairError with the code that says why the flow ended; what `checkAccount`, `ask` or `redeem` threw, as
 * it is
 */
export async function runSupplicant(ports: SupplicantPorts): Promise<void> {
  const redemption = new AbortController();
  const flow = new Flow<SupplicantState, SupplicantInput, SupplicantEffect>(ports, {
    initial: startSupplicant(ports.request, ports.origin),
    step: stepSupplicant,
    linger: 0,
    // Who shows a code knows when it ends; who reads one finds out from the relay.
    timeout: ports.origin?.role === "creator" ? timeInChannel(ports, ports.timeout) : ports.timeout,
    perform(effect) {
      if (effect.type === "present") {
        flow.answer(
          () => present(ports, effect.question, flow.questions),
          (yes) => ({ type: yes ? "yes" : "no" }),
        );
      } else if (effect.type === "redeem") {
        flow.answer(
          () => ports.redeem(effect.code, effect.email, redemption.signal),
          () => ({ type: "redeemed" }),
        );
      } else if (effect.type === "cancelRedeem") {
        redemption.abort(effect.error);
      } else {
        flow.perform(effect);
      }
    },
  });
  await flow.run();
}

async function present(
  ports: SupplicantPorts,
  question: MetadataStatus,
  signal: AbortSignal,
): Promise<boolean> {
  ports.report(question);
  ports.checkAccount?.(question);
  return ports.ask(question, signal);
}
