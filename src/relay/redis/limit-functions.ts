/**
 * What the store counts beside channels, as Lua: requests and channels of an address (`address-limits.ts`), nameplates
 * (`nameplates.ts`), and signs of life of the relay's nodes. Each function has keys of one hash slot.
 */
import { BURST_SECONDS, NAMEPLATE_JOINS, NAMEPLATE_PERIOD } from "../address-limits.ts";

/** Milliseconds for which a node that gives no sign of life is remembered, so that its seats can be dated. */
export const NODE_REMEMBERED_FOR = 86_400_000;

export const LIMIT_FUNCTIONS = `
local BURST_SECONDS = ${BURST_SECONDS}
local NAMEPLATE_JOINS = ${NAMEPLATE_JOINS}
local NAMEPLATE_PERIOD = ${NAMEPLATE_PERIOD}
local NODE_REMEMBERED_FOR = ${NODE_REMEMBERED_FOR}

-- A key lives at least that long from now, other keys or members of it longer.
local function live(key, milliseconds)
  if redis.call('PTTL', key) < milliseconds then redis.call('PEXPIRE', key, milliseconds) end
end

-- Milliseconds until the next request of an address may come, or nil: a bucket of some seconds' worth of requests.
local function request(key, now, rate)
  if rate == 0 then return nil end
  local bucket = redis.call('HMGET', key, 'tokens', 'at')
  local most = rate * BURST_SECONDS
  local tokens = most
  if bucket[1] then
    tokens = math.min(most, tonumber(bucket[1]) + math.max(now - tonumber(bucket[2]), 0) / 1000 * rate)
  end
  if tokens < 1 then return math.ceil((1 - tokens) / rate * 1000) end
  redis.call('HSET', key, 'tokens', string.format('%.17g', tokens - 1), 'at', now)
  live(key, NAMEPLATE_PERIOD)
  return nil
end

-- now rate
functions.request = function(keys, args)
  local wait = request(keys[1], tonumber(args[1]), tonumber(args[2]))
  if wait then return { 'wait', wait } end
  return { 'done' }
end

-- now rate: a request for a seat by a nameplate, of which there may be few in any minute
functions.request_by_nameplate = function(keys, args)
  local key, now = keys[1], tonumber(args[1])
  local wait = request(key, now, tonumber(args[2]))
  if wait then return { 'wait', wait } end
  local joins = {}
  for at in string.gmatch(redis.call('HGET', key, 'joins') or '', '%d+') do
    if now - tonumber(at) < NAMEPLATE_PERIOD then joins[#joins + 1] = at end
  end
  if #joins >= NAMEPLATE_JOINS then
    return { 'many', tonumber(joins[1]) + NAMEPLATE_PERIOD - now }
  end
  joins[#joins + 1] = args[1]
  redis.call('HSET', key, 'joins', table.concat(joins, ' '))
  live(key, NAMEPLATE_PERIOD)
  return { 'done' }
end

-- now rate most id until room: a request for a new channel; without room it is refused later, and not counted as open
functions.request_channel = function(keys, args)
  local key, now, most = keys[2], tonumber(args[1]), tonumber(args[3])
  local wait = request(keys[1], now, tonumber(args[2]))
  if wait then return { 'wait', wait } end
  if most == 0 then return { 'done' } end
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  if redis.call('ZCARD', key) >= most then return { 'full' } end
  if args[6] == '1' then
    redis.call('ZADD', key, args[5], args[4])
    live(key, tonumber(args[5]) - now)
  end
  return { 'done' }
end

-- id
functions.release_channel = function(keys, args)
  redis.call('ZREM', keys[1], args[1])
  return { 'done' }
end

-- id until now: a channel that time does not end is still open
functions.keep_channel = function(keys, args)
  redis.call('ZADD', keys[1], 'XX', args[2], args[1])
  live(keys[1], tonumber(args[2]) - tonumber(args[3]))
  return { 'done' }
end

local function take_down(keys, number)
  redis.call('ZREM', keys[1], number)
  redis.call('HDEL', keys[2], number)
  redis.call('ZREM', keys[3], number)
end

-- Keys of nameplates: numbers in use by their size, the channel of each, and until when each is kept.
-- id until now random: a number from the shortest ones of which some are free, each as likely as any other
functions.take_nameplate = function(keys, args)
  local now, low = tonumber(args[3]), 1
  for _, number in ipairs(redis.call('ZRANGEBYSCORE', keys[3], '-inf', now, 'LIMIT', 0, 100)) do
    take_down(keys, number)
  end
  local free = 0
  while true do
    free = low * 9 - redis.call('ZCOUNT', keys[1], low, low * 10 - 1)
    if free > 0 then break end
    low = low * 10
  end
  -- The free number that as many smaller ones come before as was drawn, found by halving.
  local before, first, last = math.floor(tonumber(args[4]) * free), low, low * 10 - 1
  while first < last do
    local middle = math.floor((first + last) / 2)
    if middle - low + 1 - redis.call('ZCOUNT', keys[1], low, middle) > before then last = middle
    else first = middle + 1 end
  end
  local number = string.format('%d', first)
  redis.call('ZADD', keys[1], number, number)
  redis.call('HSET', keys[2], number, args[1])
  redis.call('ZADD', keys[3], args[2], number)
  for _, key in ipairs(keys) do live(key, tonumber(args[2]) - now) end
  return { 'nameplate', number }
end

-- number now: the channel of a nameplate, which is gone then
functions.claim_nameplate = function(keys, args)
  local id, till = redis.call('HGET', keys[2], args[1]), redis.call('ZSCORE', keys[3], args[1])
  if not id or not till then return { 'unknown' } end
  take_down(keys, args[1])
  if tonumber(till) <= tonumber(args[2]) then return { 'unknown' } end
  return { 'channel', id }
end

-- number id
functions.release_nameplate = function(keys, args)
  if redis.call('HGET', keys[2], args[1]) == args[2] then take_down(keys, args[1]) end
  return { 'done' }
end

-- number id until now
functions.keep_nameplate = function(keys, args)
  if redis.call('HGET', keys[2], args[1]) == args[2] then redis.call('ZADD', keys[3], args[3], args[1]) end
  for _, key in ipairs(keys) do live(key, tonumber(args[3]) - tonumber(args[4])) end
  return { 'done' }
end

-- node now peers…: notes a sign of life, and tells when each peer last gave one ('' if that is not known)
functions.beat = function(keys, args)
  local key, now = keys[1], tonumber(args[2])
  redis.call('ZADD', key, now, args[1])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - NODE_REMEMBERED_FOR)
  redis.call('PEXPIRE', key, NODE_REMEMBERED_FOR)
  local answer = { 'beats' }
  for i = 3, #args do answer[#answer + 1] = redis.call('ZSCORE', key, args[i]) or '' end
  return answer
end
`;
