-- Asks the gate with the tokens of a file, the first word of each line, round and round:
--     wrk -s gate.lua URL -- FILE keep|close
-- The last line of the output is the result as JSON; times are in microseconds.

local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

function init(arguments)
    requests = {}
    for line in io.lines(arguments[1]) do
        local headers = { ["Authorization"] = "Bearer " .. line:match("^(%S+)") }
        if arguments[2] == "close" then headers["Connection"] = "close" end
        requests[#requests + 1] = wrk.format("GET", "/rtc/validate", headers)
    end
    -- No two threads send the same at the same time.
    position = math.floor(#requests / 7 * number)
end

function request()
    position = position % #requests + 1
    return requests[position]
end

function done(summary, latency)
    local errors = summary.errors
    print(string.format(
        '{"requests":%d,"micros":%d,"bytes":%d,"p50":%d,"p99":%d,"p999":%d,"slowest":%d,'
            .. '"refused":%d,"broken":%d,"timeouts":%d}',
        summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
        latency:percentile(99.9), latency.max, errors.status, errors.connect + errors.read + errors.write,
        errors.timeout))
end
