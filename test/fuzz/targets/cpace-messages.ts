/**
 * The key exchange of typed codes, with whatever the relay or a stranger sends in place of its two messages. Both sides
 * have one key only where they had one password and heard each other's own words; no scalar serves twice or is left in
 * memory; and what is wrong ends in the one error that the exchange has.
 */
import { intermediateKey } from "../../../src/cpace/cpace.ts";
import { ExchangeError, JoinerExchange, respond } from "../../../src/cpace/exchange.ts";
import {
  formatHostMessage,
  formatJoinerMessage,
  parseHostMessage,
  parseJoinerMessage,
} from "../../../src/cpace/messages.ts";
import { derivePsk } from "../../../src/cpace/psk.ts";
import { InputReader } from "../engine/input.ts";
import type { Target } from "../engine/target.ts";
import { check } from "../engine/target.ts";
import { Draws } from "./cpace/draws.ts";
import { hostMessage, isCanonical, joinerMessage, POINTS } from "./cpace/points.ts";

const PASSWORD = "tiger-abandon-zoo";
const OTHER_PASSWORD = "tiger-abandon-zone";
const CHANNEL = "AAECAwQFBgcICQoLDA0ODw";
const OTHER_CHANNEL = "EAECAwQFBgcICQoLDA0ODw";
const NO_BYTES = new Uint8Array();
const NEUTRAL = new Uint8Array(32);

/** Arithmetic on the curve takes a hundred times as long as reading, so that most runs are for reading alone. */
const MODES = 24;
const TO_HOST = 20;
const TO_JOINER = 21;
const TALK = 22;

const ascii = (text: string): Buffer => Buffer.from(text);
const piece = (text: string): Buffer =>
  Buffer.concat([Buffer.from([text.length >>> 8, text.length & 0xff]), ascii(text)]);

export const target: Target = {
  subjects: ["src/cpace/", "src/lib/base64url"],
  maxLength: 1_400,
  seeds: [
    ...POINTS.flatMap((point) => [
      Buffer.concat([Buffer.from([0]), ascii(joinerMessage(point))]),
      Buffer.concat([Buffer.from([1]), ascii(hostMessage(point))]),
      Buffer.concat([Buffer.from([TO_HOST]), ascii(joinerMessage(point))]),
      Buffer.concat([Buffer.from([TO_JOINER]), ascii(hostMessage(point))]),
    ]),
    ...[0, 1, 2, 3].map((who) => Buffer.from([TALK, who])),
    Buffer.concat([Buffer.from([TALK, 4]), piece(joinerMessage(POINTS[0] ?? ""))]),
    Buffer.concat([Buffer.from([TALK, 8, 0, 0, 9]), piece("1")]),
    Buffer.concat([Buffer.from([TALK, 16]), piece(hostMessage(POINTS[1] ?? ""))]),
    Buffer.from([TALK, 0x30]),
  ],
  isJson: true,
  words: [...POINTS, '"pake"', '"sid"', '"Y"', '"v":1', "="],
  run(input) {
    const reader = new InputReader(input);
    const mode = reader.uint8() % MODES;
    if (mode >= TALK) talk(reader);
    else {
      const text = Buffer.from(reader.rest()).toString("utf8");
      if (mode === TO_HOST) askHost(text);
      else if (mode === TO_JOINER) answerJoiner(text);
      else read(mode % 2 === 0, text);
    }
  },
};

function read(isJoiners: boolean, text: string): void {
  const joiners = parseJoinerMessage(text);
  const share = parseHostMessage(text);
  check(joiners === undefined || share !== undefined, "a joiner's message is more than a host's");
  if (isJoiners && joiners !== undefined) {
    check(joiners.sessionId.length === 16 && joiners.share.length === 32, "values of another length");
    const again = parseJoinerMessage(formatJoinerMessage(joiners));
    check(JSON.stringify(again) === JSON.stringify(joiners), "another message once it is written again");
  }
  if (share === undefined) return;
  check(share.length === 32, "a share of another length");
  const again = parseHostMessage(formatHostMessage(share));
  check(Buffer.compare(again ?? NO_BYTES, share) === 0, "another share once it is written again");
}

/** What comes out, unless it is the exchange's own error. */
function attempt<Result>(action: () => Result): Result | undefined {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error;
    return undefined;
  }
}

