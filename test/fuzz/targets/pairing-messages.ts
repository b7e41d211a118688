/**
 * What the other device and the relay say in a pairing: each document by itself, and whole conversations with either
 * side. No conversation leads to a code for a request that nobody here has said yes to, nor to more than one.
 */
import { FxaPairError } from "../../../src/lib/errors.ts";
import { formatEnvelope, parseEnvelope, parseFirstMessage } from "../../../src/channel/wire.ts";
import { parsePairMessage } from "../../../src/pairing/messages.ts";
import { InputReader } from "../engine/input.ts";
import type { Target } from "../engine/target.ts";
import { check } from "../engine/target.ts";
import { AuthorityTalk, SupplicantTalk } from "./pairing/talks.ts";
import { CONVERSATIONS, DOCUMENTS } from "./pairing/documents.ts";
import { checkWords } from "./words.ts";

const MOST_STEPS = 12;

export const target: Target = {
  subjects: [
    "src/pairing/authority",
    "src/pairing/keys-jwk",
    "src/pairing/messages",
    "src/pairing/request-checks",
    "src/pairing/stage-table",
    "src/pairing/supplicant",
    "src/channel/wire",
    "src/oauth/public-jwk",
  ],
  maxLength: 4_096,
  seeds: [
    ...DOCUMENTS.map((document, index) => Buffer.concat([Buffer.from([index % 3]), Buffer.from(document)])),
    ...CONVERSATIONS,
  ],
  isJson: true,
  run(input) {
    const reader = new InputReader(input);
    const what = reader.uint8() % 5;
    if (what >= 3) talk(what === 3 ? new AuthorityTalk(reader.uint8()) : new SupplicantTalk(), reader);
    else readDocument(what, Buffer.from(reader.rest()).toString("utf8"));
  },
};

function readDocument(what: number, text: string): void {
  if (what === 0) {
    const message = parsePairMessage(text);
    if ("problem" in message) checkWords(new FxaPairError("refused", message.problem), text, 24);
    return;
  }
  if (what === 1) {
    const first = parseFirstMessage(text);
    if (first === undefined) return;
    check(/^[\w-]{22}$/.test(first.channelid), "a channel id that is none");
    const { seen = 0, expires_in = 0 } = first;
    check(Number.isSafeInteger(seen) && seen >= 0, "a count that is none");
    check(expires_in === null || (expires_in >= 0 && Number.isFinite(expires_in)), "a lifespan that is none");
    return;
  }
  const envelope = parseEnvelope(text);
  if (envelope === undefined) return;
  const again = parseEnvelope(formatEnvelope(envelope));
  // What was read may have been written more briefly than it is written again.
  if (formatEnvelope(envelope).length > 60_000) return;
  check(
    JSON.stringify(again) === JSON.stringify(envelope),
    "another envelope once it is written and read again",
  );
}

interface Talk {
  step(what: number, text: string): readonly string[];
  readonly isOver: boolean;
}

function talk(side: Talk, reader: InputReader): void {
  let ends = 0;
  for (let left = MOST_STEPS; left > 0 && !reader.isAtEnd; left--) {
    const what = reader.uint8();
    const effects = side.step(what, what % 2 === 0 ? Buffer.from(reader.piece()).toString("utf8") : "");
    check(ends === 0 || effects.length === 0, "something is done after the end");
    const end = effects.findIndex((type) => type === "complete" || type === "fail");
    if (end < 0) continue;
    check(end === effects.length - 1, "something is done after the end, in one step");
    check(side.isOver, "it goes on after the end");
    ends++;
  }
  check(ends <= 1, "it ended twice");
}
