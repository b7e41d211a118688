/**
 * Frames of all kinds, right and wrong, from one participant of a channel: what both are told is worked out from the
 * rules of the protocol and the relay's limits, and compared.
 */
import { expect } from "vitest";
import fc from "fast-check";
import { CLOSE } from "../../../src/channel/wire.ts";
import { FAULT, FrameReader } from "../../../src/relay/frame-reader.ts";
import { closeFrame, OPCODE } from "../../../src/relay/frames.ts";
import { DEFAULT_SETTINGS } from "../../../src/relay/settings.ts";
import type { ClientFrame } from "../client-frames.ts";
import { clientFrame, cut } from "../client-frames.ts";
import type { TestRelay } from "../support.ts";
import type { RawPeer, ServerFrame } from "./raw-peer.ts";
import { takeSeat } from "./raw-peer.ts";

const { maxMessage, maxData, maxExchanges } = DEFAULT_SETTINGS;

const rarely = <T>(usual: T, other: fc.Arbitrary<T>, weight: number): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });

/** A place in something, from 0 to 1. */
const share = fc.nat(1_000).map((thousandths) => thousandths / 1_000);
const ofLength = (length: number): Buffer => Buffer.alloc(length, "x");
const anyBytes = fc.uint8Array({ maxLength: 140 }).map((bytes) => Buffer.from(bytes));
const textBytes = fc.oneof(
  { weight: 12, arbitrary: fc.string({ unit: "binary", maxLength: 60 }).map((text) => Buffer.from(text)) },
  { weight: 2, arbitrary: fc.nat(maxMessage / 2).map(ofLength) },
  { weight: 1, arbitrary: fc.integer({ min: maxMessage - 3, max: maxMessage + 1 }).map(ofLength) },
);
const closeBytes = fc
  .tuple(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(1000, 1001, 4000) },
      { weight: 1, arbitrary: fc.nat(5_000) },
    ),
    fc.string({ maxLength: 30 }),
  )
  .map(([code, reason]) => closeFrame(code, reason).subarray(2));

const mask = fc.nat(0xffff_ffff);
const control = fc.record<ClientFrame>({
  opcode: fc.constantFrom(OPCODE.ping, OPCODE.pong),
  payload: fc.uint8Array({ maxLength: 125 }).map((bytes) => Buffer.from(bytes)),
  mask,
});
const text = fc.record<ClientFrame>({ opcode: fc.constant(OPCODE.text), payload: textBytes, mask });
/** A text cut anywhere, also within a character, with or without a control frame in between. */
const fragments = fc
  .tuple(textBytes, fc.array(share, { minLength: 1, maxLength: 4 }), fc.option(control))
  .map(([bytes, cuts, between]) => {
    const ends = [...cuts.map((at) => Math.floor(at * bytes.length)).sort((x, y) => x - y), bytes.length];
    const frames = ends.map((end, index): ClientFrame => ({
      opcode: index === 0 ? OPCODE.text : OPCODE.continuation,
      payload: bytes.subarray(ends[index - 1] ?? 0, end),
      final: index === ends.length - 1,
    }));
    return between === null ? frames : [...frames.slice(0, 1), between, ...frames.slice(1)];
  });
/** Most likely wrong. */
const anyFrame = fc.record<ClientFrame>({
  opcode: fc.nat(15),
  payload: fc.oneof(anyBytes, textBytes, closeBytes),
  final: fc.boolean(),
  reserved: rarely(0, fc.constantFrom(0x10, 0x20, 0x40), 5),
  masked: rarely(true, fc.constant(false), 5),
  mask,
});

const part = fc.oneof(
  { weight: 60, arbitrary: text.map((frame) => [frame]) },
  { weight: 15, arbitrary: fragments },
  { weight: 15, arbitrary: control.map((frame) => [frame]) },
  { weight: 2, arbitrary: closeBytes.map((payload): ClientFrame[] => [{ opcode: OPCODE.close, payload }]) },
  { weight: 2, arbitrary: anyFrame.map((frame) => [frame]) },
  {
    weight: 1,
    arbitrary: fc.constant(
      Array.from({ length: 66 }, (_, n): ClientFrame => ({
        opcode: n === 0 ? OPCODE.text : OPCODE.continuation,
        payload: "",
        final: false,
      })),
    ),
  },
);

