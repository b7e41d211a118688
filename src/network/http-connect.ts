/** CONNECT (RFC 9110 §9.3.6), spoken to a proxy in the clear or over TLS, with Basic credentials (RFC 7617). */
import { request as httpRequest } from "node:http";
import type { ClientRequest, IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import type { Socket } from "node:net";
import type { FxaPairError } from "../lib/errors.ts";
import { authority } from "./destination.ts";
import { refused, wantsCredentials, wantsOtherSignIn } from "./failures.ts";
import type { Destination } from "./destination.ts";
import type { Proxy, ProxyCredentials } from "./proxies.ts";

/** Bytes of the proxy's answer, which has a line or two to say. */
const MAX_ANSWER = 16 * 1024;

/** @throws FxaPairError for an answer that is no yes; the system's or the parser's error. */
export async function openByConnect(
  proxy: Proxy,
  destination: Destination,
  userAgent: string,
  signal: AbortSignal,
): Promise<Socket> {
  const request = connectRequest(proxy, destination, userAgent);
  const giveUp = () => {
    request.destroy();
  };
  signal.addEventListener("abort", giveUp);
  try {
    const { response, socket, head } = await answerTo(request);
    const { statusCode: status = 0 } = response;
    if (status < 200 || status > 299) {
      socket.destroy();
      throw failureOf(status, response, proxy, destination);
    }
    if (head.length > 0) socket.unshift(head);
    return socket;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

function connectRequest(proxy: Proxy, destination: Destination, userAgent: string): ClientRequest {
  const target = authority(destination);
  const { host, port, credentials } = proxy;
  const request = (proxy.kind === "https" ? httpsRequest : httpRequest)({
    host,
    port,
    method: "CONNECT",
    path: target,
    headers: {
      Host: target,
      "User-Agent": userAgent,
      ...(credentials === undefined ? {} : { "Proxy-Authorization": basic(credentials) }),
    },
    agent: false,
    maxHeaderSize: MAX_ANSWER,
    // Said explicitly: whatever the environment says, and although Host names somebody else.
    rejectUnauthorized: true,
    servername: isIP(host) === 0 ? host : "",
  });
  // Node would announce that the connection ends with the answer.
  request.removeHeader("Connection");
  return request;
}

function basic({ user, password }: ProxyCredentials): string {
  return `Basic ${Buffer.from(`${user}:${password}`, "utf8").toString("base64")}`;
}

interface Answer {
  readonly response: IncomingMessage;
  readonly socket: Socket;
  /** What came after the answer already. */
  readonly head: Buffer;
}

function answerTo(request: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.once("connect", (response, socket, head) => {
      // Until the tunnel has its user, an error has nobody else to go to.
      socket.on("error", () => undefined);
      resolve({ response, socket, head });
    });
    request.on("error", reject);
    request.end();
  });
}

function failureOf(
  status: number,
  { headers }: IncomingMessage,
  proxy: Proxy,
  destination: Destination,
): FxaPairError {
  const details = { status };
  if (status === 407) {
    const offered = headers["proxy-authenticate"];
    // Node joins what several such headers offer.
    const knowsBasic = offered === undefined || /\bbasic\b/i.test(offered);
    return knowsBasic ? wantsCredentials(proxy, details) : wantsOtherSignIn(proxy, details);
  }
  return refused(proxy, destination, `HTTP status ${status}`, details);
}
