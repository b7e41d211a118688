/** Reads an upgrade request: what it wants, and whether it is a WebSocket opening handshake at all. Pure. */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { isChannelId } from "../channel/wire.ts";
import { ownText } from "./own-text.ts";
import type { Refusal } from "./refusals.ts";
import { REFUSALS } from "./refusals.ts";

/** Path that opens a channel; with an id behind it, that joins one. */
export const CHANNEL_PATH = "/v1/ws/";

/** Path that joins the channel of the nameplate behind it. */
const NAMEPLATE_PATH = "/v1/nameplates/";

export type Target = { readonly path: string } & (
  | { readonly type: "open"; readonly nameplate: boolean }
  | { readonly type: "join"; readonly id: string }
  | { readonly type: "joinByNameplate"; readonly nameplate: string }
  | {
      readonly type: "resume";
      readonly id: string;
      readonly presented: string;
      readonly received: number | undefined;
    }
  | { readonly type: "malformed"; readonly refusal: Refusal }
  | { readonly type: "plain" }
);

/** What a request target (RFC 9112 §3.2.1, with or without a query) asks for. */
export function parseTarget(requestTarget: string): Target {
  const mark = requestTarget.indexOf("?");
  const path = mark < 0 ? requestTarget : requestTarget.slice(0, mark);
  const query = mark < 0 ? "" : requestTarget.slice(mark + 1);
  if (path.startsWith(NAMEPLATE_PATH)) {
    return { type: "joinByNameplate", path, nameplate: path.slice(NAMEPLATE_PATH.length) };
  }
  if (!path.startsWith(CHANNEL_PATH)) return { type: "plain", path };
  const id = ownText(path.slice(CHANNEL_PATH.length));
  if (id === "") return { type: "open", path, nameplate: asksForNameplate(query) };
  if (!isChannelId(id)) return { type: "malformed", path, refusal: REFUSALS.malformedId };
  return parseResume(path, id, query) ?? { type: "join", id, path };
}

function asksForNameplate(query: string): boolean {
  return query !== "" && new URLSearchParams(query).getAll("nameplate").join() === "1";
}

/** `undefined` if the query asks for no resuming. Parameters that are not known are ignored. */
function parseResume(path: string, id: string, query: string): Target | undefined {
  if (query === "") return undefined;
  const parameters = new URLSearchParams(query);
  const [token, ...others] = parameters.getAll("resume");
  if (token === undefined) return undefined;
  // Of several tokens none counts: the empty text is the token of no seat.
  const presented = others.length === 0 ? token : "";
  const counts = parameters.getAll("received");
  if (counts.length === 0) return { type: "resume", path, id, presented, received: undefined };
  const received = counts.join();
  if (!COUNT.test(received)) return { type: "malformed", path, refusal: REFUSALS.badReceived };
  return { type: "resume", path, id, presented, received: Number(received) };
}

/** A number of messages, exact in a double. */
const COUNT = /^[0-9]{1,15}$/;

/** 16 bytes in base64 (RFC 6455 §4.1, item 7). */
const KEY = /^[A-Za-z0-9+/]{22}==$/;

/**
 * What is wrong with an opening handshake (RFC 6455 §4.2.1); `undefined` if nothing is. Looked at before a seat is
 * taken, so that a request which cannot become a WebSocket costs no channel.
 */
export function handshakeProblem({ method, headers, httpVersion }: IncomingMessage): Refusal | undefined {
  if (!isWebSocket(headers)) return REFUSALS.upgradeRequired;
  if (headers["sec-websocket-version"] !== "13") return REFUSALS.upgradeRequired;
  // Before HTTP/1.1 a connection becomes nothing else, and a proxy between that speaks 1.0 would pass on no frames.
  if (method !== "GET" || httpVersion !== "1.1") return REFUSALS.badHandshake;
  return KEY.test(headers["sec-websocket-key"] ?? "") ? undefined : REFUSALS.badHandshake;
}

/** Whether an upgrade request asks for a WebSocket, of whatever version. */
export function isWebSocket(headers: IncomingHttpHeaders): boolean {
  return headers.upgrade?.toLowerCase() === "websocket";
}
