/** The reader of client frames, by hand-made frames and against the one of `ws`. */
import fc from "fast-check";
import * as library from "ws";
import { describe, expect, it } from "vitest";
import { FAULT, FrameReader } from "../../src/relay/frame-reader.ts";
import { closeFrame, OPCODE, PING_FRAME, pongFrame, textFrame } from "../../src/relay/frames.ts";
import type { ClientFrame } from "./client-frames.ts";
import { clientFrame, cut } from "./client-frames.ts";

const LARGEST = 1_000;

/** What a reader makes of bytes that arrive in these pieces: an event each, and a fault at the end if there is one. */
function readPieces(pieces: readonly Buffer[], largest = LARGEST): string[] {
  const events: string[] = [];
  const reader = new FrameReader(
    {
      onText: (message, bytes) => events.push(`text ${bytes} ${message}`),
      onPing: (payload) => events.push(`ping ${payload.toString("hex")}`),
      onPong: () => events.push("pong"),
      onClose: (code) => events.push(`close ${code ?? 1005}`),
    },
    largest,
  );
  for (const piece of pieces) {
    // A copy, as the reader takes the mask off where the bytes are.
    const fault = reader.read(Buffer.from(piece));
    if (fault !== undefined) return [...events, `fault ${fault}`];
  }
  return events;
}

const frames = (...all: ClientFrame[]): Buffer => Buffer.concat(all.map(clientFrame));
const text = (payload: string | Buffer, final = true): ClientFrame => ({
  opcode: OPCODE.text,
  payload,
  final,
});
const more = (payload: string | Buffer, final = true): ClientFrame => ({
  opcode: OPCODE.continuation,
  payload,
  final,
});

describe("a frame from a client", () => {
  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 70_000])(
    "of %i bytes is read, however it is cut",
    (length) => {
      const message = "ä".repeat(length >> 1) + "x".repeat(length & 1);
      const bytes = frames(text(message), { opcode: OPCODE.pong, payload: "" });
      const expected = [`text ${length} ${message}`, "pong"];
      expect(readPieces([bytes], 70_000)).toEqual(expected);
      for (const size of [1, 2, 3, 5, 7, 13, 1_000])
        if (bytes.length / size < 40_000) expect(readPieces(cut(bytes, size), 70_000)).toEqual(expected);
    },
  );

  it("may come in fragments, with control frames between them", () => {
    const [first, second] = [Buffer.from("aä").subarray(0, 2), Buffer.from("aä").subarray(2)];
    const bytes = frames(
      text(first, false),
      { opcode: OPCODE.ping, payload: "still there?" },
      more("", false),
      more(second),
      text("next"),
    );
    const expected = ["ping 7374696c6c2074686572653f", "text 3 aä", "text 4 next"];
    for (const size of [1, 4, bytes.length]) expect(readPieces(cut(bytes, size))).toEqual(expected);
  });

  it.each<[string, Buffer, number]>([
    ["an unmasked one", Buffer.from([0x81, 0x01, 0x61]), FAULT.protocol],
    ["a reserved bit, as of compression", frames({ ...text("x"), reserved: 0x40 }), FAULT.protocol],
    ["an opcode of the future", frames({ opcode: 0x3, payload: "" }), FAULT.protocol],
    ["a control opcode of the future", frames({ opcode: 0xb, payload: "" }), FAULT.protocol],
    ["a continuation of nothing", frames(more("x")), FAULT.protocol],
    ["a new message within another", frames(text("x", false), text("y")), FAULT.protocol],
    [
      "binary within a text",
      frames(text("x", false), { opcode: OPCODE.binary, payload: "y" }),
      FAULT.protocol,
    ],
    ["binary", frames({ opcode: OPCODE.binary, payload: "x" }), FAULT.binary],
    ["a ping in fragments", frames({ opcode: OPCODE.ping, payload: "x", final: false }), FAULT.protocol],
    ["a ping too long", frames({ opcode: OPCODE.ping, payload: "x".repeat(126) }), FAULT.protocol],
    ["a close frame with half a code", frames({ opcode: OPCODE.close, payload: "x" }), FAULT.protocol],
    ["text that is not UTF-8", frames(text(Buffer.from([0xc3, 0x28]))), FAULT.notUtf8],
    ["a surrogate", frames(text(Buffer.from([0xed, 0xa0, 0x80]))), FAULT.notUtf8],
    [
      "a reason that is not UTF-8",
      frames({ opcode: OPCODE.close, payload: Buffer.from([3, 232, 0xff]) }),
      FAULT.notUtf8,
    ],
    ["one byte too many", frames(text("x".repeat(LARGEST + 1))), FAULT.tooLarge],
    ["one byte too many in fragments", frames(text("x", false), more("x".repeat(LARGEST))), FAULT.tooLarge],
    [
      "a length beyond all counting",
      Buffer.from([0x81, 0xff, ...Array<number>(8).fill(0xff), 0, 0, 0, 0]),
      FAULT.tooLarge,
    ],
    [
      "65 fragments",
      frames(text("", false), ...Array.from({ length: 64 }, () => more("", false))),
      FAULT.fragments,
    ],
  ])("is refused for %s", (_name, bytes, fault) => {
    const good = frames(text("good"));
    for (const size of [1, 3, bytes.length])
      expect(readPieces([good, ...cut(bytes, size)])).toEqual(["text 4 good", `fault ${fault}`]);
  });

  it("may have 64 fragments, again and again, and as many bytes as allowed", () => {
    const message = [
      text("", false),
      ...Array.from({ length: 62 }, () => more("", false)),
      more("x".repeat(LARGEST)),
    ];
    expect(readPieces([frames(...message, ...message)])).toEqual(
      Array(2).fill(`text ${LARGEST} ${"x".repeat(LARGEST)}`),
    );
  });

  it("is refused by its head alone where that is enough", () => {
    expect(readPieces([Buffer.from([0x82, 0x80])])).toEqual(["fault 1003"]);
    expect(readPieces([clientFrame(text("x".repeat(LARGEST + 1))).subarray(0, 8)])).toEqual(["fault 1009"]);
  });
});

