/** What can be broken in whom the relay lets in, for how long, and back again. */
import type { Breakage } from "./breakage.ts";

const WIRE = "src/channel/wire.ts";
const REGISTRY = "src/relay/registry.ts";
const RULES = "src/relay/channel-rules.ts";
const RESUMING = "src/relay/resuming.ts";
const UPGRADE = "src/relay/upgrade.ts";
const HANDLER = "src/relay/upgrade-handler.ts";
const CONNECTION = "src/relay/connection.ts";
const FUNCTIONS = "src/relay/redis/channel-functions.ts";
const STATE = "src/relay/redis/channel-state.ts";

export const RELAY_SEATS: readonly Breakage[] = [
  {
    ids: ["R1"],
    file: WIRE,
    find: "return decodeBase64url(text)?.length === CHANNEL_ID_BYTES;",
    replace: "return /^[\\w-]{22}$/.test(text);",
    words: "an id may have bits left over",
  },
  {
    ids: ["R1"],
    file: UPGRADE,
    find: `  if (!isChannelId(id)) return { type: "malformed", path, refusal: REFUSALS.malformedId };\n`,
    replace: "",
    words: "a malformed id is looked for as any other",
  },
  {
    ids: ["R1"],
    file: HANDLER,
    find: "    return handshakeProblem(request) ?? this.#admit(target, address);",
    replace:
      "    const admitted = await this.#admit(target, address);\n    return handshakeProblem(request) ?? admitted;",
    words: "a request that is no handshake makes a channel before it is refused",
  },
  {
    ids: ["R1"],
    file: REGISTRY,
    find: '    const channel = this.#find(id, now);\n    if ("status" in channel) return channel;\n    const seat = takeSeat',
    replace:
      '    const channel = this.#find(id, now);\n    if ("status" in channel && channel.status === 404) return this.open({ id, address: "", token, nameplate: false }, now);\n    if ("status" in channel) return channel;\n    const seat = takeSeat',
    words: "who asks for an unknown channel gets one of that id (in memory)",
  },
  {
    ids: ["R1"],
    file: REGISTRY,
    find: "return this.#ended.endingOf(id) === undefined ? REFUSALS.unknown : REFUSALS.ended;",
    replace: "return REFUSALS.unknown;",
    words: "a channel that has ended is not told from one that never was (in memory)",
  },
  {
    ids: ["R1"],
    file: STATE,
    find: "  return { 'ended', c.z }",
    replace: "  return { 'unknown' }",
    words: "a channel that has ended is not told from one that never was (in the store)",
  },
  {
    ids: ["R2"],
    file: RULES,
    find: "if (channel.seats.length >= limits.seats) return undefined;",
    replace: `if (channel.seats.filter(({ state }) => state !== "left").length >= limits.seats) return undefined;`,
    words: "a seat that was left is given to a stranger (in memory)",
  },
  {
    ids: ["R2"],
    file: RULES,
    find: "if (channel.seats.length >= limits.seats) return undefined;",
    replace: `if (channel.seats.filter(({ state }) => state === "connected").length >= limits.seats) return undefined;`,
    words: "a seat that was lost is given to a stranger (in memory)",
  },
  {
    ids: ["R2"],
    file: RESUMING,
    find: `    if (seat.state === "left") continue;\n`,
    replace: "",
    words: "the token of who has left takes the seat again (in memory)",
  },
  {
    ids: ["R2"],
    file: RESUMING,
    find: "if (isCurrent || (isPrevious && seat.previous !== undefined))",
    replace: "if (isCurrent || isPrevious)",
    words: "an empty token takes a seat again (in memory)",
  },
  {
    ids: ["R2"],
    file: RESUMING,
    find: "const isCurrent = equalText(presented, seat.current);",
    replace: "const isCurrent = presented.length === seat.current.length;",
    words: "any text of a token's length takes a seat again (in memory)",
  },
  {
    ids: ["R2"],
    file: UPGRADE,
    find: `const presented = others.length === 0 ? token : "";`,
    replace: "const presented = token;",
    words: "of two tokens the first one counts",
  },
  {
    ids: ["R2"],
    file: FUNCTIONS,
    find: "  if c.n >= tonumber(args[4]) then",
    replace: "  if c.p >= tonumber(args[4]) then",
    words: "a seat that was left is given to a stranger (in the store)",
  },
  {
    ids: ["R2"],
    file: FUNCTIONS,
    find: "    if c.w > 0 and c['s' .. seat] ~= 'l' then\n      local current",
    replace: "    if c.w > 0 then\n      local current",
    words: "the token of who has left takes the seat again (in the store)",
  },
  {
    ids: ["R2"],
    file: FUNCTIONS,
    find: "  if not found then return { 'token' } end",
    replace: "  if not found then found, is_current = 0, true end",
    words: "a wrong token takes the first seat again (in the store)",
  },
  {
    ids: ["R3"],
    file: REGISTRY,
    find: "    if (seat === undefined) return REFUSALS.full;\n",
    replace:
      "    if (seat === undefined) return REFUSALS.full;\n    Object.assign(channel, { expiresAt: now + this.#limits.lifespan });\n",
    words: "the lifespan counts from the second one's coming (in memory)",
  },
  {
    ids: ["R3"],
    file: REGISTRY,
    find: `    if ("status" in resumption) return resumption;\n`,
    replace: `    if ("status" in resumption) return resumption;\n    Object.assign(channel, { expiresAt: now + this.#limits.lifespan });\n`,
    words: "who comes back makes the channel live longer (in memory)",
  },
  {
    ids: ["R3"],
    file: REGISTRY,
    find: "    return passTime(channel, now) ?? acceptMessage(",
    replace: "    return acceptMessage(",
    words: "messages pass after the lifespan is over, until somebody notices (in memory)",
  },
  {
    ids: ["R3"],
    file: CONNECTION,
    find: "    if (now >= this.#expiresAt) {",
    replace: "    if (now >= Infinity) {",
    words: "a connection lives on where the store's clock was set back",
  },
  {
    ids: ["R3"],
    file: FUNCTIONS,
    find: "  if next > 0 and now >= next then",
    replace: "  if next < 0 then",
    words: "messages pass after the lifespan is over, until somebody notices (in the store)",
  },
  {
    ids: ["R3"],
    file: FUNCTIONS,
    find: "  put(c, 'g' .. found, args[3])\n",
    replace: "  put(c, 'g' .. found, args[3])\n  if c.x > 0 then put(c, 'x', c.x + now - c.o) end\n",
    words: "who comes back makes the channel live longer (in the store)",
  },
  {
    ids: ["R12"],
    file: RULES,
    find: "  seat.seen += 1;\n",
    replace: "",
    words: "the messages of a seat are not counted (in memory)",
  },
  {
    ids: ["R12"],
    file: RESUMING,
    find: "  return others.slice(received ?? 0);",
    replace: "  return others;",
    words: "who comes back gets everything once more (in memory)",
  },
  {
    ids: ["R12"],
    file: RESUMING,
    find: "  if (isCurrent) seat.previous = seat.current;\n",
    replace: "",
    words: "a connection that breaks before its first message leaves its owner without a token (in memory)",
  },
  {
    ids: ["R12"],
    file: RESUMING,
    find: "  seat.previous = undefined;\n}",
    replace: "}",
    words: "a token is good after its connection has shown life (in memory)",
  },
  {
    ids: ["R12"],
    file: RESUMING,
    find: "return seat.attached && seat.previous === undefined ? channel.held.length : seat.reached;",
    replace: "return channel.held.length;",
    words: "what a connection that never showed life was sent counts as got (in memory)",
  },
  {
    ids: ["R12"],
    file: RULES,
    find: "    channel.held.push(message);\n",
    replace: `    if (channel.seats.every(({ state }) => state === "connected")) channel.held.push(message);\n`,
    words: "what is sent to somebody who is away is lost (in memory)",
  },
  {
    ids: ["R12"],
    file: FUNCTIONS,
    find: "  for i = (received or 0) + 1, #missed do",
    replace: "  for i = 1, #missed do",
    words: "who comes back gets everything once more (in the store)",
  },
  {
    ids: ["R12"],
    file: FUNCTIONS,
    find: "  if is_current then put(c, 'v' .. found, c['r' .. found]) end\n",
    replace: "",
    words:
      "a connection that breaks before its first message leaves its owner without a token (in the store)",
  },
  {
    ids: ["R12"],
    file: FUNCTIONS,
    find: "  if f[1] == args[2] and f[2] ~= '' then redis.call('HSET', keys[1], 'v' .. args[1], '') end\n",
    replace: "",
    words: "a token is good after its connection has shown life (in the store)",
  },
  {
    ids: ["R12"],
    file: FUNCTIONS,
    find: "  if number <= seen then return 1 end\n",
    replace: "",
    words: "a message that is sent again as its answer got lost counts twice (in the store)",
  },
  {
    ids: ["R12"],
    file: "src/channel/relay-link.ts",
    find: "!this.#sent.slice(seen).every(",
    replace: "!this.#sent.every(",
    words: "a client that comes back sends everything once more",
  },
  {
    ids: ["R12"],
    file: "src/channel/relay-link.ts",
    find: "&received=${this.#received}`;",
    replace: "&received=0`;",
    words: "a client that comes back does not tell what it has received",
  },
];
