-- Unique URIs for wrk. Arguments after `--`: kind, method, number of routes, seed, bytes of the body, number of API keys.
local paths, keys = {}, {}
local method, body, seed, routes, keyCount
local counter = 0

function init(args)
  local kind = args[1]
  method, routes, seed, keyCount = args[2], tonumber(args[3]), args[4], tonumber(args[6])
  local bytes = tonumber(args[5])
  for i = 0, routes - 1 do paths[i] = string.format("/api/%05d/%s/%s-", i, kind, seed) end
  for i = 0, keyCount - 1 do
    keys[i] = { accept = "application/json", apikey = string.format("key-%03d", i), ["user-agent"] = "bench" }
    if bytes > 0 then keys[i]["content-type"] = "application/json" end
  end
  if bytes > 0 then body = '{"data":"' .. string.rep("x", bytes - 11) .. '"}' end
end

function request()
  local n = counter
  counter = n + 1
  return wrk.format(method, paths[(n * 7919) % routes] .. n .. "?page=1", keys[n % keyCount], body)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('BENCH {"requests":%d,"microseconds":%d,"p50":%f,"p99":%f,"status":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
