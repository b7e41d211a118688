/**
 * A WebSocket client as lean as it can be on `net`: what it sends is put together once, what it gets is looked at in the
 * buffer it arrived in. A load generator made of these costs less than the server it loads.
 */
import { connect } from "node:net";

const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 };
/** Any mask will do (RFC 6455 §5.3 wants an unpredictable one against scripts); not zero, which servers skip. */
const MASK = Buffer.from([0x5a, 0xc3, 0x17, 0x88]);
const END_OF_HEAD = Buffer.from("\r\n\r\n");

/** A whole masked frame of less than 64 KiB. */
function maskedFrame(opcode, payload) {
  const short = payload.length < 126;
  const frame = Buffer.alloc((short ? 2 : 4) + 4 + payload.length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (short ? payload.length : 126);
  if (!short) frame.writeUInt16BE(payload.length, 2);
  const start = short ? 6 : 8;
  MASK.copy(frame, start - 4);
  for (let i = 0; i < payload.length; i++) frame[start + i] = payload[i] ^ MASK[i & 3];
  return frame;
}

export const textFrame = (text) => maskedFrame(OPCODE.text, Buffer.from(text));
const CLOSE_FRAME = maskedFrame(OPCODE.close, Buffer.from([0x03, 0xe8]));
const EMPTY_PONG = maskedFrame(OPCODE.pong, Buffer.alloc(0));

/** The opening handshake that Firefox and our own client send, offer of compression included. */
function upgradeRequest(host, port, path) {
  return [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}:${port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
    "Sec-WebSocket-Extensions: permessage-deflate",
    "User-Agent: fxa-pair/0.1.0 (linux)",
    "\r\n",
  ].join("\r\n");
}

/** Takes the payload of a text message, or the reason why the connection is gone, and does nothing with it. */
const ignore = () => undefined;

/** All sockets read into the same memory: whatever is kept of it is copied. */
const arrivals = Buffer.allocUnsafe(65_536);

export class RawClient {
  /** Where what arrives goes; whoever uses the client sets them anew as its part changes. */
  onText = ignore;
  onGone = ignore;
  #socket;
  #rest;
  #upgraded = false;
  #why = "the connection was lost";

  /** `localAddress`: one of the loopback addresses, so that a limit per address sees many clients. */
  constructor({ host, port, path, localAddress }) {
    this.#socket = connect({
      host,
      port,
      localAddress,
      noDelay: true,
      onread: {
        buffer: arrivals,
        callback: (size) => {
          this.#take(arrivals.subarray(0, size));
          return true;
        },
      },
    });
    this.#socket.on("error", (error) => (this.#why = error.message));
    this.#socket.on("close", () => this.onGone(this.#why));
    this.#socket.write(upgradeRequest(host, port, path));
  }

  /** `frame`: of {@link textFrame}. */
  send(frame) {
    this.#socket.write(frame);
  }

  close() {
    this.#socket.write(CLOSE_FRAME);
  }

  /** Takes nothing more, as a device whose network is gone without a word: no ping is answered, no close. */
  mute() {
    this.#socket.pause();
  }

  destroy() {
    this.#socket.destroy();
  }

  #take(chunk) {
    let bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    if (!this.#upgraded) {
      const end = bytes.indexOf(END_OF_HEAD);
      if (end >= 0) {
        const status = bytes.toString("latin1", 9, 12);
        if (status !== "101") {
          this.#why = `the server answered ${bytes.toString("utf8")}`;
          this.#socket.destroy();
          return;
        }
        this.#upgraded = true;
        bytes = bytes.subarray(end + 4);
      }
    }
    if (this.#upgraded) bytes = this.#takeFrames(bytes);
    if (bytes.length > 0) this.#rest = Buffer.from(bytes);
  }

  /** Deals with every whole frame and returns what is left. */
  #takeFrames(bytes) {
    while (bytes.length >= 2) {
      const short = bytes[1] & 0x7f;
      const start = short < 126 ? 2 : 4;
      if (short === 127) throw new Error("a frame of more than 64 KiB");
      if (bytes.length < start) break;
      const end = start + (short < 126 ? short : bytes.readUInt16BE(2));
      if (bytes.length < end) break;
      this.#takeFrame(bytes[0] & 0x0f, bytes.subarray(start, end));
      bytes = bytes.subarray(end);
    }
    return bytes;
  }

  #takeFrame(opcode, payload) {
    if (opcode === OPCODE.text) this.onText(payload);
    else if (opcode === OPCODE.ping)
      this.#socket.write(payload.length === 0 ? EMPTY_PONG : maskedFrame(OPCODE.pong, payload));
    else if (opcode === OPCODE.close) {
      this.#why = payload.length < 2 ? "closed" : `closed with ${payload.readUInt16BE(0)}`;
      this.#socket.end();
    }
  }
}
