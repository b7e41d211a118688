/**
 * The legacy Hawk scheme, as far as a server of the accounts protocol meets it: the header's grammar, the payload hash
 * and the MAC. Desktop Firefox still signs its requests this way; this client never does.
 */

import { createHash, createHmac } from "node:crypto";

/** The longest header that is parsed, in characters. */
const MAX_HEADER_LENGTH = 4096;
const KNOWN = new Set(["id", "ts", "nonce", "hash", "ext", "mac", "app", "dlg"]);
/** Printable ASCII without `"` and `\`. */
const ATTRIBUTE = /\s*([a-z]+)="([ !#-[\]-~]*)"\s*(?:,|$)/y;

export type HawkAttributes = Readonly<Record<string, string>>;

/**
 * The attributes of a `Hawk …` authorization header; `undefined` when it is too long, malformed, holds an attribute
 * twice or an unknown one, or lacks `id`, `ts`, `nonce` or `mac`.
 */
export function parseHawkHeader(header: string): HawkAttributes | undefined {
  const scheme = /^hawk\s+/i.exec(header);
  if (!scheme || header.length > MAX_HEADER_LENGTH) return undefined;
  const attributes = new Map<string, string>();
  ATTRIBUTE.lastIndex = scheme[0].length;
  while (ATTRIBUTE.lastIndex < header.length) {
    const match = ATTRIBUTE.exec(header);
    const [, name, value] = match ?? [];
    if (name === undefined || value === undefined || !KNOWN.has(name) || attributes.has(name))
      return undefined;
    attributes.set(name, value);
  }
  const complete = ["id", "ts", "nonce", "mac"].every((name) => attributes.has(name));
  return complete && !header.trimEnd().endsWith(",") ? Object.fromEntries(attributes) : undefined;
}

/** base64 SHA-256 of a body; `contentType` may carry parameters, which do not count. */
export function hawkPayloadHash(contentType: string, body: string): string {
  const type = (contentType.split(";")[0] ?? "").trim().toLowerCase();
  return createHash("sha256").update(`hawk.1.payload\n${type}\n${body}\n`).digest("base64");
}

export interface HawkRequest {
  readonly ts: string;
  readonly nonce: string;
  readonly method: string;
  /** Path and query. */
  readonly resource: string;
  readonly host: string;
  readonly port: number;
  readonly hash?: string | undefined;
  readonly ext?: string | undefined;
}

/** The base64 MAC of a request under a token's `authKey` (raw bytes). */
export function hawkMac(authKey: Uint8Array, request: HawkRequest): string {
  return createHmac("sha256", authKey).update(hawkNormalized(request)).digest("base64");
}

/** The text under the MAC: eight lines and a last line feed. */
export function hawkNormalized(request: HawkRequest): string {
  const { ts, nonce, method, resource, host, port, hash = "", ext = "" } = request;
  // Line feeds and backslashes are escaped in `ext` alone: nothing else can hold them.
  const escapedExt = ext.replace(/\\/g, "\\\\").replace(/\n/g, "\\n");
  const lines = [
    ts,
    nonce,
    method.toUpperCase(),
    resource,
    host.toLowerCase(),
    String(port),
    hash,
    escapedExt,
  ];
  return `hawk.1.header\n${lines.join("\n")}\n`;
}
