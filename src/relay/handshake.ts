/** The server's half of the WebSocket opening handshake (RFC 6455 §4.2.2). */
import { hash } from "node:crypto";

/** Every WebSocket server knows it (RFC 6455 §1.3). */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** The answer that makes a connection a WebSocket, to a request with that key. It grants no extension and no protocol. */
export function handshakeAnswer(key: string): string {
  return [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${hash("sha1", key + GUID, "base64")}`,
    "\r\n",
  ].join("\r\n");
}
