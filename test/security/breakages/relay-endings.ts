/** What can be broken in what the relay tells, keeps and believes. */
import type { Breakage } from "./breakage.ts";

const RULES = "src/relay/channel-rules.ts";
const CONNECTION = "src/relay/connection.ts";
const TELEMETRY = "src/relay/telemetry.ts";
const FUNCTIONS = "src/relay/redis/channel-functions.ts";
const STATE = "src/relay/redis/channel-state.ts";
const ADMISSIONS = "src/relay/redis/admissions.ts";

export const RELAY_ENDINGS: readonly Breakage[] = [
  {
    ids: ["R9"],
    file: "src/relay/log.ts",
    find: "return id.slice(0, 6);",
    replace: "return id;",
    words: "the log has whole ids",
  },
  {
    ids: ["R9"],
    file: CONNECTION,
    find: "      telemetry.relayingFailed(this.#admission, error);",
    replace: "      telemetry.relayingFailed(this.#admission, new Error(message));",
    words: "the log quotes a message that could not be relayed",
  },
  {
    ids: ["R9"],
    file: ADMISSIONS,
    find: `return createHash("sha256").update(token).digest("base64url").slice(0, 22);`,
    replace: `return createHash("sha256").update(token).digest("base64url").slice(0, 0) + token;`,
    words: "the store holds tokens",
  },
  {
    ids: ["R9"],
    file: FUNCTIONS,
    find: "  redis.call('SPUBLISH', key, entry)\n",
    replace: "  redis.call('HSET', key, 'last', entry)\n  redis.call('SPUBLISH', key, entry)\n",
    words: "the store keeps a message beside the channel's list",
  },
  {
    ids: ["R9"],
    file: STATE,
    find: "  redis.call('DEL', c.key, list)\n",
    replace: "  redis.call('DEL', c.key)\n",
    words: "the list of messages outlives its channel",
  },
  {
    ids: ["R9"],
    file: "src/relay/metrics.ts",
    find: "  ended({ ending, participants, duration }: ChannelSummary): void {\n    this.#ended.count(ending.reason);",
    replace: "  ended({ id, participants, duration }: ChannelSummary): void {\n    this.#ended.count(id);",
    words: "the figures count channels by their ids",
  },
  {
    ids: ["R9"],
    file: "src/relay/server.ts",
    find: "this.#route(isSeparate ? undefined : page);",
    replace: "this.#route(page);",
    words: "the figures stay public where they have a port of their own",
  },
  {
    ids: ["R9"],
    file: TELEMETRY,
    find: `    this.#log.write("info", eventOf(admission), { channel: shortId(id), remote: remote ?? null, seat });`,
    replace: `    this.#log.write("info", eventOf(admission), { channel: shortId(id), remote: remote ?? null, seat, resume: admission.resume ?? null });`,
    words: "the log has tokens",
  },
  {
    ids: ["R10"],
    file: RULES,
    find: "export const PEER_LEFT_DELAY = 3_000;",
    replace: "export const PEER_LEFT_DELAY = 500;",
    words: "the one that stays is sent away after half a second",
  },
  {
    ids: ["R10"],
    file: RULES,
    find: "export const PEER_LEFT_DELAY = 3_000;",
    replace: "export const PEER_LEFT_DELAY = 10_000;",
    words: "the one that stays is sent away after ten seconds",
  },
  {
    ids: ["R10"],
    file: RULES,
    find: "  if (staying === 1) channel.abandonedAt = now + PEER_LEFT_DELAY;\n",
    replace: "",
    words: "the one that stays is not sent away (in memory)",
  },
  {
    ids: ["R10"],
    file: RULES,
    find: "  if (limits.resumeWindow === 0) return leaveSeat(channel, seat, now);",
    replace: "  if (limits.resumeWindow >= 0) return leaveSeat(channel, seat, now);",
    words: "who is lost has left at once (in memory)",
  },
  {
    ids: ["R10"],
    file: RULES,
    find: `return channel.seats.some(({ state, attached }) => state === "connected" && attached);`,
    replace: `return channel.seats.some(({ state }) => state !== "left");`,
    words: "who is away misses the reason of the end, and what was sent before (in memory)",
  },
  {
    ids: ["R10"],
    file: "src/relay/endings.ts",
    find: `  maxData: { code: CLOSE.policy, reason: "max-data" },`,
    replace: `  maxData: { code: CLOSE.policy, reason: "max-exchanges" },`,
    words: "a broken limit is told as another one",
  },
  {
    ids: ["R10"],
    file: "src/relay/endings.ts",
    find: "peerLeft: { code: CLOSE.peerLeft,",
    replace: "peerLeft: { code: CLOSE.normal,",
    words: "the one that stays is told a normal end",
  },
  {
    ids: ["R10"],
    file: "src/relay/endings.ts",
    find: "lifespanOver: { code: CLOSE.lifespanOver,",
    replace: "lifespanOver: { code: CLOSE.goingAway,",
    words: "the end of the lifespan has another code",
  },
  {
    ids: ["R10"],
    file: "src/relay/endings.ts",
    find: "idle: { code: CLOSE.idle,",
    replace: "idle: { code: CLOSE.goingAway,",
    words: "who answers no ping is told another code",
  },
  {
    ids: ["R10"],
    file: STATE,
    find: "  if c.p == 1 then put(c, 'a', math.max(left + PEER_LEFT_DELAY, now)) end\n",
    replace: "",
    words: "the one that stays is not sent away (in the store)",
  },
  {
    ids: ["R11"],
    file: "src/relay/redis/publications.ts",
    find: '  return ending === undefined ? undefined : { type: "end", sequence, ending };',
    replace: `  return { type: "end", sequence, ending: ending ?? ENDINGS.tryLater };`,
    words: "an unknown ending that is published ends the channel",
  },
  {
    ids: ["R11"],
    file: "src/relay/redis/event-order.ts",
    find: "    if (event.sequence > this.#latest + 1) {",
    replace: "    if (event.sequence > this.#latest + 1_000) {",
    words: "events out of their order are taken",
  },
  {
    ids: ["R11"],
    file: FUNCTIONS,
    find: "  put(c, 'n', seat + 1)\n",
    replace: "",
    words: "the last seat has two winners (in the store)",
  },
  {
    ids: ["R11"],
    file: STATE,
    find: "    if string.find(text, '^%u+ ') and not string.find(text, '^WRONGTYPE ') then return { err = text } end\n    redis.call('DEL', unpack(keys))\n    return { 'foreign' }",
    replace: "    return { err = text }",
    words: "what no relay has written fails for ever",
  },
  {
    ids: ["R11"],
    file: "src/relay/redis/local-channel.ts",
    find: "      this.#owner.foreign();\n      this.#order.refuse(event);",
    replace: "      this.#order.refuse(event);",
    words: "foreign events are not counted",
  },
  {
    ids: ["R11"],
    file: STATE,
    find: "  if not c.z and not (c.q and c.n and c.p and c.x and c.w) then error('no channel') end\n",
    replace: "",
    words: "a hash in the store is taken for a channel although it lacks its fields",
  },
];
