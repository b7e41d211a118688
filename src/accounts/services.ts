/** What the routes work with. */
import type { Clock } from "../lib/clock.ts";
import type { RandomSource } from "../lib/random.ts";
import type { IdTokenSigner } from "./id-token.ts";
import type { Mailbox } from "./mailbox.ts";
import type { AccountsStore } from "./store.ts";
import type { Throttles } from "./throttle.ts";

export interface Services {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly store: AccountsStore;
  readonly mailbox: Mailbox;
  readonly throttles: Throttles;
  readonly idTokens: IdTokenSigner;
  /** Milliseconds. */
  readonly accessTokenLifetime: number;
  /** The shared origin, known once the server listens. */
  origin(): string;
  /** The relay's WebSocket URL, as discovery names it. */
  pairingServer(): string;
}
