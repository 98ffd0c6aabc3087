-- For wrk: what real clients send, most of it good. The session is $BEARER.
local bearer = os.getenv("BEARER")
local headers = {["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. bearer}
local stranger = {["Content-Type"] = "application/json", ["Authorization"] = "Bearer nobody-knows-this-one"}
local odd = {["Content-Type"] = "text/plain", ["Authorization"] = "Bearer " .. bearer}
local path, refusals = "/livekit/token", tonumber(os.getenv("REFUSALS") or "20")

function request()
    if math.random(100) > refusals then
        return wrk.format("POST", path, headers, '{"roomId":"stage-1"}')
    end
    local kind = math.random(5)
    if kind == 1 then return wrk.format("POST", path, stranger, '{"roomId":"stage-1"}') end
    if kind == 2 then return wrk.format("POST", path, headers, '{"roomId":"stage-9"}') end
    if kind == 3 then return wrk.format("POST", path, headers, '{"roomId":"stage-1","x":1}') end
    if kind == 4 then return wrk.format("POST", path, odd, "x") end
    return wrk.format("GET", "/livekit/health")
end

counts = {}
-- A refusal that is not JSON in the shape of all refusals counts as "wrong".
function response(status, headers, body)
    if status >= 300 and not (body:find('^{"type":') and body:find('"code":"')) then status = "wrong" end
    counts[status] = (counts[status] or 0) + 1
end

function setup(thread)
    threads = threads or {}
    table.insert(threads, thread)
end

-- One line for scripts: how many a second, how many of each status, the 99th percentile in ms, errors of the network.
function done(summary, latency)
    local total = {}
    for _, thread in ipairs(threads) do
        for status, count in pairs(thread:get("counts")) do total[status] = (total[status] or 0) + count end
    end
    local words = {}
    for status, count in pairs(total) do table.insert(words, status .. "=" .. count) end
    table.sort(words)
    local errors = summary.errors
    io.write(string.format("RESULT %d/s p99 %.1f ms errors %d %s\n", summary.requests / (summary.duration / 1e6),
        latency:percentile(99) / 1000, errors.connect + errors.read + errors.write + errors.timeout,
        table.concat(words, " ")))
end
