/**
 * What the store does with one channel, each function at once and undivided. Keys are the channel's hash and the list
 * of its messages. A message in the list is `<sequence> <seat> <time> <body>`, and is published as the same text.
 * Every answer is an array that begins with what it is, save that of `relay`; `answers.ts` reads them.
 */
import { ENDINGS } from "../endings.ts";
import { luaEnding } from "./channel-state.ts";

export const CHANNEL_FUNCTIONS = `
-- Milliseconds left of the lifespan come with it, 0 if it is unlimited.
local function seated(c, seat, now)
  local left = c.x > 0 and c.x - now or 0
  return { 'seated', seat, c['k' .. seat], c['m' .. seat], left, snapshot(c) }
end

local function take_seat(c, token, node)
  local seat = c.n
  put(c, 'n', seat + 1)
  put(c, 'p', c.p + 1)
  put(c, 'a', 0)
  put(c, 'c' .. seat, 0)
  put(c, 'm' .. seat, 0)
  put(c, 's' .. seat, 'c')
  put(c, 'k' .. seat, 0)
  put(c, 'g' .. seat, node)
  put(c, 't' .. seat, 0)
  put(c, 'f' .. seat, c.q)
  put(c, 'u' .. seat, c.q)
  put(c, 'r' .. seat, token)
  put(c, 'v' .. seat, '')
  return seat
end

-- token node now expires window address nameplate
functions.open = function(keys, args)
  local key, now = keys[1], tonumber(args[3])
  if redis.call('EXISTS', key) == 1 then return { 'taken' } end
  local c = { key = key, changes = {}, n = 0, p = 0, q = 0, h = 0, a = 0 }
  c.x, c.w = tonumber(args[4]), tonumber(args[5])
  put(c, 'd', 0)
  put(c, 'e', 0)
  put(c, 'b', 0)
  put(c, 'q', 0)
  put(c, 'h', 0)
  put(c, 'w', c.w)
  put(c, 'x', c.x)
  put(c, 'o', now)
  put(c, 'i', args[6])
  put(c, 'l', args[7])
  take_seat(c, args[1], args[2])
  commit(c, false)
  redis.call('PEXPIRE', key, span(c.x, c.w, now) + REMEMBERED_FOR)
  return seated(c, 0, now)
end

-- token node now seats
functions.join = function(keys, args)
  local now = tonumber(args[3])
  local c, answer = find(keys[1], keys[2], now)
  if not c then return answer end
  if c.n >= tonumber(args[4]) then
    if #c.changes > 0 then commit(c, true) end
    return { 'full' }
  end
  local seat = take_seat(c, args[1], args[2])
  commit(c, true)
  return seated(c, seat, now)
end

-- presented token node now received
functions.resume = function(keys, args)
  local presented, now, received = args[1], tonumber(args[4]), tonumber(args[5])
  local c, answer = find(keys[1], keys[2], now)
  if not c then return answer end
  if #c.changes > 0 then commit(c, true) end
  local found, is_current
  for seat = 0, c.n - 1 do
    if c.w > 0 and c['s' .. seat] ~= 'l' then
      local current = c['r' .. seat] == presented
      if current or c['v' .. seat] == presented then found, is_current = seat, current end
    end
  end
  if not found then return { 'token' } end
  -- Who was there until now has got everything, unless it never showed life.
  local got = c['u' .. found]
  if c['s' .. found] == 'c' and c['v' .. found] == '' then got = c.q end
  local missed, since = {}, received and c['f' .. found] or got
  for _, entry in ipairs(redis.call('LRANGE', keys[2], 0, -1)) do
    local sequence, seat, _, from = parse(entry)
    if sequence > since and seat ~= found then missed[#missed + 1] = string.sub(entry, from) end
  end
  if received and received > #missed then return { 'received' } end
  if is_current then put(c, 'v' .. found, c['r' .. found]) end
  put(c, 'r' .. found, args[2])
  put(c, 'u' .. found, got)
  put(c, 'k' .. found, c['k' .. found] + 1)
  put(c, 'c' .. found, c['k' .. found])
  put(c, 's' .. found, 'r')
  put(c, 'g' .. found, args[3])
  commit(c, true)
  answer = seated(c, found, now)
  for i = (received or 0) + 1, #missed do answer[#answer + 1] = missed[i] end
  return answer
end

-- seat connection number bytes body now max-message max-data max-exchanges
-- The number counts the seat's messages, so that a message which is sent again, its answer being lost, counts once.
functions.relay = function(keys, args)
  local key, list, seat, now = keys[1], keys[2], args[1], tonumber(args[6])
  local f = redis.call('HMGET', key, 'c' .. seat, 'd', 'm' .. seat, 'e', 'b', 'q', 'p', 'w', 'h')
  if f[1] ~= args[2] then
    local c = load(key)
    if c == nil or c.z then return absent(c, now) end
    return 0
  end
  local next, seen, number = tonumber(f[2]), tonumber(f[3]), tonumber(args[3])
  if number <= seen then return 1 end
  if number > seen + 1 then return -1 end
  if next > 0 and now >= next then
    local c, answer = find(key, list, now)
    if not c then return answer end
    if #c.changes > 0 then commit(c, true) end
    f[6], f[7] = c.q, c.p
  end
  local size, exchanges, bytes = tonumber(args[4]), f[4] + 1, f[5] + args[4]
  local broken
  if size > tonumber(args[7]) then broken = { ${luaEnding(ENDINGS.maxMessage)} }
  elseif bytes > tonumber(args[8]) then broken = { ${luaEnding(ENDINGS.maxData)} }
  elseif exchanges > tonumber(args[9]) then broken = { ${luaEnding(ENDINGS.maxExchanges)} } end
  if broken then return finish(load(key), list, now, broken[1], broken[2]) end
  if tonumber(f[7]) < 2 then
    redis.call('HSET', key, 'm' .. seat, number, 'e', exchanges, 'b', bytes)
    return 1
  end
  local sequence = f[6] + 1
  redis.call('HSET', key, 'm' .. seat, number, 'e', exchanges, 'b', bytes, 'q', sequence, 'h', f[9] + 1)
  local entry = sequence .. ' ' .. seat .. ' ' .. args[6] .. ' ' .. args[5]
  if f[8] ~= '0' and redis.call('RPUSH', list, entry) == 1 then
    redis.call('PEXPIRE', list, span(tonumber(redis.call('HGET', key, 'x')), tonumber(f[8]), now))
  end
  redis.call('SPUBLISH', key, entry)
  return 1
end

-- seat connection now: who has taken a seat again has got what it had missed
functions.attach = function(keys, args)
  local seat = args[1]
  local c = load(keys[1])
  if c == nil or c.z then return absent(c, tonumber(args[3])) end
  if c['k' .. seat] == tonumber(args[2]) and c['s' .. seat] == 'r' then
    put(c, 's' .. seat, 'c')
    commit(c, true)
  end
  return { 'done' }
end

-- seat connection
functions.alive = function(keys, args)
  local f = redis.call('HMGET', keys[1], 'c' .. args[1], 'v' .. args[1])
  if f[1] == args[2] and f[2] ~= '' then redis.call('HSET', keys[1], 'v' .. args[1], '') end
  return { 'done' }
end

-- seat connection now
functions.leave = function(keys, args)
  local seat, now = args[1], tonumber(args[3])
  local c = load(keys[1])
  if c == nil or c.z then return absent(c, now) end
  if c['k' .. seat] ~= tonumber(args[2]) or c['s' .. seat] == 'l' then return { 'done' } end
  local over = vacate(c, keys[2], seat, now, now)
  if over then return over end
  commit(c, true)
  return { 'done' }
end

local function is_here(c, seat)
  local state = c['s' .. seat]
  return state == 'c' or state == 'r'
end

-- Keeps a seat whose connection was lost at some time, now or before. What was sent since then, it has not got.
local function lose(c, list, seat, lost, attached, now)
  if c.w == 0 then return vacate(c, list, seat, lost, now) end
  if attached and c['v' .. seat] == '' then
    local got = c.q
    if lost < now then
      for i = -1, -redis.call('LLEN', list), -1 do
        local sequence, _, at = parse(redis.call('LINDEX', list, i))
        if at <= lost then break end
        got = sequence - 1
      end
    end
    put(c, 'u' .. seat, got)
  end
  put(c, 's' .. seat, 'a')
  put(c, 'c' .. seat, '-')
  put(c, 't' .. seat, lost + c.w)
end

-- seat connection now attached
functions.lose = function(keys, args)
  local seat, now = args[1], tonumber(args[3])
  local c = load(keys[1])
  if c == nil or c.z then return absent(c, now) end
  if c['k' .. seat] ~= tonumber(args[2]) or not is_here(c, seat) then return { 'done' } end
  local over = lose(c, keys[2], seat, now, args[4] == '1', now)
  if over then return over end
  commit(c, true)
  return { 'done' }
end

-- node lost now: every seat of a node that gives no sign of life any more
functions.lose_node = function(keys, args)
  local lost, now = tonumber(args[2]), tonumber(args[3])
  local c = load(keys[1])
  if c == nil or c.z then return absent(c, now) end
  for seat = 0, c.n - 1 do
    if is_here(c, seat) and c['g' .. seat] == args[1] then
      local over = lose(c, keys[2], seat, lost, c['s' .. seat] == 'c', now)
      if over then return over end
    end
  end
  local over = pass_time(c, keys[2], now)
  if over then return over end
  if #c.changes > 0 then commit(c, true) end
  return { 'done' }
end

-- code reason now, and seat connection if it is one that brings the end on
functions.finish = function(keys, args)
  local now, seat = tonumber(args[3]), args[4]
  local c = load(keys[1])
  if c == nil or c.z then return absent(c, now) end
  if seat and (c['k' .. seat] ~= tonumber(args[5]) or c['s' .. seat] == 'l') then return { 'done' } end
  return finish(c, keys[2], now, args[1], args[2])
end

-- now: lets time have its effects, and keeps a channel that time does not end
functions.due = function(keys, args)
  local now = tonumber(args[1])
  local c, answer = find(keys[1], keys[2], now)
  if not c then return answer end
  if #c.changes > 0 then commit(c, true) end
  if c.x == 0 then
    redis.call('PEXPIRE', keys[1], span(c.x, c.w, now) + REMEMBERED_FOR)
    redis.call('PEXPIRE', keys[2], span(c.x, c.w, now))
  end
  return { 'state', c.x, snapshot(c), c.i, c.l }
end

-- sequence now: everything that a node which has heard of that many events needs to catch up
functions.catch_up = function(keys, args)
  local c = load(keys[1])
  if c == nil or c.z then return absent(c, tonumber(args[2])) end
  local answer, since = { 'state', c.x, snapshot(c), c.i, c.l }, tonumber(args[1])
  for _, entry in ipairs(redis.call('LRANGE', keys[2], 0, -1)) do
    if parse(entry) > since then answer[#answer + 1] = entry end
  end
  return answer
end
`;
