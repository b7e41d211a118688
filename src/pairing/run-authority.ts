/** Runs the authority's side of a pairing over a channel: the effects of `authority.ts`. */
import { within } from "../lib/within.ts";
import { startAuthority, stepAuthority } from "./authority.ts";
import type { AuthorityEffect, AuthorityInput, AuthorityState } from "./authority.ts";
import { formatFingerprint } from "./fingerprint.ts";
import type { AuthorityOrigin } from "./flow-types.ts";
import { Flow, timeInChannel } from "./flow.ts";
import type { FlowPorts } from "./flow.ts";
import type { AuthorityMetadata } from "./messages.ts";
import type { PairRequest, RequestPolicy } from "./request-checks.ts";
import type { PairingStatus, RequestStatus } from "./status.ts";

/**
 * Milliseconds that the other side has for its close_notify before ours. A Firefox looks at its pairing once a second
 * and takes a channel that closes earlier for a failure.
 */
const LINGER = 1000;
/** Milliseconds that the question waits for the client's name. */
const CLIENT_NAME_WAIT = 5000;

export interface AuthorityPorts extends FlowPorts {
  /** Milliseconds for the whole offer. */
  readonly timeout: number;
  readonly policy: RequestPolicy;
  readonly metadata: AuthorityMetadata;
  /** Where the channel came from; shown here unless given. */
  readonly origin?: AuthorityOrigin;
  /** The accounts server's name for a client; null if it has none to give. */
  clientName(clientId: string): Promise<string | null>;
  /**
   * Asks the accounts server for an authorization code (64 hex characters) for exactly this request. Called at most
   * once, after a yes, with the object whose contents were shown. The answer's `state` has been checked.
   */
  authorize(request: PairRequest): Promise<string>;
  /** Asks the user. Only `true` is a yes; when the signal is aborted the answer is not needed any more. */
  ask(question: RequestStatus, signal: AbortSignal): Promise<boolean>;
}

/**
 * Resolves when the pairing is complete and the channel closed; `report` hears of the completion sooner. The offer's
 * time is over after `timeout`, or at the channel's end if that comes first.
 *
 * @throws FxaPairError with the code that says why the flow ended; what `authorize` or `ask` threw, as it is
 */
export async function runAuthority(ports: AuthorityPorts): Promise<{ clientId: string }> {
  const reports = new OrderedReports((status) => {
    ports.report(status);
  });
  const flowPorts = { ...ports, report: reports.report.bind(reports) };
  const flow = new Flow<AuthorityState, AuthorityInput, AuthorityEffect>(flowPorts, {
    initial: startAuthority(ports.metadata, ports.policy, ports.origin),
    step: stepAuthority,
    linger: LINGER,
    timeout: timeInChannel(ports, ports.timeout),
    perform(effect) {
      if (effect.type === "present") {
        flow.answer(
          () => present(ports, effect, reports, flow.questions),
          (yes) => ({ type: yes ? "yes" : "no" }),
        );
      } else if (effect.type === "authorize") {
        flow.answer(
          () => ports.authorize(effect.request),
          (code) => ({ type: "code", code }),
        );
      } else if (effect.type === "deliver") {
        flow.answer(
          () => ports.channel.flushed(),
          () => ({ type: "delivered" }),
        );
      } else {
        if (effect.type === "fail") reports.release();
        flow.perform(effect);
      }
    },
  });
  const { request } = await flow.run();
  if (request === null) throw new Error("a pairing was completed without a request");
  return { clientId: request.clientId };
}

/** While a request waits for its client's name, what comes after it waits, too. */
class OrderedReports {
  readonly #tell: (status: PairingStatus) => void;
  #held: PairingStatus[] | undefined;

  constructor(tell: (status: PairingStatus) => void) {
    this.#tell = tell;
  }

  report(status: PairingStatus): void {
    if (this.#held === undefined) this.#tell(status);
    else this.#held.push(status);
  }

  hold(): void {
    this.#held = [];
  }

  release(...first: readonly PairingStatus[]): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const status of [...first, ...held]) this.#tell(status);
  }
}

async function present(
  ports: AuthorityPorts,
  { request, sender, fingerprint }: Extract<AuthorityEffect, { type: "present" }>,
  reports: OrderedReports,
  signal: AbortSignal,
): Promise<boolean> {
  reports.hold();
  const question: RequestStatus = {
    type: "request",
    clientId: request.clientId,
    clientName: await nameInTime(ports, request.clientId, signal),
    scope: request.scope,
    sender,
    fingerprint: formatFingerprint(fingerprint),
    jwkThumbprint: request.jwkThumbprint,
  };
  if (signal.aborted) return false;
  reports.release(question);
  return ports.ask(question, signal);
}

/** The name is a courtesy: no trouble in getting it keeps the question from being asked, or the flow from ending. */
async function nameInTime(
  ports: AuthorityPorts,
  clientId: string,
  signal: AbortSignal,
): Promise<string | null> {
  const asked = async () => ports.clientName(clientId);
  const over = new Promise<null>((resolve) => {
    signal.addEventListener("abort", () => {
      resolve(null);
    });
  });
  return within(ports.clock, CLIENT_NAME_WAIT, Promise.race([asked(), over]), () => null).catch(() => null);
}
