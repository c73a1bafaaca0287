-- What wrk asks for: the lines of a file in turn, "GET path" or "POST path body-file", with a pause of so many seconds before each.
-- "{n}" in a path is another number every time. Ends with one line of JSON.
local asked, turn, pause = {}, 0, 0

function init(arguments)
  pause = tonumber(arguments[2])
  math.randomseed(os.time())
  for line in io.lines(arguments[1]) do
    local method, path, file = line:match("^(%u+) (%S+) ?(%S*)$")
    local one = { method = method, path = path, headers = {} }
    if file ~= "" then
      one.headers["Content-Type"] = "application/json"
      one.body = io.open(file):read("*a")
    end
    asked[#asked + 1] = one
  end
  -- Not all users begin with the same page.
  turn = math.random(#asked)
  if pause > 0 then
    delay = function() return math.random(500, 1500) * pause end
  end
end

function request()
  turn = turn % #asked + 1
  local one = asked[turn]
  local path = one.path:gsub("{n}", function() return math.random(1, 1000000) / 1000 end)
  return wrk.format(one.method, path, one.headers, one.body)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %f, "p50": %f, "p95": %f, "p99": %f, "failed": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
