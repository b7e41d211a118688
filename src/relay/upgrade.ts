/** Reads an upgrade request: what it wants, and whether it is a WebSocket opening handshake at all. Pure. */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { isChannelId } from "../channel/wire.ts";
import type { Refusal } from "./refusals.ts";
import { REFUSALS } from "./refusals.ts";

/** Path that opens a channel; with an id behind it, that joins one. */
export const CHANNEL_PATH = "/v1/ws/";

export type Target = { readonly path: string } & (
  { readonly type: "open" | "malformed" | "plain" } | { readonly type: "join"; readonly id: string }
);

/** What a request target (RFC 9112 §3.2.1, with or without a query) asks for. */
export function parseTarget(requestTarget: string): Target {
  const query = requestTarget.indexOf("?");
  const path = query < 0 ? requestTarget : requestTarget.slice(0, query);
  if (!path.startsWith(CHANNEL_PATH)) return { type: "plain", path };
  const id = path.slice(CHANNEL_PATH.length);
  if (id === "") return { type: "open", path };
  return isChannelId(id) ? { type: "join", id, path } : { type: "malformed", path };
}

/** 16 bytes in base64 (RFC 6455 §4.1, item 7). */
const KEY = /^[A-Za-z0-9+/]{22}==$/;

/**
 * What is wrong with an opening handshake (RFC 6455 §4.2.1); `undefined` if nothing is. Looked at before a seat is
 * taken, so that a request which cannot become a WebSocket costs no channel.
 */
export function handshakeProblem({ method, headers }: IncomingMessage): Refusal | undefined {
  if (!isWebSocket(headers)) return REFUSALS.upgradeRequired;
  if (headers["sec-websocket-version"] !== "13") return REFUSALS.upgradeRequired;
  if (method !== "GET") return REFUSALS.badHandshake;
  return KEY.test(headers["sec-websocket-key"] ?? "") ? undefined : REFUSALS.badHandshake;
}

/** Whether an upgrade request asks for a WebSocket, of whatever version. */
export function isWebSocket(headers: IncomingHttpHeaders): boolean {
  return headers.upgrade?.toLowerCase() === "websocket";
}
