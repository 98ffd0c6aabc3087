import Daemon
import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint
@testable import livekit_tokend

@Suite struct `The metrics` {
    private func refused(_ refusal: Refusal) -> AuditEvent {
        var generator = KernelRandomness()
        return AuditEvent(
            requestID: RequestID(using: &generator),
            client: "",
            result: .refused(refusal, .init())
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
        #expect(metrics.refusals[.notAMember]?.value == 8000 && metrics.refusals[.sessionExpired]?.value == 8000)
        #expect(metrics.requestTime.state.counts.last == 24_000)
    }

    @Test func `have a place for every answer that the endpoint gives`() {
        for reason in Reason.allCases {
            #expect(reason.rawValue.utf8.allSatisfy { $0 == 0x5F || (0x61...0x7A).contains($0) })
        }
        let metrics = Metrics()
        let refusals: [Refusal] = [
            .notFound, .methodNotAllowed(allow: ["POST"]), .bodyTooLarge, .unsupportedMediaType,
            .unknownField("x", known: []),
            .sessionMissing(.noAuthorization), .malformedRequest(.roomMissing),
            .invalidID(.room, .notAnIdentifier(.tooLong)),
            .forbidden(.unknownRoom), .unavailable(.audit), .internal(.tooLong(bytes: 5000)),
            .fieldRefused("participant_name", .notAllowed()), .repeatedMetaVariable("CONTENT_TYPE"),
        ]
        for refusal in refusals {
            let status = refusal.problem(unauthenticatedStatus: 403).status
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
                == "Failing: x.sqlite is gone: restore it (1 connection, 1,001,204 tokens, 1 refusal)"
        )
    }
}

@Suite struct `A measured directory` {
    private final class Stub: Directory, DirectorySnapshot {
        let error: DirectoryError?

        init(error: DirectoryError? = nil) {
            self.error = error
        }

        func snapshot() -> any DirectorySnapshot { self }

        func end() {}

        func user(_ id: Identifier) throws(DirectoryError) -> User? {
            if let error { throw error }
            return nil
        }

        func session(_ digest: SessionDigest) throws(DirectoryError) -> DirectorySession? {
            if let error { throw error }
            return nil
        }

        func room(_ room: Identifier, user: Identifier, at now: NumericDate) throws(DirectoryError) -> RoomEntry? {
            if let error { throw error }
            return nil
        }

        func probe() throws(DirectoryError) {
            if let error { throw error }
        }
    }

    @Test func `answers as the directory does, and times the look-ups, failed ones too`() throws {
        let metrics = Metrics()
        let id: Identifier = "a"
        var directory = MeasuredDirectory(directory: Stub(), metrics: metrics)
        #expect(try directory.snapshot().room(id, user: id, at: NumericDate(0)) == nil)
        try directory.probe()
        #expect(metrics.directoryTime.state.counts.last == 1 && metrics.directory.failure == nil)
        directory = MeasuredDirectory(directory: Stub(error: DirectoryError("gone")), metrics: metrics)
        #expect(throws: DirectoryError("gone")) { try directory.snapshot().room(id, user: id, at: NumericDate(0)) }
        #expect(throws: DirectoryError("gone")) { try directory.probe() }
        #expect(metrics.directoryTime.state.counts.last == 2)
        #expect(metrics.directory.failure == "gone" && metrics.directoryFailures.value == 1)
    }
}
