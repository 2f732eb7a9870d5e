-- Begins the holder's time anew. Gives 0; 1 where somebody waits; 2 where it is not the holder.
if redis.call('GET', lease) ~= token then
  return 2
end
redis.call('PEXPIRE', lease, ttl_ms)
if first_in_line() then
  return 1
end
return 0