function hostAnswers(text: string, draws: Draws, input = { password: PASSWORD, channelId: CHANNEL }) {
  const drawn = draws.scalars;
  const found = attempt(() => respond({ ...input, random: draws.source }, text));
  draws.checkWiped();
  const message = parseJoinerMessage(text);
  check(draws.scalars - drawn === (message === undefined ? 0 : 1), "another number of scalars than one");
  if (found === undefined) return undefined;
  const own = parseHostMessage(found.answer);
  check(message !== undefined && own !== undefined, "an answer to no message, or none");
  check(isCanonical(message.share) && isCanonical(own), "a share that is no proper point");
  checkKey(found.psk, message.sessionId, message.share, own);
  return found;
}

/** Nobody may know it without a password, as everybody would if the neutral element were taken for a point. */
function checkKey(psk: Uint8Array, sessionId: Uint8Array, joiners: Uint8Array, hosts: Uint8Array): void {
  check(psk.length === 32 && psk.some((byte) => byte !== 0), "no key");
  const run = {
    initiatorShare: joiners,
    initiatorData: NO_BYTES,
    responderShare: hosts,
    responderData: NO_BYTES,
  };
  const known = derivePsk(intermediateKey(sessionId, NEUTRAL, run));
  check(Buffer.compare(known, psk) !== 0, "a key that everybody knows");
}

/** A stranger asks the host, twice: the host's share is another one each time. */
function askHost(text: string): void {
  const draws = new Draws("host");
  const first = hostAnswers(text, draws);
  if (first === undefined) return;
  const second = hostAnswers(text, draws);
  check(second !== undefined, "it was answered once only");
  check(second.answer !== first.answer, "a scalar served twice");
  check(Buffer.compare(first.psk, second.psk) !== 0, "a key that was there before");
}

function answerJoiner(text: string): void {
  // Most of what is malformed is the same to it as anything else that is: that one has been finished.
  if (parseHostMessage(text) === undefined && text.length % 16 !== 0) return;
  finish(text, PASSWORD, CHANNEL);
}

function finish(answer: string, password: string, channelId: string): Uint8Array | undefined {
  const draws = new Draws("joiner");
  const joiner = new JoinerExchange({ password, channelId, random: draws.source });
  const psk = attempt(() => joiner.finish(answer));
  draws.checkWiped();
  check(draws.scalars === 1, "another number of scalars than one");
  check(attempt(() => joiner.finish(answer)) === undefined, "a scalar served twice");
  if (psk === undefined) return undefined;
  const [sent, share] = [parseJoinerMessage(joiner.message), parseHostMessage(answer)];
  check(sent !== undefined && share !== undefined, "a key from what is no message");
  check(isCanonical(share), "a share that is no proper point");
  checkKey(psk, sent.sessionId, sent.share, share);
  return psk;
}

/** What the joiner says first, which is the same each time as its random source is. */
const firstWords = new Map<string, string>();

function messageOf(password: string, channelId: string): string {
  const key = `${password} ${channelId}`;
  const known = firstWords.get(key);
  if (known !== undefined) return known;
  const { message } = new JoinerExchange({ password, channelId, random: new Draws("joiner").source });
  firstWords.set(key, message);
  return message;
}

/** Both sides, honest, and a relay between them that may change what each says. */
function talk(reader: InputReader): void {
  const how = reader.uint8();
  const password = (how & 1) === 0 ? PASSWORD : OTHER_PASSWORD;
  const channelId = (how & 2) === 0 ? CHANNEL : OTHER_CHANNEL;
  const message = messageOf(password, channelId);
  const delivered = change(message, (how >>> 2) & 3, message, reader);
  const host = hostAnswers(delivered, new Draws("host"));
  if (host === undefined) return;
  const answer = change(host.answer, (how >>> 4) & 3, message, reader);
  const joiners = finish(answer, password, channelId);
  if (joiners === undefined) return;
  const isOneKey = Buffer.compare(joiners, host.psk) === 0;
  const isHeard =
    sameMeaning(parseJoinerMessage(delivered), parseJoinerMessage(message)) &&
    sameMeaning(parseHostMessage(answer), parseHostMessage(host.answer));
  const isHonest = isHeard && password === PASSWORD && channelId === CHANNEL;
  check(isOneKey === isHonest, isOneKey ? "one key for who is not one" : "two keys for one password");
}

function change(said: string, how: number, first: string, reader: InputReader): string {
  switch (how) {
    case 0:
      return said;
    case 1:
      return Buffer.from(reader.piece()).toString("utf8");
    case 2: {
      const at = reader.below(said.length + 1);
      const put = Buffer.from(reader.piece()).toString("latin1");
      return said.slice(0, at) + put + said.slice(at + put.length);
    }
    default:
      return first;
  }
}

function sameMeaning(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
