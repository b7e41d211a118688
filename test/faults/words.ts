/** What users are told, as far as the fault table needs it. */
import type { Ending } from "./row.ts";

const CHECK = "The device may be signed in: look with fxa-pair devices";
const NEW_CODE = "Start again with a new code.";
const INTERFERENCE = "Somebody may be interfering";

export const BROKE: Ending = [6, `The connection to the relay broke (1006). Check the network. ${NEW_CODE}`];
export const BROKE_PERHAPS: Ending = [6, `The connection to the relay broke (1006). ${CHECK}`];
export const LEFT: Ending = [4, `The other device left. ${NEW_CODE}`];
export const LEFT_PERHAPS: Ending = [4, `The other device left. ${CHECK}`];
export const CLOSED: Ending = [4, "The pairing was declined or closed by the other device."];
export const NOBODY_CAME: Ending = [5, `Nobody used the code in time; it is no longer good. ${NEW_CODE}`];
export const NOT_CONFIRMED: Ending = [
  5,
  `The pairing was not confirmed on both devices in time. ${NEW_CODE}`,
];
export const UNKNOWN_CHANNEL: Ending = [
  5,
  `The relay does not know this channel: the code is used up or too old. ${NEW_CODE}`,
];
export const NO_GREETING: Ending = [6, "The relay did not answer in time."];
export const MALFORMED: Ending = [7, `The relay misbehaved: it sent a malformed message. ${INTERFERENCE}`];

const broken = (what: string, then: string): Ending => [7, `The secure channel failed: ${what}. ${then}`];
export const BAD_RECORD = broken(
  "a record was changed, repeated, lost, or sealed with another key (bad_record_mac)",
  INTERFERENCE,
);
export const BAD_RECORD_PERHAPS = broken(
  "a record was changed, repeated, lost, or sealed with another key (bad_record_mac)",
  CHECK,
);
export const PEER_BAD_RECORD = broken("the peer ended the connection (bad_record_mac)", INTERFERENCE);
export const PEER_BAD_RECORD_PERHAPS = broken("the peer ended the connection (bad_record_mac)", CHECK);
export const IN_THE_CLEAR = broken(
  "a record came in the clear although keys are set (unexpected_message)",
  INTERFERENCE,
);
export const TOO_SOON = broken(
  "a protected record came before its keys are set (unexpected_message)",
  INTERFERENCE,
);
export const PEER_UNEXPECTED = broken("the peer ended the connection (unexpected_message)", INTERFERENCE);

export const CANNOT_REACH = "The accounts server at SERVER cannot be reached (UND_ERR_SOCKET).";
export const SLOW = "The accounts server at SERVER answers too slowly.";
const LOOK = "It may be signed in all the same: look with fxa-pair devices on another device";

export const UNREACHABLE: Ending = [6, `${CANNOT_REACH} Check the connection`];
export const UNREACHABLE_PERHAPS: Ending = [6, `${CANNOT_REACH} ${LOOK}`];
export const TOO_SLOW: Ending = [6, `${SLOW} Check the connection`];
export const TOO_SLOW_PERHAPS: Ending = [6, `${SLOW} ${LOOK}`];
export const CODE_USED: Ending = [8, `The authorization code is unknown or was used before. ${LOOK}`];
export const NOT_REVOKED: Ending = [
  6,
  `${CANNOT_REACH} Nothing was stored, but the server still has it. Remove this device`,
];
export const UNNAMED: Ending = [0, "The device could not be named in the account's list"];
export const CLOSED_PERHAPS: Ending = [4, `The pairing was declined or closed by the other device. ${CHECK}`];
export const LEFT_SOMEHOW: Ending = [4, "The other device left."];
export const KILLED: Ending = [137, ""];
