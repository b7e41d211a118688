/** What can be broken in the channel. */
import type { Breakage } from "./breakage.ts";

const CLIENT = "src/tls/client-states.ts";
const SERVER = "src/tls/server-states.ts";
const CONNECTION = "src/tls/connection.ts";
const KEY_SCHEDULE = "src/tls/key-schedule.ts";
const RECORDS = "src/tls/record-layer.ts";
const TLS_CHANNEL = "src/channel/tls-channel.ts";
const LINK = "src/channel/relay-link.ts";
const OPENING = "src/channel/pairing-channel.ts";
const AUTHORITY = "src/pairing/authority.ts";
const SUPPLICANT = "src/pairing/supplicant.ts";

export const CHANNEL: readonly Breakage[] = [
  {
    ids: ["C1"],
    file: OPENING,
    find: "key: options.random(CHANNEL_KEY_BYTES)",
    replace: "key: new Uint8Array(CHANNEL_KEY_BYTES).fill(options.random(1)[0] ?? 0)",
    words: "the key of an offer is one drawn byte, repeated",
  },
  {
    ids: ["C1"],
    file: OPENING,
    find: 'role: "server", key: options.random(CHANNEL_KEY_BYTES) });\n}',
    replace: `role: "server", key: (drawn ??= options.random(CHANNEL_KEY_BYTES)).slice() });
}
let drawn: Uint8Array | undefined;`,
    words: "a renewed offer has the key of the one before",
  },
  {
    ids: ["C1"],
    file: "src/lib/random.ts",
    find: "globalThis.crypto.getRandomValues(new Uint8Array(length))",
    replace: "new Uint8Array(length).map(() => Math.floor(Math.random() * 256))",
    words: "keys are drawn from a generator that can be predicted",
  },
  {
    ids: ["C2"],
    file: LINK,
    find: 'seat.type === "join" && connection.first.channelid !== seat.channelId',
    replace: 'seat.type === "join" && connection.first.channelid === ""',
    words: "the id in the relay's greeting is not compared with the one in the URL",
  },
  {
    ids: ["C2"],
    file: "src/channel/wire.ts",
    find: "channelid: v.pipe(v.string(), v.check(isChannelId)),",
    replace: "channelid: v.string(),",
    words: "the relay may give a channel an id of any form",
  },
  {
    ids: ["C3"],
    file: "src/channel/node-primitives.ts",
    find: "return verified(decipher) ? plaintext : undefined;",
    replace: "verified(decipher);\n      return plaintext;",
    words: "a record is taken whether its tag matches or not",
  },
  {
    ids: ["C3"],
    file: TLS_CHANNEL,
    find: "this.#tls.feed(decodePaddedBase64url(text) ?? new Uint8Array(0));",
    replace:
      "const record = decodePaddedBase64url(text);\n    if (record === undefined) return;\n    this.#tls.feed(record);",
    words: "what was changed into no base64url is passed over",
  },
  {
    ids: ["C3"],
    file: "src/lib/base64url.ts",
    find: "return encodeBase64url(bytes) === text ? bytes : undefined;",
    replace: "return bytes;",
    words: "base64url whose last, unused bits were changed is taken",
  },
  {
    ids: ["C3"],
    file: RECORDS,
    find: 'if (record.length !== RECORD_HEADER_BYTES + length) throw refuse("recordFraming");',
    replace: "",
    words: "a record's length is not compared with what its header says",
  },
  {
    ids: ["C4"],
    file: KEY_SCHEDULE,
    find: 'transcriptInput("s ap traffic")',
    replace: 'transcriptInput("c ap traffic")',
    words: "both sides seal their application data with the same key",
  },
  {
    ids: ["C4"],
    file: CLIENT,
    find: "expectType(message, HANDSHAKE.serverHello);",
    replace: "if (message.type === HANDSHAKE.clientHello) return this;",
    words: "a client passes over a ClientHello, its own perhaps",
  },
  {
    ids: ["C5"],
    file: RECORDS,
    find: "this.#ivTail ^ this.#sequence++",
    replace: "this.#ivTail ^ this.#sequence",
    words: "records have no numbers, and each is sealed with the same nonce",
  },
  {
    ids: ["C5"],
    file: RECORDS,
    find: "const inner = payload.length < GCM_TAG_BYTES ? undefined : reading.open(header, payload);",
    replace: `let inner = reading.open(header, payload);
    for (let skipped = 0; inner === undefined && skipped < 4; skipped++) inner = reading.open(header, payload);`,
    words: "a record that was lost is skipped",
  },
  {
    ids: ["C6"],
    file: CONNECTION,
    find: 'if (this.#state?.connected !== true) throw refuse("messageOutOfOrder");\n    if (bytes.length',
    replace: "if (bytes.length",
    words: "application data is delivered before the peer's Finished",
  },
  {
    ids: ["C6"],
    file: SERVER,
    find: 'if (!matches) throw refuse("binderMismatch");',
    replace: "",
    words: "the server takes a ClientHello with any binder",
  },
  {
    ids: ["C6"],
    file: SERVER,
    find: 'if (!equalBytes(verifyData, this.#clientVerifyData)) throw refuse("finishedMismatch");',
    replace: "",
    words: "the server takes any Finished",
  },
  {
    ids: ["C6"],
    file: CLIENT,
    find: 'if (!matches) throw refuse("finishedMismatch");',
    replace: "",
    words: "the client takes any Finished",
  },
  {
    ids: ["C7"],
    file: TLS_CHANNEL,
    find: 'this.#fail("error" in end ? end.error : failures.closeFailure(end.close, this.#together));',
    replace: `if ("error" in end) this.#fail(end.error);
        else this.#events.push({ type: "peerClosed" });`,
    words: "a cut connection is taken for the peer's close_notify",
  },
  {
    ids: ["C7"],
    file: SUPPLICANT,
    find: 'return at === "exchanging" || (at === "waitingForLocal" && !tampered);',
    replace:
      'return at === "exchanging" || at === "waitingForAuthority" || (at === "waitingForLocal" && !tampered);',
    words: "a new device that waits for the code does not hear that the connection is lost",
  },
  {
    ids: ["C7"],
    file: SUPPLICANT,
    find: 'return at === "exchanging" || (at === "waitingForLocal" && !tampered);',
    replace: 'return at === "waitingForLocal" && !tampered;',
    words: "a connection that is lost after the code came ends the exchange",
  },
  {
    ids: ["C7"],
    file: AUTHORITY,
    find: "codeSent ? failures.perhapsSignedIn(error) : error",
    replace: "error",
    words: "a host that sent its code and lost the connection does not say that the device may be signed in",
  },
  {
    ids: ["C7"],
    file: AUTHORITY,
    find: 'const codeSent = state.at === "waitingForRemote" || state.at === "delivering";',
    replace: 'const codeSent = state.at === "waitingForRemote";',
    words:
      "a host does not say that the device may be signed in if the connection is lost while the code leaves",
  },
  {
    ids: ["C8"],
    file: TLS_CHANNEL,
    find: 'case "failed":\n        this.#fail(',
    replace: 'case "failed":\n        if (!this.#together) this.#startTls();\n        else this.#fail(',
    words: "the host takes another handshake after one that failed",
  },
  {
    ids: ["C8"],
    file: TLS_CHANNEL,
    find: "this.#events.end();\n    void this.#link.close();\n  }",
    replace: "this.#events.end();\n  }",
    words: "a channel that has failed stays open",
  },
  {
    ids: ["C8"],
    file: LINK,
    find: "this.#over = true;\n    this.#cancelPause();",
    replace: "this.#cancelPause();",
    words: "a channel that has failed is connected to again when its socket is gone",
  },
  {
    ids: ["C9"],
    file: LINK,
    find: "if (this.#received > MAX_MESSAGES || this.#receivedLength > MAX_RECEIVED) {",
    replace: "if (this.#receivedLength > MAX_RECEIVED) {",
    words: "a relay may send as many messages as it likes",
  },
  {
    ids: ["C9"],
    file: LINK,
    find: "if (this.#received > MAX_MESSAGES || this.#receivedLength > MAX_RECEIVED) {",
    replace: "if (this.#received > MAX_MESSAGES) {",
    words: "a relay may send as much as it likes",
  },
  {
    ids: ["C9"],
    file: "src/channel/socket.ts",
    find: "maxPayload: MAX_FRAME_LENGTH,",
    replace: "maxPayload: 0,",
    words: "a relay may send a frame of any size",
  },
  {
    ids: ["C9"],
    file: "src/channel/socket.ts",
    find: "if (socket.bufferedAmount > MAX_UNSENT) refuse();",
    replace: "",
    words: "answers to a relay that pings and does not read pile up",
  },
  {
    ids: ["C9"],
    file: "src/channel/socket.ts",
    find: "if (isTooMuch) refuse();\n    return !isTooMuch;",
    replace: "return true;",
    words: "a relay may send frames without end",
  },
  {
    ids: ["C10"],
    file: "src/lib/constant-time.ts",
    find: "difference |= (a[i] ?? 0) ^ (b[i] ?? 0);",
    replace: "if (a[i] !== b[i]) return false;",
    words: "the comparison ends at the first byte that differs",
  },
  {
    ids: ["C10"],
    file: SERVER,
    find: "const matches = equalBytes(binder, expected);",
    replace: "const matches = Buffer.compare(binder, expected) === 0;",
    words: "the binder is not compared by the helper",
  },
  {
    ids: ["C10"],
    file: SUPPLICANT,
    find: "!equalText(message.state, state.request.state)",
    replace: "message.state !== state.request.state",
    words: "`state` is not compared by the helper",
  },
  {
    ids: ["C11"],
    file: KEY_SCHEDULE,
    find: "const binder = binderKey.verifyData(truncatedHelloHash);\n    binderKey.wipe();",
    replace: "const binder = binderKey.verifyData(truncatedHelloHash);",
    words: "the binder's key is not wiped",
  },
  {
    ids: ["C11"],
    file: CONNECTION,
    find: "this.#early.wipe();",
    replace: "",
    words: "a connection that is given up keeps its early secret",
  },
  {
    ids: ["C11"],
    file: CONNECTION,
    find: "this.#link.records.wipe();",
    replace: "",
    words: "traffic keys are not wiped at the end",
  },
  {
    ids: ["C11"],
    file: CONNECTION,
    find: 'this.#events.push({ type: "failed", error });\n    this.dispose();',
    replace: 'this.#events.push({ type: "failed", error });',
    words: "nothing is wiped after a failure",
  },
  {
    ids: ["C11"],
    file: RECORDS,
    find: "this.#writing?.wipe();\n    this.#writing = new",
    replace: "this.#writing = new",
    words: "keys of the handshake are not wiped when the next ones are taken up",
  },
  {
    ids: ["C11"],
    file: TLS_CHANNEL,
    find: "this.#tls?.dispose();\n    this.key.fill(0);",
    replace: "this.#tls?.dispose();",
    words: "the channel's key is not wiped",
  },
  {
    ids: ["C12"],
    file: SERVER,
    find: "link.transmit(link.records.seal(CONTENT.handshake, both));",
    replace: `link.transmit(link.records.seal(CONTENT.handshake, extensions));
  link.transmit(link.records.seal(CONTENT.handshake, finished));`,
    words: "the server sends its Finished in a frame of its own",
  },
  {
    ids: ["C12"],
    file: TLS_CHANNEL,
    find: "pskIdentity,\n      random,",
    replace: 'pskIdentity,\n      legacySessionId: "random",\n      random,',
    words: "the client has the server send a change_cipher_spec",
  },
  {
    ids: ["C12"],
    file: "src/pairing/flow.ts",
    find: "await within(this.#ports.clock, milliseconds, event, () => undefined);",
    replace: `await within(this.#ports.clock, milliseconds, event, () => {
        throw new FxaPairError("timeout", "The other device did not close.");
      });`,
    words: "a close_notify that does not come fails the pairing",
  },
];
