/**
 * Frames and bytes from both participants of a channel. Each is told only what the other said, in right frames; the same
 * bytes mean the same in pieces of any size; and nothing is left of anybody who has gone.
 */
import { CLOSE } from "../../../src/channel/wire.ts";
import { isRefusal } from "../../../src/relay/backplane.ts";
import { MemoryBackplane } from "../../../src/relay/backplane-memory.ts";
import { ConnectionCount } from "../../../src/relay/connection-count.ts";
import { Connection } from "../../../src/relay/connection.ts";
import { DeadlineWheel } from "../../../src/relay/deadline-wheel.ts";
import { ENDINGS } from "../../../src/relay/endings.ts";
import { FrameReader } from "../../../src/relay/frame-reader.ts";
import { limitsOf } from "../../../src/relay/limits.ts";
import { RelaySocket } from "../../../src/relay/relay-socket.ts";
import { parseSettings } from "../../../src/relay/settings.ts";
import { Telemetry } from "../../../src/relay/telemetry.ts";
import { clientFrame } from "../../relay/client-frames.ts";
import { InputReader } from "../engine/input.ts";
import type { Target } from "../engine/target.ts";
import { check } from "../engine/target.ts";
import { FakeSocket } from "./relay/fake-socket.ts";
import { checkServerFrames } from "./relay/frames.ts";
import { QuickClock } from "./relay/quick-clock.ts";

const MOST_STEPS = 24;
const MAX_MESSAGE = 400;
const SETTINGS = parseSettings({
  maxMessage: MAX_MESSAGE,
  maxData: 2_000,
  maxExchanges: 12,
  slowConsumer: 1_000,
});
/** Longer than anything is remembered. */
const LATER = 10_000_000;

const ascii = (text: string): Buffer => Buffer.from(text);
const frame = (opcode: number, payload: string | Buffer, final = true): Buffer => {
  const bytes = clientFrame({ opcode, payload, final });
  return Buffer.concat([Buffer.from([0, bytes.length >>> 8, bytes.length & 0xff]), bytes]);
};
const steps = (...parts: Buffer[]): Buffer => Buffer.concat(parts);

export const target: Target = {
  subjects: [
    "frame-reader",
    "frames",
    "relay-socket",
    "connection",
    "control-frames",
    "channel-rules",
    "registry",
    "backplane-memory",
  ].map((name) => `src/relay/${name}`),
  maxLength: 2_048,
  seeds: [
    steps(frame(1, "hello"), frame(1, "again")),
    steps(frame(1, "he", false), frame(0, "l", false), frame(9, "?"), frame(0, "lo")),
    steps(frame(9, "x".repeat(125)), frame(10, ""), frame(8, ascii("\x03\xe8bye"))),
    steps(frame(2, "binary")),
    steps(frame(1, Buffer.from([0xff, 0xfe]))),
    steps(frame(1, "y".repeat(MAX_MESSAGE + 1))),
    steps(frame(1, "z".repeat(MAX_MESSAGE)), Buffer.from([4, 0x27, 0x10, 5, 1])),
    Buffer.from([2, 1, 3, 97, 98, 99, 0x82, 9, 0, 3, 0x83, 0x81, 2, 4, 255, 255, 6, 6]),
    Buffer.from([0, 0, 10, 0x81, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0]),
  ],
  async run(input) {
    const reader = new InputReader(input);
    const channel = await Channel.open();
    for (let left = MOST_STEPS; left > 0 && !reader.isAtEnd; left--) channel.step(reader);
    channel.end();
  },
};

class Channel {
  readonly #clock = new QuickClock();
  readonly #errors: string[] = [];
  readonly #telemetry = new Telemetry(
    { write: (level, event) => level === "error" && this.#errors.push(event) },
    this.#clock,
  );
  readonly #backplane = new MemoryBackplane(
    limitsOf(SETTINGS),
    this.#clock,
    (length) => new Uint8Array(length).fill(this.#asked++),
    this.#telemetry,
  );
  readonly #connections = new ConnectionCount(this.#clock);
  readonly #heartbeats = new DeadlineWheel<Connection>();
  readonly #sockets: FakeSocket[] = [];
  /** What each has sent, in the pieces in which it was sent. */
  readonly #sent: Buffer[][] = [[], []];
  #asked = 1;

  static async open(): Promise<Channel> {
    const channel = new Channel();
    const id = Buffer.alloc(16, 7).toString("base64url");
    const request = { address: "192.0.2.1", token: "first" };
    channel.#seat(await channel.#backplane.open({ ...request, id, nameplate: false }));
    channel.#seat(await channel.#backplane.join({ ...request, token: "second", id }));
    return channel;
  }

