/** What can be broken in what the relay takes from one connection, one address and in all. */
import type { Breakage } from "./breakage.ts";

const REGISTRY = "src/relay/registry.ts";
const RULES = "src/relay/channel-rules.ts";
const CONNECTION = "src/relay/connection.ts";
const SOCKET = "src/relay/relay-socket.ts";
const FRAMES = "src/relay/frame-reader.ts";
const ADDRESS = "src/relay/client-address.ts";
const LIMITS = "src/relay/address-limits.ts";
const FUNCTIONS = "src/relay/redis/channel-functions.ts";
const LIMIT_FUNCTIONS = "src/relay/redis/limit-functions.ts";
const ADMISSIONS = "src/relay/redis/admissions.ts";

export const RELAY_LIMITS: readonly Breakage[] = [
  {
    ids: ["R4"],
    file: CONNECTION,
    find: "    if (now - this.#lastHeard >= this.#context.clientTimeout) {",
    replace: "    if (now - this.#lastHeard >= Infinity) {",
    words: "who answers no ping stays",
  },
  {
    ids: ["R4"],
    file: "src/relay/front.ts",
    find: "    requestTimeout: upgradeTimeout,\n",
    replace: "",
    words: "half a request may wait as long as Node lets it",
  },
  {
    ids: ["R4"],
    file: CONNECTION,
    find: "    if (buffered > 0 && buffered + envelope.length > this.#context.slowConsumer + this.#backlog) {",
    replace: "    if (buffered < 0) {",
    words: "what a participant does not read piles up",
  },
  {
    ids: ["R4"],
    file: CONNECTION,
    find: "    this.#shownLife = true;\n    this.#backlog = 0;",
    replace: "    this.#shownLife = true;",
    words: "who has once missed something may be slow for ever",
  },
  {
    ids: ["R4"],
    file: "src/relay/control-frames.ts",
    find: "export const MOST_CONTROL_FRAMES = 64;",
    replace: "export const MOST_CONTROL_FRAMES = 1_000_000;",
    words: "pings and pongs are without limit",
  },
  {
    ids: ["R4"],
    file: SOCKET,
    find: "    this.#cancelCut = this.#clock.after(CLOSE_TIMEOUT, () => this.#transport.destroy());\n",
    replace: "",
    words: "a peer that does not answer the close frame stays connected",
  },
  {
    ids: ["R4"],
    file: SOCKET,
    find: "if (!this.#closing && this.bufferedAmount <= PONG_BACKLOG) this.#transport.write(pongFrame(payload));",
    replace: "if (!this.#closing) this.#transport.write(pongFrame(payload));",
    words: "answers to the pings of a peer that does not read pile up",
  },
  {
    ids: ["R5"],
    file: RULES,
    find: "  if (bytes > limits.maxMessage) return ENDINGS.maxMessage;\n",
    replace: "",
    words: "a message may be of any length (in memory)",
  },
  {
    ids: ["R5"],
    file: RULES,
    find: "  if (channel.bytes + bytes > limits.maxData) return ENDINGS.maxData;",
    replace: "  if (channel.bytes > limits.maxData) return ENDINGS.maxData;",
    words: "the message that goes beyond max-data passes (in memory)",
  },
  {
    ids: ["R5"],
    file: RULES,
    find: "  if (channel.exchanges >= limits.maxExchanges) return ENDINGS.maxExchanges;",
    replace: "  if (channel.exchanges > limits.maxExchanges) return ENDINGS.maxExchanges;",
    words: "one message more than max-exchanges passes (in memory)",
  },
  {
    ids: ["R5"],
    file: RULES,
    find: "  if (channel.exchanges >= limits.maxExchanges) return ENDINGS.maxExchanges;",
    replace: "  if (channel.exchanges + 1 >= limits.maxExchanges) return ENDINGS.maxExchanges;",
    words: "one message less than max-exchanges passes (in memory)",
  },
  {
    ids: ["R5"],
    file: FRAMES,
    find: "return this.#fragments === undefined ? FAULT.binary : FAULT.protocol;",
    replace: "return this.#fragments === undefined ? undefined : FAULT.protocol;",
    words: "binary messages pass as text",
  },
  {
    ids: ["R5"],
    file: FRAMES,
    find: "    if (!isControl(opcode) && this.#fragmentBytes + length > this.#maxMessage) return FAULT.tooLarge;\n",
    replace: "",
    words: "a message that is too large is read whole before it is refused",
  },
  {
    ids: ["R5"],
    file: "src/relay/handshake.ts",
    find: `    "Connection: Upgrade",\n`,
    replace: `    "Connection: Upgrade",\n    "Sec-WebSocket-Extensions: permessage-deflate",\n`,
    words: "compression is granted",
  },
  {
    ids: ["R5"],
    file: FUNCTIONS,
    find: "  elseif bytes > tonumber(args[8]) then broken",
    replace: "  elseif bytes - size > tonumber(args[8]) then broken",
    words: "the message that goes beyond max-data passes (in the store)",
  },
  {
    ids: ["R5"],
    file: FUNCTIONS,
    find: "  elseif exchanges > tonumber(args[9]) then broken",
    replace: "  elseif exchanges - 1 > tonumber(args[9]) then broken",
    words: "one message more than max-exchanges passes (in the store)",
  },
  {
    ids: ["R6"],
    file: REGISTRY,
    find: "    if (!this.#addresses.mayOpen(address)) return REFUSALS.tooManyChannels;\n    if (this.#channels.size >= this.#limits.maxChannels) return REFUSALS.relayFull;\n",
    replace:
      "    if (this.#channels.size >= this.#limits.maxChannels) return REFUSALS.relayFull;\n    if (!this.#addresses.mayOpen(address)) return REFUSALS.tooManyChannels;\n",
    words: "the total is looked at before the address (in memory)",
  },
  {
    ids: ["R6"],
    file: REGISTRY,
    find: "    if (this.#channels.size >= this.#limits.maxChannels) return REFUSALS.relayFull;\n",
    replace:
      '    const [oldest] = this.#channels.keys();\n    if (oldest !== undefined && this.#channels.size >= this.#limits.maxChannels) this.end(oldest, { code: 1013, reason: "" }, now);\n',
    words: "at the total the oldest channel makes room (in memory)",
  },
  {
    ids: ["R6"],
    file: LIMITS,
    find: "    if (tokens < 1) return Math.ceil((1 - tokens) / connectRate);\n",
    replace: "",
    words: "requests of one address are without limit (in memory)",
  },
  {
    ids: ["R6"],
    file: LIMITS,
    find: "return (this.#channels.get(addressGroup(address)) ?? 0) < this.#limits.channelsPerAddress;",
    replace: "return (this.#channels.get(address) ?? 0) < this.#limits.channelsPerAddress;",
    words: "each address of a network has open channels of its own (in memory)",
  },
  {
    ids: ["R6"],
    file: REGISTRY,
    find: "    this.#addresses.closed(channel.addressGroup);\n",
    replace: "",
    words: "channels count for their address after they have ended (in memory)",
  },
  {
    ids: ["R6"],
    file: LIMIT_FUNCTIONS,
    find: "  if redis.call('ZCARD', key) >= most then return { 'full' } end\n",
    replace: "",
    words: "open channels of one address are without limit (in the store)",
  },
  {
    ids: ["R6"],
    file: LIMIT_FUNCTIONS,
    find: "  if tokens < 1 then return math.ceil((1 - tokens) / rate * 1000) end\n",
    replace: "",
    words: "requests of one address are without limit (in the store)",
  },
  {
    ids: ["R6"],
    file: ADMISSIONS,
    find: '    const group = await limitCalls.requestChannel(address, id, until, room);\n    if (typeof group !== "string") return group;\n    if (!room) return REFUSALS.relayFull;\n',
    replace:
      '    if (!room) return REFUSALS.relayFull;\n    const group = await limitCalls.requestChannel(address, id, until, room);\n    if (typeof group !== "string") return group;\n',
    words: "the total is looked at before the address (in the store)",
  },
  {
    ids: ["R7"],
    file: REGISTRY,
    find: "    this.#deadlines.cancel(channel);\n",
    replace: "",
    words: "an ended channel goes on waiting for its deadline",
  },
  {
    ids: ["R7"],
    file: REGISTRY,
    find: "    this.#addresses.closed(channel.addressGroup);\n    this.#takeNameplateDown(channel);\n",
    replace: "    this.#addresses.closed(channel.addressGroup);\n",
    words: "an ended channel keeps its number",
  },
  {
    ids: ["R7"],
    file: REGISTRY,
    find: "    this.#ended.forget(now);\n",
    replace: "",
    words: "the ids of ended channels are remembered for ever",
  },
  {
    ids: ["R7"],
    file: "src/relay/backplane-memory.ts",
    find: "    this.#occupants.delete(id);\n",
    replace: "",
    words: "the places of an ended channel are kept",
  },
  {
    ids: ["R7"],
    file: CONNECTION,
    find: "    this.#context.heartbeats.cancel(this);\n",
    replace: "",
    words: "a connection that is over goes on waiting for its heartbeat",
  },
  {
    ids: ["R7"],
    file: LIMITS,
    find: "    this.#requests.forget(now);\n",
    replace: "",
    words: "addresses are remembered for ever",
  },
  {
    ids: ["R8"],
    file: ADDRESS,
    find: "if (forwarded === undefined || own === undefined || !proxies.has(own)) return own ?? peer;",
    replace: "if (forwarded === undefined || own === undefined) return own ?? peer;",
    words: "anybody's header is believed",
  },
  {
    ids: ["R8"],
    file: ADDRESS,
    find: "addresses.findLast((address)",
    replace: "addresses.find((address)",
    words: "the left-most address counts",
  },
  {
    ids: ["R8"],
    file: ADDRESS,
    find: "  if (addresses.includes(undefined)) return REFUSALS.badForwarded;\n",
    replace: "",
    words: "entries that are no address are passed over",
  },
  {
    ids: ["R8"],
    file: ADDRESS,
    find: "return MAPPED.exec(canonical)?.[1] ?? canonical;",
    replace: "return canonical;",
    words: "an IPv4 address written as IPv6 is another one",
  },
  {
    ids: ["R8"],
    file: ADDRESS,
    find: "address !== undefined && !proxies.has(address)",
    replace: "address !== undefined",
    words: "a second proxy's address counts as the client's",
  },
  {
    ids: ["R8"],
    file: "src/relay/front.ts",
    find: "    this.server.maxHeadersCount = 0;\n",
    replace: "",
    words: "a thousand headers of a client hide the proxy's line",
  },
];
