-- Remembers for a while that an event is deleted, and tells the other nodes.
-- KEYS: its description, its stock. ARGV: for how long in ms, a channel, what to tell there.
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[2], 's', 'gone')
redis.call('PEXPIRE', KEYS[2], ARGV[1])
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