  #seat(admission: Awaited<ReturnType<MemoryBackplane["join"]>>): void {
    if (isRefusal(admission)) throw new Error("no seat");
    const socket = new FakeSocket();
    this.#sockets.push(socket);
    const context = {
      backplane: this.#backplane,
      clock: this.#clock,
      telemetry: this.#telemetry,
      connections: this.#connections,
      heartbeats: this.#heartbeats,
      heartbeat: SETTINGS.heartbeat * 1_000,
      clientTimeout: SETTINGS.clientTimeout * 1_000,
      slowConsumer: SETTINGS.slowConsumer,
      largestMessage: MAX_MESSAGE,
      tooLarge: ENDINGS.maxMessage,
    };
    const webSocket = new RelaySocket(socket.asDuplex(), this.#clock, MAX_MESSAGE);
    new Connection(context, webSocket, admission, { remote: "192.0.2.1" }).begin();
  }

  step(reader: InputReader): void {
    const what = reader.uint8();
    const who = what >>> 7;
    const socket = this.#sockets[who];
    if (socket === undefined) return;
    switch (what & 0x07) {
      case 0:
        this.#send(who, reader.piece());
        break;
      case 1:
      case 2: {
        const first = (what & 0x07) === 1 ? reader.uint8() : 0x81;
        const payload = Buffer.from(reader.piece());
        const sent = { opcode: first & 0x0f, payload, final: (first & 0x80) !== 0, reserved: first & 0x70 };
        this.#send(who, clientFrame(sent));
        break;
      }
      case 3:
        socket.halfClose();
        break;
      case 4:
        this.#pass(reader.uint16());
        break;
      case 5:
        socket.writableLength = reader.uint16();
        break;
      case 6: {
        const piece = this.#sent[who]?.at(-1);
        if (piece !== undefined) this.#send(who, piece);
        break;
      }
      default:
        socket.destroy();
    }
  }

  #send(who: number, bytes: Uint8Array): void {
    this.#sent[who]?.push(Buffer.from(bytes));
    this.#sockets[who]?.arrive(bytes);
  }

  #pass(milliseconds: number): void {
    this.#clock.advance(milliseconds);
    const now = this.#clock.now();
    this.#backplane.sweep();
    this.#telemetry.sweep(now);
    for (const connection of this.#heartbeats.take(now)) connection.beat(now);
  }

  end(): void {
    for (const [who, socket] of this.#sockets.entries()) {
      const [first, ...others] = checkServerFrames(Buffer.concat(socket.written));
      check(first?.startsWith('{"link":') === true, "no first message");
      for (const text of others) checkEnvelope(text);
      checkPieces(this.#sent[who] ?? []);
    }
    for (const socket of this.#sockets) socket.destroy();
    check(this.#connections.value === 0 && this.#heartbeats.size === 0, "a connection is left");
    this.#pass(LATER);
    this.#pass(LATER);
    check(this.#backplane.channels === 0 && this.#backplane.remembered === 0, "a channel is left");
    check(this.#errors.length === 0, `errors in the log: ${this.#errors.join()}`);
  }
}

function checkEnvelope(text: string): void {
  const envelope = JSON.parse(text) as {
    readonly message: unknown;
    readonly sender: { readonly remote: unknown };
  };
  check(
    typeof envelope.message === "string" && envelope.sender.remote === "192.0.2.1",
    "an envelope that is none",
  );
}

/** The same bytes, in one piece and in pieces of some other sizes, are read as the same. */
function checkPieces(sent: readonly Buffer[]): void {
  const bytes = Buffer.concat(sent);
  const whole = readingOf([bytes]);
  check(readingOf(sent) === whole, "read as something else in the pieces in which it was sent");
  for (const size of [1, 3, 11]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_piece, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );
    check(readingOf(pieces) === whole, `read as something else in pieces of ${size}`);
  }
}

function readingOf(pieces: readonly Buffer[]): string {
  const events: string[] = [];
  const reader = new FrameReader(
    {
      onText: (message, length) => {
        check(
          length <= MAX_MESSAGE && Buffer.byteLength(message) === length,
          "a text of an impossible length",
        );
        events.push(`text ${message}`);
      },
      onPing: (payload) => events.push(`ping ${payload.toString("hex")}`),
      onPong: () => events.push("pong"),
      onClose: (code = CLOSE.normal) => events.push(`close ${code}`),
    },
    MAX_MESSAGE,
  );
  for (const piece of pieces) {
    const fault = reader.read(Buffer.from(piece));
    if (fault !== undefined) return [...events, `fault ${fault}`].join("\n");
  }
  return events.join("\n");
}
