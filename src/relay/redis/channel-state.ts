/**
 * The rules of `channel-rules.ts` and `resuming.ts` as Lua, which the store runs: what a channel's hash holds, how it
 * is read and written, what time does to it, and how it ends. `channel-functions.ts` builds on it.
 *
 * Fields of the hash, times in milliseconds of the store's time: `o` opened, `x` lifespan over (0: never), `d` next
 * deadline (0: none), `a` the one who stays is sent away (0: nobody is), `w` resume window (0: off), `e` messages and
 * `b` their bytes, `q` events published, `h` messages passed on, `n` seats ever given, `p` seats not left, `i` what the
 * creator's address is counted under, `l` the nameplate. Of each seat, followed by its number: `s` state (c connected,
 * r the same, but what it has missed is not with it yet, a away, l left), `k` its latest connection, `c` the same while it is connected, `g` its node, `m` messages accepted,
 * `t` kept until, `f` events before it joined, `u` events it has got, `r` and `v` digests of the current and the
 * previous token. A channel that has ended leaves `z`, its code and reason, and `y`, when that was.
 */
import { PEER_LEFT_DELAY } from "../channel-rules.ts";
import { REMEMBERED_FOR } from "../ended-ids.ts";
import type { Ending } from "../endings.ts";
import { ENDINGS } from "../endings.ts";

/**
 * Milliseconds that a channel without a lifespan is kept for, beside its resume window, after the last call of a node
 * that has a part in it.
 */
export const GRACE = 600_000;

/** First letters of the fields that are numbers. */
const NUMBER_FIELDS = "o x d a w e b q h n p k m t f u y".split(" ");

/** An ending as the two last arguments of the Lua function `finish`. */
export function luaEnding({ code, reason }: Ending): string {
  return `${code}, '${reason}'`;
}

export const CHANNEL_STATE = `
local PEER_LEFT_DELAY = ${PEER_LEFT_DELAY}
local REMEMBERED_FOR = ${REMEMBERED_FOR}
-- What has no end of its own is gone that long after the last call of a node that has a part in it.
local GRACE = ${GRACE}

local NUMBERS = { ${NUMBER_FIELDS.map((field) => `[${field.charCodeAt(0)}] = true`).join(", ")} }

-- Everything about a channel by field, or nil. What is to be written back goes through put and commit.
local function load(key)
  local flat = redis.call('HGETALL', key)
  if #flat == 0 then return nil end
  local c, byte = {}, string.byte
  for i = 1, #flat, 2 do
    local field, value = flat[i], flat[i + 1]
    if NUMBERS[byte(field)] then
      value = tonumber(value)
      if value == nil then error('no number') end
    end
    c[field] = value
  end
  c.key, c.changes = key, {}
  if not c.z and not (c.q and c.n and c.p and c.x and c.w) then error('no channel') end
  return c
end

local function put(c, field, value)
  c[field] = value
  local changes = c.changes
  changes[#changes + 1] = field
  changes[#changes + 1] = value
end

-- Why there is no channel to work with: it was never there, or has ended.
local function absent(c, now)
  if c == nil or now - c.y >= REMEMBERED_FOR then return { 'unknown' } end
  return { 'ended', c.z }
end

-- Whether somebody is there to be told that the other has left. Who is away comes back first, or not at all; who has
-- come back gets what it has missed first.
local function stays(c)
  for seat = 0, c.n - 1 do if c['s' .. seat] == 'c' then return true end end
  return false
end

local function deadline(c)
  local next = c.x
  local function sooner(at) if at > 0 and (next == 0 or at < next) then next = at end end
  for seat = 0, c.n - 1 do if c['s' .. seat] == 'a' then sooner(c['t' .. seat]) end end
  if c.a > 0 and stays(c) then sooner(c.a) end
  return next
end

-- What every node that has a part in the channel knows of it, as JSON.
local function snapshot(c)
  local seats = {}
  for seat = 0, c.n - 1 do
    seats[seat + 1] = '["' .. c['s' .. seat] .. '",' .. c['k' .. seat] .. ',"' .. c['g' .. seat] .. '"]'
  end
  return '{"q":' .. c.q .. ',"h":' .. c.h .. ',"d":' .. c.d .. ',"s":[' .. table.concat(seats, ',') .. ']}'
end

-- How long a channel may last if nobody calls again.
local function span(expires, window, now)
  return math.max(expires > 0 and expires - now or window + GRACE, 1)
end

-- Writes what was put and, if the seats have changed, tells the nodes.
local function commit(c, telling)
  put(c, 'd', deadline(c))
  if telling then put(c, 'q', c.q + 1) end
  redis.call('HSET', c.key, unpack(c.changes))
  c.changes = {}
  if telling then redis.call('SPUBLISH', c.key, c.q .. ' s ' .. snapshot(c)) end
end

local function finish(c, list, now, code, reason)
  redis.call('DEL', c.key, list)
  redis.call('HSET', c.key, 'z', code .. ' ' .. reason, 'y', now)
  redis.call('PEXPIRE', c.key, REMEMBERED_FOR)
  redis.call('SPUBLISH', c.key, (c.q + 1) .. ' e ' .. code .. ' ' .. reason)
  return { 'over', code .. ' ' .. reason, c.n, c.e, c.b, now - c.o, c.i, c.l }
end

-- Somebody has left for good. Returns the answer that ends the channel if that was the last one.
local function vacate(c, list, seat, left, now)
  put(c, 's' .. seat, 'l')
  put(c, 'c' .. seat, '-')
  put(c, 'p', c.p - 1)
  if c.p == 0 then return finish(c, list, now, ${luaEnding(ENDINGS.everyoneLeft)}) end
  if c.p == 1 then put(c, 'a', math.max(left + PEER_LEFT_DELAY, now)) end
end

-- Lets time have its effects. Returns the answer that ends the channel once it has come.
local function pass_time(c, list, now)
  if c.x > 0 and now >= c.x then return finish(c, list, now, ${luaEnding(ENDINGS.lifespanOver)}) end
  for seat = 0, c.n - 1 do
    if c['s' .. seat] == 'a' and now >= c['t' .. seat] then
      local over = vacate(c, list, seat, now, now)
      if over then return over end
    end
  end
  if c.a > 0 and now >= c.a and stays(c) then return finish(c, list, now, ${luaEnding(ENDINGS.peerLeft)}) end
end

-- The channel, with time's effects on it; or nil and the answer.
local function find(key, list, now)
  local c = load(key)
  if c == nil or c.z then return nil, absent(c, now) end
  local over = pass_time(c, list, now)
  if over then return nil, over end
  return c
end

-- Sequence number, sender, time and body of a message.
local function parse(entry)
  local sequence, seat, at, from = string.match(entry, '^(%d+) (%d+) (%d+) ()')
  return tonumber(sequence), tonumber(seat), tonumber(at), from
end

-- Runs a function so that what no relay has written is dropped instead of failing for ever. Errors of the store
-- itself (not allowed, not the master), which begin with a code in capitals, are passed on.
local function guarded(body)
  return function(keys, args)
    local done, answer = pcall(body, keys, args)
    if done then return answer end
    -- The store's pcall gives the text of its errors, Lua's own would give the table.
    local text = type(answer) == 'table' and answer.err or tostring(answer)
    if string.find(text, '^%u+ ') and not string.find(text, '^WRONGTYPE ') then return { err = text } end
    redis.call('DEL', unpack(keys))
    return { 'foreign' }
  end
end
`;
