/** What can be broken in the channel. */
import type { Breakage } from "./breakage.ts";

const SERVER = "src/tls/server-states.ts";
const CONNECTION = "src/tls/connection.ts";

export const CHANNEL: readonly Breakage[] = [
  {
    ids: ["C1"],
    file: "src/channel/pairing-channel.ts",
    find: "key: options.random(CHANNEL_KEY_BYTES)",
    replace: "key: new Uint8Array(CHANNEL_KEY_BYTES).fill(options.random(1)[0] ?? 0)",
    words: "the key of an offer is one drawn byte, repeated",
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
];
