/** Checks of this machine alone, from facts to findings. Pure. */
import type { Credentials } from "../../oauth/credential-store.ts";
import { SESSION_SCOPE } from "../../oauth/scopes.ts";
import { fine, problem, warning } from "./finding.ts";
import type { Finding } from "./finding.ts";

/** As package.json asks for it. */
export const LEAST_NODE = { major: 20, minor: 19 };

/** @param version as `v20.19.0` */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  const needed = `${LEAST_NODE.major}.${LEAST_NODE.minor}`;
  const details = { version, needed };
  const isEnough = major > LEAST_NODE.major || (major === LEAST_NODE.major && minor >= LEAST_NODE.minor);
  if (isEnough) return fine(`Node ${version}.`, details);
  return problem("usage", `Node ${version} is too old.`, `Install Node ${needed} or later.`, details);
}

/** Milliseconds by which a clock may be off: it takes part in how long codes and tokens are good. */
const CLOCK_TOLERANCE = 30_000;

/** @param ahead milliseconds by which this machine's clock is ahead of the server's; undefined where nobody told */
export function checkClock(ahead: number | undefined): Finding {
  if (ahead === undefined) return fine("Not known: the accounts server does not tell its time.");
  const seconds = Math.round(Math.abs(ahead) / 1000);
  const details = { secondsAhead: Math.round(ahead / 1000) };
  if (Math.abs(ahead) <= CLOCK_TOLERANCE) {
    return fine(`Within ${Math.max(1, seconds)} s of the accounts server's.`, details);
  }
  const side = ahead > 0 ? "ahead of" : "behind";
  return warning(
    `This machine's clock is ${duration(seconds)} ${side} the accounts server's.`,
    "Set the clock: codes and certificates are good for a time only.",
    details,
  );
}

/**
 * @param stored where they are, as the store says it
 * @param now wall-clock milliseconds
 */
export function checkCredentials(credentials: Credentials | null, stored: string, now: number): Finding {
  if (credentials === null) {
    return fine("Nobody is signed in here: fxa-pair join or fxa-pair login does that.", { signedIn: false });
  }
  const { createdAt, server, scope, keys, sessionToken } = credentials;
  const days = Math.floor((now - Date.parse(createdAt)) / 86_400_000);
  const age =
    Number.isFinite(days) && days >= 0
      ? `, ${days === 0 ? "less than a day" : duration(days * 86_400)} old`
      : "";
  const mayHost = sessionToken !== undefined;
  const details = {
    signedIn: true,
    stored,
    server,
    createdAt,
    keys: Object.keys(keys),
    mayHost,
    sessionScope: scope.includes(SESSION_SCOPE),
  };
  const hosting = mayHost ? "can sign in others" : "cannot sign in others";
  return fine(`Signed in at ${server}${age}; ${hosting}.`, details);
}

function duration(seconds: number): string {
  const units = [
    { seconds: 86_400, name: "day" },
    { seconds: 3_600, name: "hour" },
    { seconds: 60, name: "minute" },
  ];
  const unit = units.find((each) => seconds >= 2 * each.seconds) ?? { seconds: 1, name: "second" };
  const count = Math.round(seconds / unit.seconds);
  return `${count} ${unit.name}${count === 1 ? "" : "s"}`;
}
