-- Takes the lease if it is free, or else a place in line; asked again, looks whether it is free now.
-- ARGV[4]: how long the asker waits in ms; 0 takes no place. Gives 1, or 0 and the ms it is held for.
local me = token .. '/' .. ARGV[4]
local holder = redis.call('GET', lease)
if not holder then
  -- It ran out or was evicted. Nobody jumps the line.
  local name, left_ms, member = first_in_line()
  if name and name ~= token then
    hand_on(name, left_ms, member)
    holder = name
  end
end
if not holder or holder == token then
  redis.call('ZREM', line, me)
  redis.call('SET', lease, token, 'PX', ttl_ms)
  return { 1, 0 }
end
if ARGV[4] ~= '0' then
  redis.call('ZADD', line, 'NX', string.format('%.0f', now_us), me)
  local wait_ms = tonumber(ARGV[4])
  if redis.call('PTTL', line) < wait_ms then
    redis.call('PEXPIRE', line, wait_ms + 1000)
  end
  tell(holder, 'wanted')
end
return { 0, redis.call('PTTL', lease) }
