/** Everything the relay answers without a WebSocket: refusals, health, version. */
import type { ServerResponse } from "node:http";
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock } from "../lib/clock.ts";
import { cutLater } from "./owed-answers.ts";
import type { Refusal } from "./refusals.ts";
import { REFUSALS } from "./refusals.ts";

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What it refuses, if that is what it does. */
  readonly refusal?: Refusal;
}

/** What `/__version__` tells about this build. */
export interface BuildFacts {
  readonly source: string;
  readonly version: string;
  readonly commit: string;
  readonly build: string;
}

/** What plain answers are made of. */
export interface PlainFacts {
  readonly build: BuildFacts;
  /** The name of a dependency that does not answer; `undefined` if all is well. */
  readonly failing: () => Promise<string | undefined>;
  /** The figures, where they are for everybody. */
  readonly metrics: (() => Promise<HttpAnswer>) | undefined;
}

export const METRICS_PATH = "/metrics";

const EMPTY: HttpAnswer = { status: 200, headers: {}, body: "" };

/** A refusal as status and one line of JSON: `{"error","message"}`. */
export function refusalAnswer(refusal: Refusal): HttpAnswer {
  const { status, error, message, retryAfter } = refusal;
  const headers = {
    ...(retryAfter === undefined ? {} : { "Retry-After": String(retryAfter) }),
    // RFC 9110 §15.5.22: a 426 names the protocol; RFC 6455 §4.4: and its version.
    ...(status === REFUSALS.upgradeRequired.status
      ? { Upgrade: "websocket", "Sec-WebSocket-Version": "13" }
      : {}),
  };
  return { ...json(status, { error, message }, headers), refusal };
}

/** The answer to a request that asks for no WebSocket. */
export async function plainAnswer(
  method: string | undefined,
  path: string,
  { build, failing, metrics }: PlainFacts,
): Promise<HttpAnswer> {
  if (path.startsWith("/v1/")) return refusalAnswer(REFUSALS.upgradeRequired);
  if (method !== "GET" && method !== "HEAD") return refusalAnswer(REFUSALS.notFound);
  switch (path) {
    case "/__heartbeat__":
      // It never rejects; if it does, that is a failure too, and no reason to end the process.
      return heartbeatAnswer(build.version, await failing().catch(() => "backplane"));
    case "/__lbheartbeat__":
      return EMPTY;
    case "/__version__":
      return json(200, build);
    case METRICS_PATH:
      return metrics === undefined ? refusalAnswer(REFUSALS.notFound) : metrics();
    default:
      return refusalAnswer(REFUSALS.notFound);
  }
}

function heartbeatAnswer(version: string, failing: string | undefined): HttpAnswer {
  if (failing === undefined) return json(200, { status: "ok", version });
  return json(503, { status: "error", version, failing });
}

function json(status: number, body: object, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status, headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) };
}

/** Answers through Node's own response. */
export function respond(response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  response.writeHead(status, { ...headers, "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

/** Answers on the bare socket of an upgrade request, and lets go of it, also if the client does not take the answer. */
export function respondOnSocket(socket: Duplex, clock: Clock, { status, headers, body }: HttpAnswer): void {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`, "Connection: close"];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  lines.push(`Content-Length: ${Buffer.byteLength(body)}`, "", body);
  const cancelCut = cutLater(socket, clock);
  socket.once("close", cancelCut).once("finish", () => {
    socket.destroy();
  });
  socket.end(lines.join("\r\n"));
}
