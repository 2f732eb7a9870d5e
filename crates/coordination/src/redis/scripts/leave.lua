-- Gives up the lease or the place in line, whichever this token has. ARGV[4]: as it was asked for.
redis.call('ZREM', line, token .. '/' .. ARGV[4])
if redis.call('GET', lease) ~= token then
  return 0
end
local name, left_ms, member = first_in_line()
if name then
  hand_on(name, left_ms, member)
else
  redis.call('DEL', lease)
end
return 1
