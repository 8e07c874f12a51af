-- The generic cell rate algorithm: the key holds the instant at which all of the burst is there
-- again. All times are in microseconds.
local now, interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local capacity = interval * burst
local replenished_at = tonumber(redis.call('GET', KEYS[1]) or ARGV[1])
local owes = math.max(replenished_at - now, 0)
-- More than a burst nobody owes: a clock that was put back would keep them waiting.
local owed = math.min(owes, capacity)
local allowed = capacity - owed >= interval
if allowed then
  owed = owed + interval
end
if owed ~= owes then
  local lives = math.ceil(owed / 1000)
  redis.call('SET', KEYS[1], string.format('%.0f', now + owed), 'PX', string.format('%.0f', lives))
end
local room = capacity - owed
return { allowed and 1 or 0, math.floor(room / interval), interval - room % interval }
