-- The load: one kind of request, again and again.
-- Arguments: which idempotency keys (none, new, repeated, in-body, in-file), a word that makes the
-- keys of this run its own, the API key, the number of threads, the body. Without a body it is a
-- GET. "in-body" sends no key, but bodies in which NUMBER is another one each; the word is a number
-- then. "in-file" asks for each line of a file once, until there are no more; the word is the file.

local KEYS_PER_THREAD = 100
local MARK = "key-goes-here"
local NUMBER = "0000000000000"

local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

local function split(text, mark)
  local from, to = text:find(mark, 1, true)
  return text:sub(1, from - 1), text:sub(to + 1)
end

function init(args)
  local keys, word = args[1], args[2]
  wrk.method = args[5] and args[5] ~= "" and "POST" or "GET"
  wrk.headers["Authorization"] = "ApiKey " .. args[3]
  wrk.headers["Content-Type"] = "application/json"
  wrk.body = args[5]
  if keys == "none" then
    return
  end
  if keys == "in-file" then
    local lines, line = {}, 0
    for target in io.lines(word) do
      if line % tonumber(args[4]) == number then
        table.insert(lines, wrk.format(nil, target))
      end
      line = line + 1
    end
    local count = 0
    request = function()
      count = count + 1
      if count >= #lines then
        wrk.thread:stop()
      end
      return lines[math.min(count, #lines)]
    end
    return
  end
  if keys == "in-body" then
    local before, after = split(wrk.format(), NUMBER)
    local count = tonumber(word) * 1e9 + number * 1e8
    request = function()
      count = count + 1
      return before .. string.format("%013d", count) .. after
    end
    return
  end
  -- Put together once, but for the key: else the load would cost more than the answer.
  wrk.headers["Idempotency-Key"] = MARK
  local before, after = split(wrk.format(), MARK)
  before = before .. word .. "-" .. number .. "-"
  local count = 0
  request = function()
    count = count + 1
    if keys == "repeated" and count > KEYS_PER_THREAD then
      count = 1
    end
    return before .. count .. after
  end
end

-- No `response` function: it would make wrk parse every answer, at the server's expense. wrk itself
-- counts statuses of 400 and above.
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"duration_us":%d,"p50_us":%d,"p99_us":%d,' ..
      '"refused":%d,"cut":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write))
end
