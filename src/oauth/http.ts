/**
 * HTTP as the accounts servers need it: one JSON document each way, a limit on time and on size, certificates always
 * checked, redirects never followed. What an answer means is decided elsewhere.
 */

import type * as Undici from "undici";
import type { Clock } from "../lib/clock.ts";
import { FxaPairError, toError } from "../lib/errors.ts";
import type { FxaPairErrorOptions } from "../lib/errors.ts";
import { errorCode } from "../lib/private-file.ts";
import { parseJsonBytes } from "../lib/json.ts";
import type { ProxyFor } from "../network/proxies.ts";
import { createConnector } from "./connector.ts";
import { tellingStart } from "./request-start.ts";

/** The longest answers are device lists; a megabyte is room for thousands. */
const MAX_ANSWER_BYTES = 1024 * 1024;
/** For one request, from connecting to the last byte. */
const DEFAULT_TIME_LIMIT = 15_000;

export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  /** The parsed body; `undefined` when it was not JSON in UTF-8. */
  readonly document: unknown;
  readonly retryAfter: string | undefined;
  /** The `Timestamp` header: the server's time in Unix seconds. */
  readonly serverTime: number | undefined;
  /** The `Date` header: wall-clock milliseconds, to the second; NaN for none. */
  readonly date?: number;
}

/** There was no whole answer, so what became of the request is not known; unless it never left. */
export class NoAnswerError extends FxaPairError {
  /** Whether the server may have got the request: a connection was there, and it began to leave on it. */
  readonly hasLeft: boolean;

  constructor(hasLeft: boolean, message: string, options: FxaPairErrorOptions) {
    super("unreachable", message, options);
    this.hasLeft = hasLeft;
  }
}

/** What the accounts client needs of HTTP. */
export interface Http {
  /**
   * @throws {@link NoAnswerError} when there is no whole answer within the limits; FxaPairError `unreachable` when a proxy
   *   is in the way; the signal's reason when aborted.
   */
  request(request: HttpRequest): Promise<HttpAnswer>;
}

export interface HttpClientOptions {
  readonly clock: Clock;
  /** Ends up in mails and device lists: honest and stable. */
  readonly userAgent: string;
  readonly proxyFor: ProxyFor;
  /** Milliseconds; 15 s by default. */
  readonly timeLimit?: number;
}

/** {@link Http} over undici, which is loaded at the first request. */
export class HttpClient implements Http {
  readonly #options: HttpClientOptions;
  #connections: Promise<Connections> | undefined;

  constructor(options: HttpClientOptions) {
    this.#options = options;
  }

  async request(request: HttpRequest): Promise<HttpAnswer> {
    const { clock, timeLimit = DEFAULT_TIME_LIMIT } = this.#options;
    const host = new URL(request.url).host;
    const limit = new AbortController();
    let hasLeft = false;
    const onStart = () => {
      hasLeft = true;
    };
    const cancel = clock.after(timeLimit, () => {
      limit.abort(tooSlow(hasLeft, host));
    });
    const signal = request.signal ? AbortSignal.any([request.signal, limit.signal]) : limit.signal;
    try {
      return await untilAborted(this.#exchange(request, signal, onStart), signal);
    } catch (error) {
      signal.throwIfAborted();
      throw connectionError(error, hasLeft, host);
    } finally {
      cancel();
    }
  }

  /** Closes what is kept open between requests. */
  async close(): Promise<void> {
    const connections = await this.#connections?.catch(() => undefined); // nothing was opened then
    this.#connections = undefined;
    await connections?.close();
  }

  async #exchange(request: HttpRequest, signal: AbortSignal, onStart: () => void): Promise<HttpAnswer> {
    signal.throwIfAborted();
    this.#connections ??= openConnections(this.#options);
    const { send, dispatcher } = await this.#connections;
    const body = request.body === undefined ? null : JSON.stringify(request.body);
    const response = await send(request.url, {
      dispatcher: tellingStart(dispatcher, onStart),
      method: request.method,
      headers: {
        accept: "application/json",
        "user-agent": this.#options.userAgent,
        ...(body === null ? {} : { "content-type": "application/json" }),
        ...request.headers,
      },
      body,
      signal,
    });
    return {
      status: response.statusCode,
      document: parseJsonBytes(await readBody(response.body, new URL(request.url).host)),
      retryAfter: headerText(response.headers["retry-after"]),
      serverTime: wholeNumber(headerText(response.headers.timestamp)),
      date: Date.parse(headerText(response.headers.date) ?? ""),
    };
  }
}

interface Connections {
  readonly send: typeof Undici.request;
  readonly dispatcher: Undici.Dispatcher;
  close(): Promise<void>;
}

async function openConnections(options: HttpClientOptions): Promise<Connections> {
  const { Agent, buildConnector, request } = await import("./undici.ts");
  const closing = new AbortController();
  // Said explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment changes nothing.
  const direct = buildConnector({ rejectUnauthorized: true });
  const connect = createConnector(direct, options, closing.signal);
  const agent = new Agent({ connect, headersTimeout: 0, bodyTimeout: 0 });
  return {
    send: request,
    dispatcher: agent,
    async close() {
      closing.abort();
      await agent.destroy();
    },
  };
}

/** By itself undici hears of a signal only once there is a connection, and looking for one takes up to ten seconds. */
async function untilAborted<T>(exchange: Promise<T>, signal: AbortSignal): Promise<T> {
  let stopListening: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    const onAbort = () => {
      reject(toError(signal.reason));
    };
    signal.addEventListener("abort", onAbort);
    stopListening = () => {
      signal.removeEventListener("abort", onAbort);
    };
  });
  try {
    return await Promise.race([exchange, aborted]);
  } finally {
    stopListening();
  }
}

async function readBody(body: AsyncIterable<unknown>, host: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop early closes the connection.
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) continue;
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) {
      throw new NoAnswerError(true, `The accounts server at ${host} sent far too long an answer.`, {
        hint: "Check --server: is there an accounts server?",
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooSlow(hasLeft: boolean, host: string): NoAnswerError {
  return new NoAnswerError(hasLeft, `The accounts server at ${host} answers too slowly.`, {
    hint: "Check the connection and try again.",
  });
}

const CERTIFICATE_PROBLEM = /CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|ERR_TLS_/;

/** Only codes are shown, never texts: those may quote what the other side sent. */
function connectionError(error: unknown, hasLeft: boolean, host: string): FxaPairError {
  if (error instanceof FxaPairError) return error;
  const code = errorCode(error) ?? "connection failed";
  if (CERTIFICATE_PROBLEM.test(code)) {
    return new NoAnswerError(hasLeft, `The certificate of ${host} is not trusted (${code}).`, {
      hint: "If this network or server has an authority of its own, name its file in NODE_EXTRA_CA_CERTS.",
      cause: error,
    });
  }
  return new NoAnswerError(hasLeft, `The accounts server at ${host} cannot be reached (${code}).`, {
    hint: "Check the connection, HTTPS_PROXY and --server.",
    cause: error,
  });
}

function headerText(value: string | string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.[0];
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,12}$/.test(text) ? Number(text) : undefined;
}
