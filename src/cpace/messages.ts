/**
 * The two messages of the key exchange, JSON texts before TLS; values are base64url without padding:
 *
 *     {"pake":{"v":1,"sid":"<16 bytes>","Y":"<32 bytes>"}}     the joiner's
 *     {"pake":{"v":1,"Y":"<32 bytes>"}}                        the host's
 *
 * Members that are not named here are ignored.
 */
import * as v from "valibot";
import { decodeBase64url, encodeBase64url } from "../lib/base64url.ts";
import { parseJson } from "../lib/json.ts";
import { POINT_BYTES } from "./cpace.ts";

export const SESSION_ID_BYTES = 16;
/** The longer message has 115 characters; the rest is room for members of later versions. */
const MAX_LENGTH = 1024;

export interface JoinerMessage {
  readonly sessionId: Uint8Array;
  readonly share: Uint8Array;
}

const bytes = (length: number) =>
  v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const decoded = decodeBase64url(dataset.value);
      if (decoded?.length === length) return decoded;
      addIssue({ message: `not ${length} bytes in base64url` });
      return NEVER;
    }),
  );

const version = v.literal(1);
const joinerSchema = v.object({
  pake: v.object({ v: version, sid: bytes(SESSION_ID_BYTES), Y: bytes(POINT_BYTES) }),
});
const hostSchema = v.object({ pake: v.object({ v: version, Y: bytes(POINT_BYTES) }) });

/** Writes the joiner's message. */
export function formatJoinerMessage({ sessionId, share }: JoinerMessage): string {
  return JSON.stringify({ pake: { v: 1, sid: encodeBase64url(sessionId), Y: encodeBase64url(share) } });
}

/** Writes the host's message. */
export function formatHostMessage(share: Uint8Array): string {
  return JSON.stringify({ pake: { v: 1, Y: encodeBase64url(share) } });
}

/** Reads the joiner's message; `undefined` for whatever is none. That the share is a point is not checked here. */
export function parseJoinerMessage(text: string): JoinerMessage | undefined {
  const parsed = v.safeParse(joinerSchema, parseBounded(text));
  if (!parsed.success) return undefined;
  const { sid, Y } = parsed.output.pake;
  return { sessionId: sid, share: Y };
}

/** Reads the host's share; `undefined` for whatever is none. That it is a point is not checked here. */
export function parseHostMessage(text: string): Uint8Array | undefined {
  const parsed = v.safeParse(hostSchema, parseBounded(text));
  return parsed.success ? parsed.output.pake.Y : undefined;
}

function parseBounded(text: string): unknown {
  return text.length > MAX_LENGTH ? undefined : parseJson(text);
}
