/** One call to an accounts server: credentials, waiting when throttled, the form of the answer, errors. */

import * as v from "valibot";
import type { Clock } from "../lib/clock.ts";
import { FxaPairError } from "../lib/errors.ts";
import { decodeHex } from "../lib/hex.ts";
import { sleep } from "../lib/sleep.ts";
import type { Servers } from "./discovery.ts";
import type { ServerName } from "./error-table.ts";
import { AccountsError, successDocument } from "./error-table.ts";
import type { Http } from "./http.ts";
import { bearerHeader, deriveTokenCredentials } from "./session-token.ts";

/** Tokens as the server handed them out: hex, or an access token as it stands. */
export type Authorization =
  | { readonly sessionToken: string }
  | { readonly keyFetchToken: string }
  | { readonly refreshToken: string }
  | { readonly accessToken: string };

export interface Call<Answer extends v.GenericSchema> {
  readonly server: ServerName;
  readonly method: "GET" | "POST";
  /** Begins with a slash; what varies in it is already percent-encoded. */
  readonly path: string;
  readonly authorization?: Authorization;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly answer: Answer;
  /** Set for passwords and codes: these are never sent again by themselves. */
  readonly once?: boolean;
  /** Set where the answer brings tokens: a request once begun is heard out, or nobody could give them back. */
  readonly heardOut?: boolean;
}

export interface CallerOptions {
  readonly servers: Servers;
  readonly http: Http;
  readonly clock: Clock;
  /** Aborts requests and waits. */
  readonly signal?: AbortSignal | undefined;
  /** `clock.now()` after which nothing is waited for; else a minute from the start of each call. */
  readonly deadline?: number | undefined;
  /** Told before each wait, in milliseconds. */
  readonly onWait?: ((milliseconds: number) => void) | undefined;
}

const MAX_ATTEMPTS = 3;
const DEFAULT_PATIENCE = 60_000;

/** Carries out {@link Call}s. */
export class Caller {
  readonly #options: CallerOptions;
  #clockSkew: number | null = null;

  constructor(options: CallerOptions) {
    this.#options = options;
  }

  /** Server time minus local time in milliseconds, from the last answer that told; null before. */
  get clockSkew(): number | null {
    return this.#clockSkew;
  }

  /** A caller that an interruption does not stop: for undoing what was begun. */
  uninterrupted(): Caller {
    const { servers, http, clock } = this.#options;
    return new Caller({ servers, http, clock });
  }

  /**
   * @throws AccountsError when the server says no, after waiting as it asks and at most two more attempts;
   *   FxaPairError `unreachable` when there is no answer, `refused` when the answer has another form.
   */
  async call<Answer extends v.GenericSchema>(call: Call<Answer>): Promise<v.InferOutput<Answer>> {
    const { clock, signal, onWait } = this.#options;
    const deadline = this.#options.deadline ?? clock.now() + DEFAULT_PATIENCE;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(call);
      } catch (error) {
        const wait = call.once === true || attempt === MAX_ATTEMPTS ? undefined : waitAfter(error, attempt);
        if (wait === undefined || clock.now() + wait > deadline) throw error;
        if (wait > 0) onWait?.(wait);
        await sleep(clock, wait, signal);
      }
    }
  }

  async #attempt<Answer extends v.GenericSchema>(call: Call<Answer>): Promise<v.InferOutput<Answer>> {
    const { http, clock, servers, signal } = this.#options;
    const url = servers[call.server] + call.path;
    if (call.heardOut === true) signal?.throwIfAborted();
    const answer = await http.request({
      method: call.method,
      url,
      signal: call.heardOut === true ? undefined : signal,
      ...(call.authorization ? { headers: { authorization: headerOf(call.authorization) } } : {}),
      // Some routes take a POST without a body for an unsigned one.
      ...(call.method === "POST" ? { body: call.body ?? {} } : {}),
    });
    if (answer.serverTime !== undefined) this.#clockSkew = answer.serverTime * 1000 - clock.wallTime();
    return readAnswer(call.path, call.answer, successDocument(answer, call.server, new URL(url).host));
  }
}

/** Milliseconds until another attempt makes sense; `undefined` when none does. */
function waitAfter(error: unknown, attempt: number): number | undefined {
  if (!(error instanceof AccountsError)) return undefined;
  if (error.retryAfter !== undefined) return error.offersUnblockCode ? undefined : error.retryAfter * 1000;
  return error.errno === 165 && attempt === 1 ? 0 : undefined; // a concurrent update: once more
}

function headerOf(authorization: Authorization): string {
  if ("accessToken" in authorization) return `Bearer ${authorization.accessToken}`;
  if ("refreshToken" in authorization) return `Bearer ${authorization.refreshToken}`;
  const [kind, token] =
    "sessionToken" in authorization
      ? (["sessionToken", authorization.sessionToken] as const)
      : (["keyFetchToken", authorization.keyFetchToken] as const);
  return bearerHeader(deriveTokenCredentials(tokenBytes(token), kind).tokenId, kind);
}

/**
 * What a route's document says.
 *
 * @throws FxaPairError `refused` when it has another form.
 */
export function readAnswer<Answer extends v.GenericSchema>(
  path: string,
  answer: Answer,
  document: unknown,
): v.InferOutput<Answer> {
  const result = v.safeParse(answer, document);
  if (result.success) return result.output;
  throw unexpectedForm(path, result.issues[0]);
}

/** The 32 bytes of a session or key-fetch token; throws `not_signed_in` when the text is none. */
export function tokenBytes(token: string): Uint8Array {
  const bytes = decodeHex(token);
  if (bytes?.length === 32) return bytes;
  throw new FxaPairError("not_signed_in", "The token given is not one of 64 lower-case hex digits.", {
    hint: "Sign in again with: fxa-pair login",
  });
}

function unexpectedForm(path: string, issue: v.BaseIssue<unknown>): FxaPairError {
  // The name comes from our own schema unless the answer is a map with keys of the server's choice.
  const name = v.getDotPath(issue) ?? "";
  const member = /^[A-Za-z0-9_.]{1,64}$/.test(name) ? ` (${name})` : "";
  const route = path.replace(/\?.*$/, "");
  return new FxaPairError(
    "refused",
    `The accounts server's answer at ${route} has an unexpected form${member}.`,
    {
      hint: "Check --server; if it is right, fxa-pair may be too old for it.",
    },
  );
}
