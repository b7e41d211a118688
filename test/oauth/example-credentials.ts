import type { Credentials } from "../../src/oauth/credentials.ts";
import { deriveOldsyncKey } from "../../src/oauth/scoped-keys.ts";
import { OLDSYNC_SCOPE } from "../../src/oauth/scopes.ts";

export function exampleCredentials(members: Partial<Credentials> = {}): Credentials {
  return {
    version: 1,
    server: "https://accounts.example",
    clientId: "a2270f727f45f648",
    uid: "a1".repeat(16),
    email: "person@example.com",
    refreshToken: "b2".repeat(32),
    sessionToken: "c3".repeat(32),
    keys: { [OLDSYNC_SCOPE]: deriveOldsyncKey(new Uint8Array(32).fill(5), 1510726317123, OLDSYNC_SCOPE) },
    scope: ["profile", OLDSYNC_SCOPE],
    authAt: 1_700_000_000,
    deviceId: null,
    deviceName: "laptop",
    createdAt: "2024-01-01T00:00:00.000Z",
    ...members,
  };
}
