-- The generic cell rate algorithm: the key holds the instant at which all of the burst is there
-- again. All times are in microseconds. Takes up to `wanted`, and answers how many.
local now, interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local wanted = tonumber(ARGV[4])
local capacity = interval * burst
local replenished_at = tonumber(redis.call('GET', KEYS[1]) or ARGV[1])
local owes = math.max(replenished_at - now, 0)
-- More than a burst nobody owes: a clock that was put back would keep them waiting.
local owed = math.min(owes, capacity)
local taken = math.min(wanted, math.floor((capacity - owed) / interval))
owed = owed + taken * interval
if owed ~= owes then
  local lives = math.ceil(owed / 1000)
  redis.call('SET', KEYS[1], string.format('%.0f', now + owed), 'PX', string.format('%.0f', lives))
end
local room = capacity - owed
return { taken, math.floor(room / interval), interval - room % interval }
