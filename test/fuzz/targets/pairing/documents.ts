/** Documents of honest pairings, to begin with. */
import {
  formatConfirmation,
  formatGrant,
  formatMetadata,
  formatRequest,
} from "../../../../src/pairing/messages.ts";
import type { SupplicantRequest } from "../../../../src/pairing/messages.ts";

export const CODE = "ab".repeat(32);
export const STATE = "c3RhdGU";

/** The point of RFC 7517, Appendix A.1. */
const JWK = JSON.stringify({
  kty: "EC",
  crv: "P-256",
  x: "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
  y: "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
});

export const REQUEST: SupplicantRequest = {
  clientId: "a2270f727f45f648",
  scope: ["profile", "https://identity.mozilla.com/apps/oldsync"],
  state: STATE,
  codeChallenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  keysJwk: Buffer.from(JWK).toString("base64url"),
};

export const METADATA = {
  email: "user@example.com",
  displayName: "A User",
  deviceName: "A Device",
  avatar: "https://example.com/avatar",
};

const [request, metadata, grant, confirmation] = [
  formatRequest(REQUEST),
  formatMetadata(METADATA),
  formatGrant(CODE, STATE),
  formatConfirmation(),
];
const ID = "AAECAwQFBgcICQoLDA0ODw";

/** In turn: of the pairing, a first message of a channel, an envelope. */
export const DOCUMENTS: readonly string[] = [
  request,
  JSON.stringify({
    link: `/v1/ws/${ID}`,
    channelid: ID,
    resume: "t",
    seen: 2,
    expires_in: 300,
    nameplate: "42",
  }),
  JSON.stringify({
    message: "AAEC",
    sender: { ua: "Browser", remote: "192.0.2.7", city: "C", region: null, country: "X" },
  }),
  metadata,
  JSON.stringify({ link: `/v1/ws/${ID}`, channelid: ID, expires_in: null }),
  JSON.stringify({ message: "", sender: {} }),
  grant,
  JSON.stringify({ link: "", channelid: "" }),
  JSON.stringify({ message: "AAEC" }),
  confirmation,
];

const piece = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const says = (text: string): Buffer => Buffer.concat([Buffer.of(0), piece(text)]);

/** What happens on either side, as the talks read it: 3 and flags for the signed-in device, 4 for the new one. */
export const CONVERSATIONS: readonly Buffer[] = [
  Buffer.concat([Buffer.of(3, 0, 1), says(request), Buffer.of(3, 7), says(confirmation), Buffer.of(9)]),
  Buffer.concat([Buffer.of(3, 1, 1), says(request), says(confirmation), Buffer.of(3, 7, 9)]),
  Buffer.concat([Buffer.of(3, 2, 1), says(request), Buffer.of(5)]),
  Buffer.concat([Buffer.of(3, 4, 1), says(request), Buffer.of(3, 11)]),
  Buffer.concat([Buffer.of(4, 1), says(metadata), Buffer.of(3), says(grant), Buffer.of(7)]),
  Buffer.concat([Buffer.of(4, 1), says(metadata), says(grant), Buffer.of(3, 13, 7)]),
  Buffer.concat([Buffer.of(4, 1), says(metadata), Buffer.of(15, 17)]),
];
