"""The limiter's script. It runs in Redis as one atomic step, on the clock of Redis.

A log of what was granted (sorted by time, with the tokens of each) is exact in every window; entries leave it when the
window and a small margin for transit have passed. On top of it grants are paced evenly, with a small burst (the
generic cell rate algorithm, ITU-T I.371), so that a provider that counts in shorter windows is content too.

The state carries the run id of its server as epoch, and the length of the log: a flush, an eviction, a restart from an
old snapshot and a clock that jumped back all show as `missing`, and then the caller says for how long nothing is
granted.
"""

from __future__ import annotations

from typing import Final

from enrichment.rates.port import ASKED_TO_WAIT, NOTHING_LEFT

#: Microseconds that a waiter whose turn has come is waited for before others pass it, and between two looks meanwhile.
_GRACE: Final = 500_000
_LOOK: Final = 25_000

SCRIPT: Final = f"""
local log, sizes, flight, state, queue, turns = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local op, id = ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local info = redis.pcall('INFO', 'server')
local run = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or 'unknown'
local function get(name) return tonumber(redis.call('HGET', state, name) or '0') or 0 end

local count = redis.call('ZCARD', log)
local missing = redis.call('HGET', state, 'epoch') ~= run or get('count') ~= count or get('last') > now + 1000000

if op == 'verify' then
  return {{(not missing and redis.call('ZSCORE', log, id)) and 1 or 0}}
end
if op == 'sent' then
  -- Time has passed since the grant: the window counts from the moment at which the request really goes out.
  if missing or not redis.call('ZSCORE', log, id) then return {{0}} end
  redis.call('ZADD', log, 'XX', string.format('%.0f', now), id)
  redis.call('HSET', state, 'last', string.format('%.0f', now))
  return {{1}}
end
if op == 'settle' or op == 'release' then
  if missing then return {{0}} end
  redis.call('ZREM', flight, id)
  local size = tonumber(redis.call('HGET', sizes, id) or '0')
  if op == 'release' and redis.call('ZREM', log, id) == 1 then
    redis.call('HDEL', sizes, id)
    redis.call('HSET', state, 'count', count - 1, 'tokens', get('tokens') - size)
  elseif op == 'settle' and tonumber(ARGV[3]) >= 0 and redis.call('ZSCORE', log, id) then
    redis.call('HSET', sizes, id, ARGV[3])
    redis.call('HSET', state, 'tokens', get('tokens') - size + tonumber(ARGV[3]))
  end
  return {{1}}
end
if op == 'penalty' then
  redis.call('HSET', state, 'penalty', string.format('%.0f', math.max(get('penalty'), now + tonumber(ARGV[3]))))
  return {{1}}
end
if op == 'learn' then
  local requests, tokens, hold = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
  local until_ = string.format('%.0f', now + 600000000)
  if requests > 0 then redis.call('HSET', state, 'low_requests', requests, 'low_requests_until', until_) end
  if tokens > 0 then redis.call('HSET', state, 'low_tokens', tokens, 'low_tokens_until', until_) end
  if hold > 0 then
    redis.call('HSET', state, 'hold', string.format('%.0f', math.max(get('hold'), now + hold)))
  end
  return {{1}}
end

local source, size = ARGV[3], tonumber(ARGV[4])
local most, most_tokens, most_flying = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local window, flies, blocked = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local minute = tonumber(ARGV[11])
if missing then
  if blocked < 0 then return {{'missing', 0}} end
  local penalty = string.format('%.0f', get('penalty'))
  redis.call('DEL', log, sizes, flight, state, queue, turns)
  redis.call('HSET', state, 'epoch', run, 'count', 0, 'tokens', 0, 'penalty', penalty,
             'blocked', string.format('%.0f', now + blocked))
  count = 0
end

local old = redis.call('ZRANGEBYSCORE', log, '-inf', string.format('%.0f', now - window))
local tokens = get('tokens')
for _, one in ipairs(old) do
  tokens = tokens - tonumber(redis.call('HGET', sizes, one) or '0')
  redis.call('HDEL', sizes, one)
  redis.call('ZREM', log, one)
  count = count - 1
end
redis.call('ZREMRANGEBYSCORE', flight, '-inf', string.format('%.0f', now))

-- What the other side states is per minute; it only ever lowers.
local function lowered(limit, name)
  if get(name .. '_until') <= now then return limit end
  local stated = math.max(1, math.floor(get(name) * minute))
  if limit == 0 or stated < limit then return stated end
  return limit
end
most = lowered(most, 'low_requests')
most_tokens = lowered(most_tokens, 'low_tokens')
if most_tokens > 0 then size = math.min(size, most_tokens) end

local wait, reason = 0, ''
local function need(seconds, why) if seconds > wait then wait, reason = seconds, why end end
need(get('blocked') - now, 'what was used before the limiter lost its memory still counts')
need(get('penalty') - now, '{ASKED_TO_WAIT}')
need(get('hold') - now, '{NOTHING_LEFT}')
local step = most > 0 and window / most or 0
local turn = math.max(get('turn'), now)
if most > 0 then
  if count >= most then
    local first = redis.call('ZRANGE', log, count - most, count - most, 'WITHSCORES')
    need(tonumber(first[2]) + window - now, 'requests')
  end
  need(turn - now - math.max(0, math.floor(most / 10) - 1) * step, 'pace')
end
if most_tokens > 0 and tokens + size > most_tokens then
  local over, at = tokens + size - most_tokens, 0
  while over > 0 do
    local some = redis.call('ZRANGE', log, at, at + 99, 'WITHSCORES')
    if #some == 0 then break end
    for i = 1, #some, 2 do
      over = over - tonumber(redis.call('HGET', sizes, some[i]) or '0')
      if over <= 0 then
        need(tonumber(some[i + 1]) + window - now, 'tokens')
        break
      end
    end
    at = at + 100
  end
end
if most_flying > 0 and redis.call('ZCARD', flight) >= most_flying then
  need({_LOOK} * 4, 'requests under way')
end

-- Sources take turns: whoever got something last lets another pass whose time has come.
local me = source .. '\\1' .. ARGV[12]
local due = tonumber(redis.call('ZSCORE', queue, me) or '0')
redis.call('ZREMRANGEBYSCORE', queue, '-inf', string.format('%.0f', now - {_GRACE}))
redis.call('ZREM', queue, me)
local others, own = {{}}, 0
local mine = tonumber(redis.call('HGET', turns, source) or '0')
local waiting = redis.call('ZRANGE', queue, 0, 499, 'WITHSCORES')
for i = 1, #waiting, 2 do
  local theirs, at = string.match(waiting[i], '^(.-)\\1'), tonumber(waiting[i + 1])
  if theirs == source then
    if due == 0 or at < due then own = own + 1 end
  else
    others[theirs] = (others[theirs] or 0) + 1
    if wait <= 0 and at <= now and tonumber(redis.call('HGET', turns, theirs) or '0') < mine then
      wait, reason = {_LOOK}, 'turn'
    end
  end
end

local lives = math.ceil((window * 2 + flies) / 1000) + 3600000
if wait > 0 then
  if reason == 'requests' or reason == 'pace' then
    local ahead = own
    for _, n in pairs(others) do ahead = ahead + math.min(n, own + 1) end
    wait = wait + ahead * step
  end
  redis.call('ZADD', queue, string.format('%.0f', reason == 'turn' and due > 0 and due or now + wait), me)
else
  redis.call('ZADD', log, string.format('%.0f', now), id)
  redis.call('HSET', sizes, id, size)
  redis.call('ZADD', flight, string.format('%.0f', now + flies), id)
  redis.call('HSET', turns, source, string.format('%.0f', now))
  redis.call('HSET', state, 'turn', string.format('%.0f', turn + step))
  count, tokens = count + 1, tokens + size
end
redis.call('HSET', state, 'count', count, 'tokens', tokens, 'last', string.format('%.0f', now))
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, lives) end
if wait > 0 then return {{'wait', math.ceil(wait), reason}} end
return {{'granted', 0}}
"""
