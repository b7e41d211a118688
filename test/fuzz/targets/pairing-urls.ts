/** Pairing URLs: whatever a QR code says. Nothing of it may come out again in an error, and what is taken is unambiguous. */
import { FxaPairError } from "../../../src/lib/errors.ts";
import {
  asciiHost,
  formatPairingUrl,
  matchesServer,
  parsePairingUrl,
} from "../../../src/pairing/pairing-url.ts";
import type { Target } from "../engine/target.ts";
import { check } from "../engine/target.ts";
import { checkWords } from "./words.ts";

const ID = "AAECAwQFBgcICQoLDA0ODw";
const KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const FRAGMENT = `channel_id=${ID}&channel_key=${KEY}`;
/** Longer pieces of an input than that are no coincidence in a message. */
const RECOGNIZABLE = 16;

export const target: Target = {
  subjects: ["src/pairing/pairing-url", "src/lib/loopback"],
  maxLength: 2_200,
  seeds: [
    `https://accounts.firefox.com/pair#${FRAGMENT}`,
    `https://accounts.firefox.com/pair/supp#channel_key=${KEY}&v=2&channel_id=${ID}`,
    `http://127.0.0.1:3030/pair#${FRAGMENT}&mode=reverse&fp=ABCD-EFGH-JKMNP`,
    ` HTTPS://Accounts.Firefox.com:443/pair?x#${FRAGMENT}&mode=normal\n`,
    `https://[::1]:8443/pair#${FRAGMENT}`,
    `https://bücher.example/pair#${FRAGMENT}`,
    `https://user:pass@accounts.firefox.com/pair#${FRAGMENT}`,
  ].map((text) => Buffer.from(text)),
  words: [
    "channel_id=",
    "channel_key=",
    "mode=reverse",
    "%23",
    "xn--",
    "\u202e",
    "https://",
    "[::1]",
    "localhost",
    ID,
    KEY,
  ],
  run(input) {
    const text = Buffer.from(input).toString("utf8");
    try {
      checkParsed(text);
    } catch (error) {
      if (!(error instanceof FxaPairError)) throw error;
      check(error.code === "unreadable" || error.code === "usage", `an error of another kind: ${error.code}`);
      checkWords(error, text, RECOGNIZABLE);
    }
  },
};

function checkParsed(text: string): void {
  const url = parsePairingUrl(text);
  const { protocol, hostname, username } = new URL(url.contentServer);
  const isLocal = ["localhost", "[::1]"].includes(hostname) || /^127\.|\.localhost$/.test(hostname);
  check(protocol === "https:" || (protocol === "http:" && isLocal), "a scheme that protects nothing");
  check(
    username === "" && matchesServer(url, url.contentServer),
    "a server that is not the one that was read",
  );
  check(/^[\x21-\x7e]+$/.test(asciiHost(url)), "a host that is not ASCII");
  check(url.channelKey.length === 32 && /^[\w-]{22}$/.test(url.channelId), "a channel that is none");
  const again = parsePairingUrl(formatPairingUrl(url.contentServer, url.channelId, url.channelKey));
  check(
    again.contentServer === url.contentServer &&
      again.channelId === url.channelId &&
      Buffer.compare(again.channelKey, url.channelKey) === 0,
    "another URL once it is written and read again",
  );
}
