/** What comes of the words on the way to the key is overwritten; big integers within the curve's package cannot be. */
import { expect, it, vi } from "vitest";
import { calculateGenerator, intermediateKey, verifiedMultiply } from "../../src/cpace/cpace.ts";
import { JoinerExchange, respond } from "../../src/cpace/exchange.ts";
import { parseHostMessage, parseJoinerMessage } from "../../src/cpace/messages.ts";
import { systemRandom } from "../../src/lib/random.ts";

const WORDS = "tiger-abandon-zoo";
const CHANNEL = "AAECAwQFBgcICQoLDA0ODw";
const SCALAR_BYTES = 32;
const utf8 = (text: string) => new TextEncoder().encode(text);

/** Every byte array that is made meanwhile, by whomever. */
function arraysMade<T>(action: () => T): { readonly made: readonly Uint8Array[]; readonly result: T } {
  const made: Uint8Array[] = [];
  const Original = globalThis.Uint8Array;
  // What the language itself makes arrays with.
  const makers = [
    vi.spyOn(TextEncoder.prototype, "encode"),
    vi.spyOn(Object.getPrototypeOf(Original.prototype) as Uint8Array, "slice"),
  ];
  globalThis.Uint8Array = new Proxy(Original, {
    construct(target, given) {
      const bytes = Reflect.construct(target, given) as Uint8Array<ArrayBuffer>;
      made.push(bytes);
      return bytes;
    },
  });
  try {
    const result = action();
    for (const { mock } of makers) {
      for (const { value } of mock.results) if (value instanceof Original) made.push(value);
    }
    return { made, result };
  } finally {
    globalThis.Uint8Array = Original;
    for (const maker of makers) maker.mockRestore();
  }
}

/** Draws that are remembered, as the scalar that a side made of its last one is overwritten. */
function rememberedScalars() {
  const drawn: Uint8Array[] = [];
  const random = (length: number) => {
    const bytes = systemRandom(length);
    // Below the group's order, so that it is the scalar itself.
    if (length === 64) bytes.fill(0, SCALAR_BYTES - 1);
    // A buffer, as its own copy is not to be found.
    drawn.push(Buffer.from(bytes.subarray(0, SCALAR_BYTES)));
    return bytes;
  };
  return { random, drawn };
}

function holders(made: readonly Uint8Array[], secret: Uint8Array): number {
  return made.filter((bytes) => Buffer.from(bytes).includes(Buffer.from(secret))).length;
}

it("C11: no words, scalar, shared point or key of CPace is left behind, on either side", () => {
  const { random, drawn } = rememberedScalars();
  const input = { password: WORDS, channelId: CHANNEL, random };
  const { made, result } = arraysMade(() => {
    const joiner = new JoinerExchange(input);
    const { answer, psk } = respond(input, joiner.message);
    return { asked: joiner.message, answer, keys: [psk, joiner.finish(answer)] };
  });
  const joiners = parseJoinerMessage(result.asked);
  const hosts = parseHostMessage(result.answer);
  if (joiners === undefined || hosts === undefined) throw new Error("no messages");
  const { sessionId } = joiners;
  const generator = calculateGenerator({
    password: utf8(WORDS),
    channelIdentifier: utf8(`fxa-pair/1${CHANNEL}`),
    sessionId,
  });
  const point = verifiedMultiply(drawn[1]!, hosts);
  if (point === undefined) throw new Error("no point");
  const key = intermediateKey(sessionId, point, {
    initiatorShare: joiners.share,
    initiatorData: new Uint8Array(0),
    responderShare: hosts,
    responderData: new Uint8Array(0),
  });
  // Seen at all: the messages are made of arrays that nobody wipes, and the key is the caller's.
  expect(holders(made, hosts)).toBeGreaterThan(0);
  for (const psk of result.keys) expect(holders(made, psk)).toBeGreaterThan(0);
  // Of the generator, the curve's package makes a copy of its own on either side when it decodes it.
  const left = {
    words: utf8(WORDS),
    point,
    key,
    joinersScalar: drawn[1]!,
    hostsScalar: drawn[2]!,
    generator,
  };
  expect(Object.entries(left).map(([name, secret]) => [name, holders(made, secret)])).toEqual([
    ["words", 0],
    ["point", 0],
    ["key", 0],
    ["joinersScalar", 0],
    ["hostsScalar", 0],
    ["generator", 2],
  ]);
});
