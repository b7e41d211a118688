/** What every backplane must do, whatever it keeps its channels in. */
import { describe } from "vitest";
import { addressContract } from "./contract/addresses.ts";
import { channelContract } from "./contract/channels.ts";
import { nameplateContract } from "./contract/nameplates.ts";
import { peerLeftContract } from "./contract/peer-left.ts";
import { resumeContract } from "./contract/resuming.ts";
import { tokenContract } from "./contract/tokens.ts";
import type { BackplaneSubject } from "./contract/world.ts";

export type { BackplaneSubject } from "./contract/world.ts";

export function backplaneContract(name: string, subject: BackplaneSubject): void {
  describe(`${name} as a backplane`, () => {
    channelContract(subject);
    resumeContract(subject);
    tokenContract(subject);
    peerLeftContract(subject);
    addressContract(subject);
    nameplateContract(subject);
  });
}
