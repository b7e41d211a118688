/** The accounts server: whether its configuration is there, and what time it has. */
import type { Clock } from "../../lib/clock.ts";
import { FxaPairError } from "../../lib/errors.ts";
import { errorCode } from "../../lib/private-file.ts";
import { discover } from "../../oauth/discovery.ts";
import type { Servers } from "../../oauth/discovery.ts";
import type { Http } from "../../oauth/http.ts";
import { findingOf, fine, warning } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { connectionFinding } from "./server-checks.ts";

export interface Discovery {
  readonly finding: Finding;
  /** Null where the server was not found. */
  readonly servers: Servers | null;
  /** Milliseconds by which this machine's clock is ahead of the server's; undefined where nobody told. */
  readonly ahead: number | undefined;
}

/** Half of the second that a `Date` header leaves out. */
const HALF_A_SECOND = 500;

/** Asks the server for its configuration. */
export async function checkAccounts(
  server: string,
  http: Http,
  clock: Clock,
  signal: AbortSignal,
): Promise<Discovery> {
  let ahead: number | undefined;
  const timed: Http = {
    async request(request) {
      const before = clock.wallTime();
      const answer = await http.request(request);
      const here = (before + clock.wallTime()) / 2;
      const { date = NaN } = answer;
      if (!Number.isNaN(date)) ahead = here - (date + HALF_A_SECOND);
      return answer;
    },
  };
  const started = clock.now();
  try {
    const servers = await discover(timed, server, signal);
    const took = Math.round(clock.now() - started);
    return { finding: found(servers, took), servers, ahead };
  } catch (error) {
    return { finding: failureFinding(error, new URL(server).host), servers: null, ahead };
  }
}

function found({ contentServer, auth, oauth, profile, pairing }: Servers, took: number): Finding {
  const details = { contentServer, auth, oauth, profile, relay: pairing, milliseconds: took };
  if (pairing !== null) return fine(`${contentServer} answered in ${took} ms and names a relay.`, details);
  return warning(`${contentServer} names no relay for pairing.`, "Give one with --channel-server.", details);
}

/** A failed request as a finding; the certificate's trouble in words, where it is that. */
export function failureFinding(error: unknown, host: string): Finding {
  const finding = findingOf(error);
  // A proxy's own failures say what they are.
  if (!(error instanceof FxaPairError) || "proxyVariable" in finding.details) return finding;
  const systemCode = errorCode(error.cause);
  return systemCode === undefined ? finding : connectionFinding(systemCode, host);
}
