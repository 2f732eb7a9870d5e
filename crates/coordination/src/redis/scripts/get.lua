-- An event: its description, its stock, and the ms that the stock may still be served.
-- KEYS: its description, its stock. Nothing where one is missing or they do not belong together.
local seats = redis.call('HMGET', KEYS[2], 's', 'b')
if seats[1] == 'gone' then
  return { '', '', 0 }
end
local details = redis.call('HMGET', KEYS[1], 's', 'b')
if not seats[1] or details[1] ~= seats[1] then
  return false
end
return { details[2], seats[2], redis.call('PTTL', KEYS[2]) }