describe("a close frame", () => {
  it.each([1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999])(
    "may say %i, and is the last that is read",
    (code) => {
      const close = { opcode: OPCODE.close, payload: closeFrame(code, "why").subarray(2) };
      expect(readPieces([frames(close, text("late")), frames(text("later"))])).toEqual([`close ${code}`]);
    },
  );

  it.each([0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535])("may not say %i", (code) => {
    const close = { opcode: OPCODE.close, payload: closeFrame(code).subarray(2) };
    expect(readPieces([frames(close)])).toEqual(["fault 1002"]);
  });

  it("may say nothing", () => {
    expect(readPieces([frames({ opcode: OPCODE.close, payload: "" })])).toEqual(["close 1005"]);
  });
});

interface LibraryReceiver {
  on(event: string, listener: (...values: never[]) => void): this;
  write(chunk: Buffer): boolean;
}

/** What the library's own reader makes of the same pieces. */
async function readByLibrary(pieces: readonly Buffer[]): Promise<string[]> {
  const { Receiver } = library as unknown as { Receiver: new (options: object) => LibraryReceiver };
  const events: string[] = [];
  const receiver = new Receiver({
    isServer: true,
    maxPayload: LARGEST,
    maxFragments: 64,
    allowSynchronousEvents: true,
  });
  receiver
    .on("message", (message: Buffer) => events.push(`text ${message.length} ${message.toString()}`))
    .on("ping", (payload: Buffer) => events.push(`ping ${payload.toString("hex")}`))
    .on("pong", () => events.push("pong"))
    .on("conclude", (code: number) => events.push(`close ${code}`))
    .on("error", (error: Error) => {
      const status = Object.getOwnPropertySymbols(error).find(
        ({ description }) => description === "status-code",
      );
      if (status !== undefined) events.push(`fault ${String(Reflect.get(error, status))}`);
    });
  for (const piece of pieces) receiver.write(Buffer.from(piece));
  // It tells of faults a little later.
  await new Promise((resolve) => setImmediate(resolve));
  return events;
}

describe("any frames", () => {
  const payload = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }).map((string) => Buffer.from(string)),
    fc.uint8Array({ maxLength: 140 }).map((bytes) => Buffer.from(bytes)),
    fc.nat(LARGEST + 20).map((length) => Buffer.alloc(length, "x")),
    fc
      .tuple(fc.nat(5_000), fc.string({ maxLength: 10 }))
      .map(([code, reason]) => closeFrame(code, reason).subarray(2)),
  );
  const frame = fc.record<ClientFrame>({
    // Binary is left out: the library takes it.
    opcode: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(OPCODE.text, OPCODE.continuation) },
      { weight: 3, arbitrary: fc.constantFrom(OPCODE.ping, OPCODE.pong, OPCODE.close) },
      { weight: 1, arbitrary: fc.integer({ min: 3, max: 15 }) },
    ),
    payload,
    final: fc.oneof(
      { weight: 3, arbitrary: fc.constant(true) },
      { weight: 1, arbitrary: fc.constant(false) },
    ),
    reserved: fc.oneof(
      { weight: 40, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.constantFrom(0x10, 0x20) },
    ),
    masked: fc.oneof(
      { weight: 40, arbitrary: fc.constant(true) },
      { weight: 1, arbitrary: fc.constant(false) },
    ),
    mask: fc.nat(0xffff_ffff),
  });

  it("are read as `ws` reads them, however they are cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(frame, { maxLength: 8 }),
        fc.integer({ min: 1, max: 400 }),
        async (sequence, size) => {
          const pieces = cut(frames(...sequence), size);
          expect(readPieces(pieces)).toEqual(await readByLibrary(pieces));
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe("the frames of a server", () => {
  it.each([0, 125, 126, 65_535, 65_536])("carry a text of %i bytes", (length) => {
    const message = "ö".repeat(length >> 1) + "x".repeat(length & 1);
    expect(readByClient([textFrame(message)], 70_000)).toEqual([`text ${length} ${message}`]);
  });

  it("are pings, pongs with what was asked, and closes with a reason", () => {
    expect(readByClient([PING_FRAME, pongFrame(Buffer.from("asked")), closeFrame(4003, "gone ö")])).toEqual([
      "ping ",
      "pong asked",
      "close 4003 gone ö",
    ]);
    expect(readByClient([closeFrame()])).toEqual(["close 1005 "]);
  });
});

function readByClient(pieces: readonly Buffer[], maxPayload = LARGEST): string[] {
  const { Receiver } = library as unknown as { Receiver: new (options: object) => LibraryReceiver };
  const events: string[] = [];
  const receiver = new Receiver({ isServer: false, maxPayload, allowSynchronousEvents: true });
  receiver
    .on("message", (message: Buffer) => events.push(`text ${message.length} ${message.toString()}`))
    .on("ping", (payload: Buffer) => events.push(`ping ${payload.toString()}`))
    .on("pong", (payload: Buffer) => events.push(`pong ${payload.toString()}`))
    .on("conclude", (code: number, reason: Buffer) => events.push(`close ${code} ${reason.toString()}`));
  for (const piece of pieces) receiver.write(piece);
  return events;
}
