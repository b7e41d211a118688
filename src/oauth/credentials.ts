/** What a signed-in device keeps. */

import * as v from "valibot";
import { FxaPairError } from "../lib/errors.ts";
import { ScopedKeysSchema } from "./scoped-keys.ts";

/** The format this program writes. */
export const CREDENTIALS_VERSION = 1;

const hex = (digits: number) => v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${String(digits)}}$`)));

export const CredentialsSchema = v.pipe(
  v.object({
    version: v.literal(CREDENTIALS_VERSION),
    /** Origin of the accounts server they came from, and the only one they may go to. */
    server: v.pipe(v.string(), v.url()),
    clientId: hex(16),
    uid: hex(32),
    email: v.string(),
    refreshToken: hex(64),
    /** Present when the session scope was granted, or after a sign-in with the password. */
    sessionToken: v.exactOptional(hex(64)),
    /** By scope. */
    keys: ScopedKeysSchema,
    /** What was granted. */
    scope: v.pipe(v.array(v.string()), v.readonly()),
    /** Unix seconds of the sign-in behind the tokens. */
    authAt: v.nullable(v.pipe(v.number(), v.finite())),
    deviceId: v.nullable(v.string()),
    deviceName: v.nullable(v.string()),
    /** RFC 3339. */
    createdAt: v.string(),
  }),
  v.readonly(),
);

export type Credentials = v.InferOutput<typeof CredentialsSchema>;

/**
 * Lets credentials through that belong to this accounts server: they must not be shown to another.
 *
 * @throws FxaPairError `not_signed_in` otherwise.
 */
export function requireServer(credentials: Credentials, contentServer: string): Credentials {
  if (credentials.server === contentServer) return credentials;
  throw new FxaPairError(
    "not_signed_in",
    `This device is signed in at another accounts server, not at ${contentServer}.`,
    {
      hint: "Give that server with --server, or sign out first with: fxa-pair logout",
    },
  );
}
