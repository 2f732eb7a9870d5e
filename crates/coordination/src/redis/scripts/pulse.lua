-- Writes and publishes, as everything else here does. KEYS: a key of this node's own.
-- ARGV: a number, this node's channel.
redis.call('SET', KEYS[1], ARGV[1], 'PX', 60000)
redis.call('PUBLISH', ARGV[2], 'pulse:' .. ARGV[1])
return 1
