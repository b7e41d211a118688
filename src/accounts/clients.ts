/**
 * OAuth clients. The public ids are those of Mozilla's own applications; the full production registrations are not
 * public, so scopes and redirect URIs are what pairing shows of them. Three more stand for the kinds that must fail.
 */
import { createHash } from "node:crypto";
import { OLDSYNC_SCOPE, SESSION_SCOPE } from "../oauth/scopes.ts";

export interface Client {
  /** 16 lower-case hex digits. */
  readonly id: string;
  readonly name: string;
  /** Uses PKCE and has no secret. */
  readonly publicClient: boolean;
  readonly trusted: boolean;
  /** May use the `fxa-credentials` grant. */
  readonly canGrant: boolean;
  readonly allowedScopes: readonly string[];
  /** The first is the one that is taken when a request names none. */
  readonly redirectUris: readonly string[];
  readonly disabled: boolean;
  /** SHA-256 of the secret's 32 bytes, hex. */
  readonly hashedSecret: string | undefined;
}

/** Scopes every trusted client may have; an untrusted one only the four in {@link UNTRUSTED_SCOPES}. */
export const TRUSTED_SCOPES = ["openid", "profile", "email", "profile:subscriptions"] as const;
export const UNTRUSTED_SCOPES = ["openid", "profile:uid", "profile:email", "profile:display_name"] as const;

const THUNDERBIRD_SYNC_SCOPE = "https://identity.thunderbird.net/apps/sync";
const MOBILE_SCOPES = [OLDSYNC_SCOPE, SESSION_SCOPE];

/** Fixtures of the sandbox's own: a client with a secret, one switched off, one without the Sync scope. */
export const CONFIDENTIAL_CLIENT_ID = "c0c0c0c0c0c0c0c0";
export const CONFIDENTIAL_CLIENT_SECRET = "5a".repeat(32);
export const DISABLED_CLIENT_ID = "d0d0d0d0d0d0d0d0";
export const PROFILE_ONLY_CLIENT_ID = "b0b0b0b0b0b0b0b0";

export const CLIENTS: readonly Client[] = [
  publicClient("a2270f727f45f648", "Firefox for Android", MOBILE_SCOPES),
  publicClient("1b1a3e44c54fbb58", "Firefox for iOS", MOBILE_SCOPES),
  publicClient("3c49430b43dfba77", "Reference Browser", MOBILE_SCOPES),
  {
    ...publicClient("5882386c6d801776", "Firefox", MOBILE_SCOPES),
    redirectUris: [
      "urn:ietf:wg:oauth:2.0:oob:oauth-redirect-webchannel",
      "urn:ietf:wg:oauth:2.0:oob:pair-auth-webchannel",
    ],
  },
  publicClient("3332a18d142636cb", "Fennec", [OLDSYNC_SCOPE]),
  publicClient("8269bacd7bbc7f80", "Thunderbird", [THUNDERBIRD_SYNC_SCOPE, OLDSYNC_SCOPE]),
  publicClient("e7ce535d93522896", "Sync command line", [OLDSYNC_SCOPE]),
  {
    ...publicClient(CONFIDENTIAL_CLIENT_ID, "Sandbox web site", []),
    publicClient: false,
    trusted: false,
    canGrant: false,
    hashedSecret: createHash("sha256").update(CONFIDENTIAL_CLIENT_SECRET, "hex").digest("hex"),
  },
  { ...publicClient(DISABLED_CLIENT_ID, "Sandbox disabled client", MOBILE_SCOPES), disabled: true },
  { ...publicClient(PROFILE_ONLY_CLIENT_ID, "Sandbox profile reader", []), canGrant: false },
];

function publicClient(id: string, name: string, allowedScopes: readonly string[]): Client {
  return {
    id,
    name,
    publicClient: true,
    trusted: true,
    canGrant: true,
    allowedScopes,
    redirectUris: [`https://accounts.firefox.com/oauth/success/${id}`],
    disabled: false,
    hashedSecret: undefined,
  };
}
