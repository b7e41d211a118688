/** How channels and connections end: the close code and reason each participant gets, in one table. */
import { CLOSE } from "../channel/wire.ts";

/** A WebSocket close code (RFC 6455 §7.4) and its reason, at most 123 bytes of ASCII. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
}

export const ENDINGS = {
  /** Nobody is left to be told; the reason is for logs. */
  everyoneLeft: { code: CLOSE.normal, reason: "everyone left" },
  goingAway: { code: CLOSE.goingAway, reason: "server going away" },
  binary: { code: CLOSE.unsupported, reason: "binary message" },
  maxExchanges: { code: CLOSE.policy, reason: "max-exchanges" },
  maxData: { code: CLOSE.policy, reason: "max-data" },
  maxFragments: { code: CLOSE.policy, reason: "too many fragments" },
  controlFrames: { code: CLOSE.policy, reason: "too many control frames" },
  slowConsumer: { code: CLOSE.policy, reason: "slow-consumer" },
  /** For the socket that a resumed one takes the place of. */
  replaced: { code: CLOSE.policy, reason: "resumed elsewhere" },
  maxMessage: { code: CLOSE.tooLarge, reason: "max-message" },
  tryLater: { code: CLOSE.tryLater, reason: "try again later" },
  lifespanOver: { code: CLOSE.lifespanOver, reason: "lifespan over" },
  idle: { code: CLOSE.idle, reason: "idle timeout" },
  peerLeft: { code: CLOSE.peerLeft, reason: "the other device left" },
} as const satisfies Record<string, Ending>;
