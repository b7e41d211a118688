/** From the accounts server's root to the addresses of its parts. Only the root is ever written down. */

import * as v from "valibot";
import { FxaPairError } from "../lib/errors.ts";
import { isLoopback } from "../lib/loopback.ts";
import { nearest } from "../lib/nearest.ts";
import { successDocument } from "./error-table.ts";
import type { Http } from "./http.ts";

export const RELEASE_ROOT = "https://accounts.firefox.com";
export const STAGE_ROOT = "https://accounts.stage.mozaws.net";

/** Addresses without a trailing slash; the first three bases end in `/v1`. */
export interface Servers {
  readonly contentServer: string;
  readonly auth: string;
  readonly oauth: string;
  readonly profile: string;
  /** The pairing relay, ws or wss; null when the server names none. */
  readonly pairing: string | null;
  /** Sync's token server; null when the server names none. */
  readonly tokenServer: string | null;
}

/**
 * The origin that `release`, `stage` or a URL means.
 *
 * @throws FxaPairError `usage` for anything but an https origin; plain http is allowed to loopback addresses.
 */
export function resolveServer(server: string): string {
  if (server === "release") return RELEASE_ROOT;
  if (server === "stage") return STAGE_ROOT;
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) {
    const meant = nearest(server, ["release", "stage"]);
    throw notAServer("is neither release, stage nor an https URL", meant && `Did you mean ${meant}?`);
  }
  if (!isSecure(url)) throw notAServer("must use https; plain http is for this machine's own addresses only");
  if (url.username !== "" || url.password !== "") throw notAServer("must not hold a user name or password");
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "")
    throw notAServer("must end after the host and port");
  return url.origin;
}

const ConfigurationSchema = v.object({
  auth_server_base_url: v.string(),
  oauth_server_base_url: v.string(),
  profile_server_base_url: v.string(),
  pairing_server_base_uri: v.nullish(v.string()),
  sync_tokenserver_base_url: v.nullish(v.string()),
});

/**
 * Fetches the server's configuration document and checks every address in it.
 *
 * @throws FxaPairError `unreachable` or `refused`: no such document, a member missing, an address that is not https or
 *   wss (http and ws to loopback only).
 */
export async function discover(http: Http, contentServer: string, signal?: AbortSignal): Promise<Servers> {
  const url = `${contentServer}/.well-known/fxa-client-configuration`;
  const answer = await http.request({ method: "GET", url, signal });
  const parsed = v.safeParse(ConfigurationSchema, successDocument(answer, "auth", new URL(url).host));
  if (!parsed.success) throw badConfiguration(contentServer, "it lacks an address");
  const configuration = parsed.output;
  const base = (address: string) => versioned(checkedAddress(contentServer, address, "http"));
  const optional = (address: string | null | undefined, scheme: "http" | "ws") =>
    typeof address === "string" ? checkedAddress(contentServer, address, scheme) : null;
  return {
    contentServer,
    auth: base(configuration.auth_server_base_url),
    oauth: base(configuration.oauth_server_base_url),
    profile: base(configuration.profile_server_base_url),
    pairing: optional(configuration.pairing_server_base_uri, "ws"),
    tokenServer: optional(configuration.sync_tokenserver_base_url, "http"),
  };
}

/** Whether credentials may go there at all: encrypted, or within this machine. */
function isSecure(url: URL): boolean {
  return url.protocol === "https:" || url.protocol === "wss:" || isLoopback(url.hostname);
}

function checkedAddress(contentServer: string, address: string, scheme: "http" | "ws"): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const fits = url && (url.protocol === `${scheme}:` || url.protocol === `${scheme}s:`);
  if (
    !fits ||
    !isSecure(url) ||
    url.username !== "" ||
    url.password !== "" ||
    url.search !== "" ||
    url.hash !== ""
  ) {
    throw badConfiguration(contentServer, `it names an address that is not ${scheme}s`);
  }
  return url.origin + url.pathname.replace(/\/+$/, "");
}

function versioned(base: string): string {
  return base.endsWith("/v1") ? base : `${base}/v1`;
}

function badConfiguration(contentServer: string, why: string): FxaPairError {
  return new FxaPairError("refused", `The configuration of ${contentServer} cannot be used: ${why}.`, {
    hint: "Check --server.",
  });
}

function notAServer(why: string, guess?: string): FxaPairError {
  return new FxaPairError("usage", `The accounts server given ${why}.`, {
    hint: guess ?? "Give --server as release, stage or https://host.",
  });
}