export const sequenceArbitrary = fc.record({
  frames: fc.array(part, { maxLength: 40, size: "max" }).map((parts) => parts.flat()),
  pieces: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 100, max: 70_000 })),
  /** Whether the last bytes are missing. */
  short: rarely(0, fc.nat(20), 10),
});
export type Sequence = typeof sequenceArbitrary extends fc.Arbitrary<infer T> ? T : never;

interface Told {
  /** Payloads of pongs, in hexadecimal. */
  pongs: string[];
  /** Texts, not trimmed. */
  texts: string[];
  /** The code of the sender's close frame; 1005 if it has none, undefined if there is no close frame. */
  sender: number | undefined;
  /** The code that the other participant is told, if it is told. */
  other: number | undefined;
}

/** What the rules say. */
function expected(bytes: Buffer): Told {
  const told: Told = { pongs: [], texts: [], sender: undefined, other: undefined };
  let size = 0;
  const end = (code: number, both = false): void => {
    if (told.sender !== undefined) return;
    told.sender = code;
    if (both) told.other = code;
  };
  const reader = new FrameReader(
    {
      onText(message, length) {
        if (told.sender !== undefined) return;
        size += length;
        if (size > maxData || told.texts.length === maxExchanges) end(CLOSE.policy, true);
        else told.texts.push(message);
      },
      onPing(asked) {
        if (told.sender === undefined) told.pongs.push(asked.toString("hex"));
      },
      onPong: () => undefined,
      onClose: (code) => {
        end(code ?? 1005);
      },
    },
    maxMessage,
  );
  const fault = reader.read(Buffer.from(bytes));
  if (fault !== undefined) end(fault, fault !== FAULT.protocol && fault !== FAULT.notUtf8);
  return told;
}

const codeOf = ({ payload: bytes }: ServerFrame): number =>
  bytes.length === 0 ? 1005 : bytes.readUInt16BE(0);

/** What a peer has been told since its first message. */
function told(peer: RawPeer): { pongs: string[]; texts: string[]; close: number | undefined } {
  const [, ...frames] = peer.frames;
  const of = (wanted: number) => frames.filter(({ opcode }) => opcode === wanted);
  const closes = of(OPCODE.close).map(codeOf);
  expect(closes.length).toBeLessThanOrEqual(1);
  return {
    pongs: of(OPCODE.pong).map((pong) => pong.payload.toString("hex")),
    texts: of(OPCODE.text).map(
      (text) => (JSON.parse(text.payload.toString()) as { message: string }).message,
    ),
    close: closes[0],
  };
}

/** Sends a sequence through a channel of its own. */
export async function trySequence({ relay }: TestRelay, { frames, pieces, short }: Sequence): Promise<void> {
  const sender = await takeSeat(relay, "/v1/ws/");
  const other = await takeSeat(relay, `/v1/ws/${(await sender.first()).id}`);
  const whole = Buffer.concat(frames.map(clientFrame));
  const bytes = whole.subarray(0, Math.max(0, whole.length - short));
  const rules = expected(bytes);
  // Not in more pieces than a connection takes without being slowed down by them.
  sender.send(...cut(bytes, Math.max(pieces, Math.ceil(bytes.length / 500))));
  await sender.finish();
  other.send(
    clientFrame({ opcode: OPCODE.ping, payload: "all there" }),
    clientFrame({ opcode: OPCODE.close, payload: closeFrame(1000).subarray(2) }),
  );
  await other.finish();
  expect(told(sender)).toEqual({ pongs: rules.pongs, texts: [], close: rules.sender });
  const alive = rules.other === undefined;
  expect(told(other)).toEqual({
    texts: rules.texts.map((text) => text.trim()),
    pongs: alive ? [Buffer.from("all there").toString("hex")] : [],
    close: rules.other ?? 1000,
  });
}
