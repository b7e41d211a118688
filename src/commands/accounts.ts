/** From options to the accounts server, the relay and the credential store that a run uses. */
import { join } from "node:path";
import { FxaPairError } from "../lib/errors.ts";
import { AccountsClient } from "../oauth/accounts-client.ts";
import { FileCredentialStore } from "../oauth/credential-store.ts";
import { discover, resolveServer } from "../oauth/discovery.ts";
import { HttpClient } from "../oauth/http.ts";
import type { Run } from "./setup.ts";
import { userAgent } from "./setup.ts";

export interface ServerFlags {
  readonly server?: string | undefined;
  readonly channelServer?: string | undefined;
  readonly configDir: string;
}

const DEFAULT_SERVER = "release";

/** The accounts server's origin that the options name. */
export function contentServerOf(flags: ServerFlags): string {
  return resolveServer(flags.server ?? DEFAULT_SERVER);
}
