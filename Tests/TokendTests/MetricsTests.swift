import FastCGI
import Glibc
import LiveKitToken
import StrictJSON
import Synchronization
import Testing
import TokenEndpoint

@testable import livekit_tokend

@Suite struct `A histogram` {
    @Test(
        arguments: [
            (0, 0), (-5, 0), (1, 0), (50_000, 0), (50_001, 1), (100_000, 1), (3_000_000_000, 15), (3_000_000_001, 16),
            (.max, 16),
        ] as [(Int64, Int)]
    )
    func `puts a time into the first bucket that ends at it or later`(_ time: Int64, _ bucket: Int) {
        let histogram = Histogram()
        histogram.observe(time)
        let (counts, sum) = histogram.state
        #expect(counts == (0...Histogram.bounds.count).map { $0 < bucket ? 0 : 1 }, "each counts those before it too")
        #expect(sum == UInt64(max(0, time)))
    }

    @Test func `loses nothing of what many threads observe at once`() {
        let histogram = Histogram()
        inThreads(8) { for time in 0..<10_000 { histogram.observe(Int64(time) * 1000) } }
        #expect(histogram.state.counts.last == 80_000)
        #expect(histogram.state.sum == 8 * 49_995_000_000)
    }
}

@Suite struct `A condition` {
    @Test func `knows why the latest attempt failed, and no more once one succeeds`() {
        let condition = Condition()
        #expect(condition.trouble == nil)
        condition.succeeded()
        condition.failed("first")
        condition.failed("second")
        #expect(condition.trouble == "second")
        condition.succeeded()
        #expect(condition.trouble == nil)
    }
}

@Suite struct `The metrics` {
    private func refused(_ refusal: Refusal) -> AuditEvent {
        var generator = SystemRandomNumberGenerator()
        return AuditEvent(
            requestID: RequestID(using: &generator),
            client: "",
            result: .refused(refusal, .init(refusal.answer(unauthenticatedStatus: 403)), .init())
        )
    }

    @Test func `count every refusal by its status and by its reason, however many threads refuse`() {
        let metrics = Metrics()
        inThreads(8) {
            for _ in 0..<1000 {
                metrics.count(refused(.forbidden(.notAMember)), status: 403, took: 1)
                metrics.count(refused(.sessionInvalid(.expired)), status: 403, took: 1)
                metrics.count(refused(.unavailable(.clock)), status: 503, took: 1)
            }
        }
        #expect(metrics.requests[403]?.value == 16_000 && metrics.requests[503]?.value == 8000)
        #expect(metrics.refusals["not_member"]?.value == 8000 && metrics.refusals["session_expired"]?.value == 8000)
        #expect(metrics.requestTime.state.counts.last == 24_000)
    }

    @Test func `have a place for every answer that the endpoint gives`() {
        for word in Refusal.reasonWords { #expect(word.utf8.allSatisfy { $0 == 0x5F || (0x61...0x7A).contains($0) }) }
        let metrics = Metrics()
        let refusals: [Refusal] = [
            .notFound, .methodNotAllowed(allow: "POST"), .bodyTooLarge, .unsupportedMediaType, .unknownField("x"),
            .sessionMissing(.noAuthorization), .malformedRequest(.roomMissing), .invalidID(.room),
            .forbidden(.unknownRoom), .unavailable(.audit), .internal(.tooLong(bytes: 5000)),
            .fieldRefused("participant_name", .notAllowed),
        ]
        for refusal in refusals {
            let status = refusal.answer(unauthenticatedStatus: 403).status
            metrics.count(refused(refusal), status: status, took: 1)
        }
        #expect(metrics.requests.values.reduce(0) { $0 + $1.value } == UInt64(refusals.count))
        #expect(metrics.refusals.values.reduce(0) { $0 + $1.value } == UInt64(refusals.count))
        #expect(metrics.requests[401] != nil, "where the configuration wants it")
    }

    @Test func `are a state in words`() {
        let metrics = Metrics()
        #expect(metrics.status(connections: 0) == "Serving: no connections, no tokens, no refusals")
        metrics.tokens.increase(by: 1204)
        metrics.count(refused(.notFound), status: 404, took: 1)
        #expect(metrics.status(connections: 3) == "Serving: 3 connections, 1,204 tokens, 1 refusal")
        metrics.tokens.increase(by: 1_000_000)
        metrics.directory.failed("x.sqlite is gone: restore it")
        #expect(
            metrics.status(connections: 1)
                == "No token at the latest request: x.sqlite is gone: restore it (1 connection, 1,001,204 tokens, 1 refusal)"
        )
    }
}

