/** The relay: whether it is well, which version it is, and whether a channel can be opened there. */
import * as v from "valibot";
import { connectFailure } from "../../channel/failures.ts";
import { connectToRelay } from "../../channel/relay-connection.ts";
import { channelRoot } from "../../channel/relay-url.ts";
import { ConnectError } from "../../channel/socket.ts";
import type { OpenSocket } from "../../channel/socket.ts";
import type { FirstMessage } from "../../channel/wire.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Http, HttpAnswer } from "../../oauth/http.ts";
import { displayText } from "../../ui/safe-text.ts";
import { failureFinding } from "./accounts-check.ts";
import { findingOf, fine, problem, warning } from "./finding.ts";
import type { Finding } from "./finding.ts";

const VersionSchema = v.object({ version: v.optional(v.string()), commit: v.optional(v.string()) });
const HealthSchema = v.object({ failing: v.optional(v.string()) });

/** Seconds of a channel that are enough for people. */
const ENOUGH_LIFE = 60;

/** Asks the relay how it is and what it is, by plain HTTP at the WebSocket's own address. */
export async function checkRelay(relay: URL, http: Http, signal: AbortSignal): Promise<Finding> {
  const origin = `${relay.protocol === "ws:" ? "http" : "https"}://${relay.host}`;
  const ask = (path: string) => http.request({ method: "GET", url: `${origin}${path}`, signal });
  try {
    const [health, version] = await Promise.all([ask("/__heartbeat__"), ask("/__version__")]);
    return relayFinding(health, version, relay.host);
  } catch (error) {
    const finding = failureFinding(error, relay.host);
    return { ...finding, message: finding.message.replace("The accounts server", "The relay") };
  }
}

function relayFinding(health: HttpAnswer, version: HttpAnswer, host: string): Finding {
  const status = { health: health.status };
  if (health.status >= 500) {
    const parsed = v.safeParse(HealthSchema, health.document);
    const failing = parsed.success ? parsed.output.failing : undefined;
    const why = failing === undefined ? `HTTP status ${health.status}` : displayText(failing, 40);
    return problem(
      "unreachable",
      `The relay at ${host} is not well (${why}).`,
      "Try again later, or tell its operator.",
      status,
    );
  }
  const parsed = v.safeParse(VersionSchema, version.document);
  if (version.status === 200 && parsed.success) {
    const named = displayText(parsed.output.version ?? "unknown", 40);
    return fine(`It is well; version ${named}.`, { ...status, version: named });
  }
  if (health.status === 200) return fine("It is well; it does not tell its version.", status);
  return warning(`What answers at ${host} does not look like a relay.`, "Check --channel-server.", status);
}

export interface ChannelCheck {
  /** The relay's address. */
  readonly relayUrl: string;
  /** The user named the relay, and takes the risk of ws. */
  readonly allowInsecure: boolean;
  readonly openSocket: OpenSocket;
  readonly clock: Clock;
  readonly userAgent: string;
  /** Milliseconds. */
  readonly timeLimit: number;
}

/** Opens a channel and closes it at once: the upgrade, the relay's first message, and the limits it names. */
export async function checkChannel(check: ChannelCheck): Promise<Finding> {
  const { relayUrl, allowInsecure, clock, timeLimit: connectTimeout, openSocket, userAgent } = check;
  const started = clock.now();
  try {
    const root = channelRoot(relayUrl, allowInsecure);
    const { socket, first } = await connectToRelay({ clock, userAgent, connectTimeout, openSocket }, root);
    socket.close();
    return channelFinding(first, Math.round(clock.now() - started));
  } catch (error) {
    return findingOf(error instanceof ConnectError ? connectFailure(error, "create") : error);
  }
}

function channelFinding({ expires_in: life, seen }: FirstMessage, took: number): Finding {
  const resumes = seen !== undefined;
  const details = { milliseconds: took, lifespan: life ?? null, resumes };
  const lasting =
    life === undefined
      ? "for a time it does not tell"
      : life === null
        ? "without an end"
        : `for ${Math.round(life)} s`;
  const back = resumes ? "lost connections come back" : "lost connections do not come back";
  if (typeof life === "number" && life < ENOUGH_LIFE) {
    return warning(`Channels last ${lasting} only.`, "Be quick, or ask the relay's operator.", details);
  }
  return fine(`A channel opened in ${took} ms; it lasts ${lasting}, and ${back}.`, details);
}
