/** Between `node:http` and the routes: body limits on the way in, JSON, headers and staged failures on the way out. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../lib/clock.ts";
import type { Answer, Host } from "./call.ts";
import type { Fault, MetFault } from "./faults.ts";
import { AuthProblem } from "./problems.ts";
import { problemAnswer } from "./router.ts";

/** Bytes. */
export const MAX_BODY = 16_384;

const HTML = "<!doctype html><title>Just a moment</title><p>Checking that you are a person.";

/**
 * The whole body.
 *
 * @throws AuthProblem 112 for a POST without a content length, 113 above the limit
 */
export async function readRequestBody(request: IncomingMessage): Promise<Uint8Array> {
  const length = request.headers["content-length"];
  const unmeasured = request.method === "POST" && length === undefined;
  if (unmeasured || request.headers["transfer-encoding"] !== undefined) throw new AuthProblem(112);
  if (Number(length ?? 0) > MAX_BODY) throw new AuthProblem(113);
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Writes answers, each with the server's time, in the way a fault asks for. */
export class AnswerWriter {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  write(response: ServerResponse, answer: Answer): void {
    const text = answer.body === undefined ? undefined : JSON.stringify(answer.body);
    this.#send(response, answer.status, text, "application/json; charset=utf-8", answer.headers);
  }

  /** What a fault puts in the place of a host's route; false when the route is to be run (perhaps later). */
  async writeInstead(response: ServerResponse, met: MetFault, host: Host): Promise<boolean> {
    const { fault } = met;
    if (fault.kind === "delay") await met.released;
    if (fault.kind === "cut" && fault.after !== true) response.destroy();
    else if (fault.kind === "html") this.#send(response, 200, HTML, "text/html");
    else if (fault.kind === "answer") this.#writeGiven(response, fault);
    else {
      const answer = standIn(fault, host);
      if (!answer) return false;
      this.write(response, answer);
    }
    return true;
  }

  /** The route's answer, as a fault alters it. */
  writeAltered(response: ServerResponse, answer: Answer, fault: Fault | undefined): void {
    if (fault?.kind === "cut") response.destroy();
    else if (fault?.kind === "drip") this.#drip(response, answer, fault.interval);
    else if (fault?.kind === "merge") this.write(response, merge(answer, fault.members));
    else this.write(response, answer);
  }

  #send(
    response: ServerResponse,
    status: number,
    text: string | undefined,
    type: string,
    headers: Readonly<Record<string, string>> = {},
  ): void {
    const typed = text === undefined ? {} : { "Content-Type": type };
    const body = Buffer.from(text ?? "");
    // A 304 must not carry a length that differs from the full answer's.
    const length = status === 304 ? {} : { "Content-Length": String(body.length) };
    response.writeHead(status, { ...this.#commonHeaders(), ...typed, ...length, ...headers });
    response.end(body);
  }

  #writeGiven(response: ServerResponse, fault: Extract<Fault, { kind: "answer" }>): void {
    const { status, body, headers } = fault;
    const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
    this.#send(response, status, text, "application/json; charset=utf-8", headers);
  }

  #drip(response: ServerResponse, answer: Answer, interval: number): void {
    const bytes = Buffer.from(JSON.stringify(answer.body ?? {}));
    response.writeHead(answer.status, { ...this.#commonHeaders(), "Content-Type": "application/json" });
    response.flushHeaders();
    const next = (offset: number): void => {
      if (response.destroyed) return;
      if (offset >= bytes.length) response.end();
      else {
        response.write(bytes.subarray(offset, offset + 1));
        this.#clock.after(interval, () => {
          next(offset + 1);
        });
      }
    };
    next(0);
  }

  #commonHeaders(): Record<string, string> {
    return { Timestamp: String(Math.floor(this.#clock.wallTime() / 1000)), "Cache-Control": "no-store" };
  }
}

function standIn(fault: Fault, host: Host): Answer | undefined {
  switch (fault.kind) {
    case "throttled": {
      const headers = fault.retryAfter === null ? {} : { "Retry-After": fault.retryAfter };
      return problemAnswer(new AuthProblem(114, {}, headers), host);
    }
    case "unavailable": {
      const { retryAfter } = fault;
      return problemAnswer(new AuthProblem(201, retryAfter === undefined ? {} : { retryAfter }), host);
    }
    case "notAcceptable":
      return { status: 406, headers: {}, body: undefined };
    case "flood":
      return { status: 200, headers: {}, body: { padding: "x".repeat(fault.bytes) } };
    case "html":
    case "cut":
    case "delay":
    case "drip":
    case "answer":
    case "merge":
      return undefined;
  }
}

function merge(answer: Answer, members: Readonly<Record<string, unknown>>): Answer {
  if (answer.status !== 200 || answer.body === undefined) return answer;
  return {
    ...answer,
    body: Object.fromEntries([...Object.entries(answer.body), ...Object.entries(members)]),
  };
}
