-- Makes a state of an event the known one unless a newer one is, and tells the other nodes.
-- KEYS: its description, its stock. Both are hashes of v (version), s (stamp) and b (bytes).
-- ARGV: version, the description's stamp, the stock's bytes, time to live of stock and of description
-- in ms, the description's bytes or nothing, a channel, what to tell there or nothing.
-- Gives 0 where nothing was done because the description is wanted too, otherwise 1.
local details, seats = KEYS[1], KEYS[2]
local version, stamp = tonumber(ARGV[1]), ARGV[2]
local newest = redis.call('HMGET', seats, 'v', 's')
if newest[2] == 'gone' then
  return 1
end
local known = redis.call('HMGET', details, 'v', 's')
if known[2] == stamp then
  redis.call('PEXPIRE', details, ARGV[5])
elseif tonumber(known[1] or '-1') <= version then
  if ARGV[6] == '' then
    return 0
  end
  redis.call('HSET', details, 'v', ARGV[1], 's', stamp, 'b', ARGV[6])
  redis.call('PEXPIRE', details, ARGV[5])
end
if tonumber(newest[1] or '-1') <= version then
  redis.call('HSET', seats, 'v', ARGV[1], 's', stamp, 'b', ARGV[3])
  redis.call('PEXPIRE', seats, ARGV[4])
end
if ARGV[8] ~= '' then
  redis.call('PUBLISH', ARGV[7], ARGV[8])
end
return 1
