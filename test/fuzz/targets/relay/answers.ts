/** The answers of an HTTP server (RFC 9112 §4), each of which has to be right, and what follows them. */
import { hash } from "node:crypto";
import { check } from "../../engine/target.ts";
import { checkServerFrames } from "./frames.ts";

/** Of an answer in chunks, as Node's own refusal of a request without a host is. */
const LAST_CHUNK = "0\r\n\r\n";
/** No other ones: what a client sends never becomes a header. */
const HEADERS =
  /^(?:content-(?:type|length)|transfer-encoding|connection|keep-alive|date|upgrade|sec-websocket-(?:version|accept)|retry-after)$/;
const STATUSES = [100, 101, 200, 400, 403, 404, 408, 409, 410, 413, 417, 426, 429, 431, 503];
/** To who expects anything but `100-continue`: Node gives it by itself. */
const EXPECTATION_FAILED = 417;
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

export interface Answers {
  /** Of each, without those that announce another one, or refuse to. */
  readonly statuses: readonly number[];
  /** Whether the last one says that nothing follows. */
  readonly isLast: boolean;
}

/** `methods`: of the requests that the server has understood, in order. `received`: what the client has sent. */
export function checkAnswers(bytes: Buffer, methods: readonly string[], received: string): Answers {
  const statuses: number[] = [];
  let isLast = false;
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf("\r\n\r\n", at);
    check(end >= 0, "an answer without an end");
    const [statusLine = "", ...lines] = bytes.toString("latin1", at, end).split("\r\n");
    at = end + 4;
    const status = Number(/^HTTP\/1\.1 (\d{3}) [\w -]+$/.exec(statusLine)?.[1]);
    check(STATUSES.includes(status), `a status that it never gives: ${statusLine}`);
    const headers = new Map(lines.map(readHeader));
    if (status === 100) continue;
    // Node refuses by itself what names no host. What came along with that is refused as well, but never let in.
    check(!isLast || status >= 400, "it goes on after the last answer");
    if (status === 101) {
      checkHandshake(headers.get("sec-websocket-accept"), received);
      const [first] = checkServerFrames(bytes.subarray(at));
      check(first?.startsWith('{"link":') === true, "no first message");
      return { statuses: [...statuses, status], isLast: false };
    }
    isLast ||= headers.get("connection") === "close";
    const isChunked = headers.has("transfer-encoding");
    if (isChunked)
      check(bytes.toString("latin1", at, at + LAST_CHUNK.length) === LAST_CHUNK, "a body in chunks");
    const length = isChunked ? LAST_CHUNK.length : Number(headers.get("content-length") ?? 0);
    const isBodiless =
      methods[statuses.length] === "HEAD" && bytes.toString("latin1", at, at + 5) !== '{"err';
    if (!isBodiless) at += length;
    check(at <= bytes.length, "a body that is shorter than it says");
    if (status !== EXPECTATION_FAILED) statuses.push(status);
  }
  return { statuses, isLast };
}

function readHeader(line: string): [string, string] {
  const colon = line.indexOf(": ");
  const name = line.slice(0, colon).toLowerCase();
  check(HEADERS.test(name), `a header that it never sends: ${line}`);
  return [name, line.slice(colon + 2)];
}

/** It answers a key that was sent (RFC 6455 §4.2.2). */
function checkHandshake(accept: string | undefined, received: string): void {
  const keys = received.match(/[A-Za-z0-9+/]{22}==/g) ?? [];
  check(
    keys.some((key) => hash("sha1", key + GUID, "base64") === accept),
    "a handshake that nobody began",
  );
}
