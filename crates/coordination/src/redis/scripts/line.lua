-- What the scripts of the lease share. They follow it in one text.
-- KEYS: the lease, the line. ARGV: token, time to live in ms, prefix of nodes' channels, then more.
-- A token is 32 hexadecimal digits; the first 16 name the node.
-- In the line, a member is TOKEN/WAIT in ms, its score the microsecond in which it came.
local lease, line = KEYS[1], KEYS[2]
local token, ttl_ms, channel = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]

local function tell(whom, what)
  redis.call('PUBLISH', channel .. string.sub(whom, 1, 16), what .. ':' .. whom)
end

-- The first in line who still waits, and for how long. Who waits no more is struck off.
local function first_in_line()
  while true do
    local first = redis.call('ZRANGE', line, 0, 0, 'WITHSCORES')
    if not first[1] then
      return nil
    end
    local name, wait_ms = string.match(first[1], '^(%x+)/(%d+)$')
    local left_ms = math.ceil((tonumber(first[2]) - now_us) / 1000 + tonumber(wait_ms))
    if left_ms > 0 then
      return name, left_ms, first[1]
    end
    redis.call('ZREM', line, first[1])
  end
end

-- Makes the first in line the holder, not for much longer than it would have waited: it renews the
-- lease when it hears of it, and if it has died the line goes on.
local function hand_on(name, left_ms, member)
  redis.call('ZREM', line, member)
  redis.call('SET', lease, name, 'PX', math.min(ttl_ms, left_ms + 50))
  tell(name, 'granted')
end