@Suite struct `A measured directory` {
    private struct Stub: Directory, SessionStore, RoomDirectory {
        var error: DirectoryError?

        func snapshot() -> any SessionStore & RoomDirectory { self }

        func session(_ digest: SessionDigest) throws(DirectoryError) -> Session? {
            if let error { throw error }
            return nil
        }

        func room(_ room: Identifier, user: Identifier, at now: NumericDate) throws(DirectoryError) -> Room? {
            if let error { throw error }
            return nil
        }

        func probe() throws(DirectoryError) {
            if let error { throw error }
        }
    }

    @Test func `answers as the directory does, and times the look-ups, failed ones too`() throws {
        let metrics = Metrics()
        let id = try #require(Identifier("a"))
        var directory = MeasuredDirectory(directory: Stub(), metrics: metrics)
        #expect(try directory.snapshot().room(id, user: id, at: NumericDate(0)) == nil)
        try directory.probe()
        #expect(metrics.directoryTime.state.counts.last == 1 && metrics.directory.trouble == nil)
        directory = MeasuredDirectory(directory: Stub(error: DirectoryError("gone")), metrics: metrics)
        #expect(throws: DirectoryError("gone")) { try directory.snapshot().room(id, user: id, at: NumericDate(0)) }
        #expect(throws: DirectoryError("gone")) { try directory.probe() }
        #expect(metrics.directoryTime.state.counts.last == 2)
        #expect(metrics.directory.trouble == "gone" && metrics.directoryFailures.value == 1)
    }
}

@Suite struct `Prometheus' text format` {
    @Test(
        arguments: [
            (0, "0"), (50_000, "0.00005"), (1_000_000_000, "1"), (2_500_000, "0.0025"), (1_234_567_891, "1.234567891"),
            (18_446_744_073_709_551_615, "18446744073.709551615"),
        ] as [(UInt64, String)]
    )
    func `has seconds, exactly`(_ nanoseconds: UInt64, _ text: String) {
        #expect(PrometheusText.seconds(nanoseconds) == text)
    }

    @Test func `has a help and a type line before each metric`() {
        var page = PrometheusText()
        page.counters("x_total", by: "code", [("200", 3), ("403", 0)], help: "Things.")
        page.gauge("g", -1, labels: ["v": "a\"\\\n"], help: "One.")
        let histogram = Histogram()
        histogram.observe(60_000)
        page.histogram("h", histogram, help: "Times.")
        let lines = page.text.split(separator: "\n").map(String.init)
        #expect(
            Array(lines.prefix(9)) == [
                "# HELP x_total Things.", "# TYPE x_total counter", #"x_total{code="200"} 3"#,
                #"x_total{code="403"} 0"#, "# HELP g One.", "# TYPE g gauge", #"g{v="a\"\\\n"} -1"#, "# HELP h Times.",
                "# TYPE h histogram",
            ]
        )
        #expect(
            Array(lines[9...11]) == [
                #"h_bucket{le="0.00005"} 0"#, #"h_bucket{le="0.0001"} 1"#, #"h_bucket{le="0.00025"} 1"#,
            ]
        )
        #expect(Array(lines.suffix(3)) == [#"h_bucket{le="+Inf"} 1"#, "h_sum 0.00006", "h_count 1"])
        #expect(page.text.hasSuffix("\n"))
    }
}

/// Runs a body in several threads at once, and waits for all.
private func inThreads(_ count: Int, _ body: @escaping @Sendable () -> Void) {
    let box = unsafe Unmanaged.passRetained(Body(body))
    defer { unsafe box.release() }
    let threads = (0..<count).map { _ in
        var thread = pthread_t()
        _ = unsafe pthread_create(
            &thread,
            nil,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<Body>.fromOpaque(argument).takeUnretainedValue().run()
                }
                return nil
            },
            box.toOpaque()
        )
        return thread
    }
    for thread in threads { pthread_join(thread, nil) }
}

private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}
