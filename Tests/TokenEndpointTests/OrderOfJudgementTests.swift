import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

/// One thing wrong with a request or the fixture, and the answer to it.
struct Fault: Sendable {
    let name: String
    let code: String
    let reason: String
    let apply: @Sendable (inout Fixture, inout HTTPRequest, inout Draft) -> Void

    /// What the body is made of, so that two faults can sit in it.
    struct Draft: Sendable {
        var room = "stage-1"
        var tail = ""
        var padding = 0
        var declaredLength: UTF8String?

        var body: String { String(repeating: " ", count: padding) + "{\"roomId\":\"\(room)\"}" + tail }
    }

    /// In the order in which they are judged.
    static let all: [Fault] = [
        Fault(name: "path", code: "not_found", reason: "not_found") { _, request, _ in request.path = "/livekit" },
        Fault(name: "method", code: "method_not_allowed", reason: "method_not_allowed") { _, request, _ in
            request.method = "GET"
        },
        Fault(name: "repeated header", code: "internal", reason: "header_repeated") { _, request, _ in
            request.repeatedMetaVariable = "CONTENT_TYPE"
        },
        Fault(name: "size", code: "body_too_large", reason: "body_too_large") { _, _, draft in
            draft.padding = HTTPRequest.maximumBodyLength
        },
        Fault(name: "media type", code: "unsupported_media_type", reason: "unsupported_media_type") { _, request, _ in
            request.contentType = "text/plain"
        },
        Fault(name: "bearer", code: "session_missing", reason: "authorization_malformed") { _, request, _ in
            request.authorize("Bearer ?")
        },
        Fault(name: "clock", code: "unavailable", reason: "clock_unbelievable") { fixture, _, _ in
            fixture.earliestTime = NumericDate.sample.advanced(by: 1)
        },
        Fault(name: "session", code: "session_invalid", reason: "session_unknown") { fixture, _, _ in
            fixture.directory.sessions = [:]
        },
        Fault(name: "length", code: "malformed_request", reason: "body_length_mismatch") { _, _, draft in
            draft.declaredLength = "7"
        },
        Fault(name: "body", code: "malformed_request", reason: "body_not_json") { _, _, draft in draft.tail = "," },
        Fault(name: "id", code: "invalid_room_id", reason: "invalid_room_id") { _, _, draft in draft.room = "?" },
        Fault(name: "directory of rooms", code: "unavailable", reason: "directory_unavailable") { fixture, _, _ in
            fixture.directory.roomsFail = DirectoryError("down")
        },
        Fault(name: "directory of blocks", code: "unavailable", reason: "directory_unavailable") { fixture, _, _ in
            fixture.directory.blocksFail = DirectoryError("down")
        },
        Fault(name: "block", code: "forbidden", reason: "blocked") { fixture, _, _ in
            fixture.directory.blocks = [Block(user: "ada", room: "stage-1", why: "spam")]
        },
        Fault(name: "membership", code: "forbidden", reason: "not_member") { fixture, _, _ in
            fixture.stage.members = [:]
        },
        Fault(name: "token", code: "internal", reason: "token_too_long") { fixture, _, _ in
            let user = User(
                id: "ada",
                did: UTF8String(String(repeating: "x", count: 4000)),
                name: nil,
                isDisabled: false
            )
            if !fixture.directory.sessions.isEmpty { fixture.open(session: "bearer-1", of: user) }
        },
    ]

    static func reply(to faults: [Fault]) throws -> Reply {
        var fixture = Fixture()
        var request = HTTPRequest.token()
        var draft = Draft()
        for fault in faults { fault.apply(&fixture, &request, &draft) }
        request.send(draft.body)
        if let declared = draft.declaredLength { request.contentLength = declared }
        return try fixture.ask { $0 = request }
    }
}

@Suite struct `the order of judgement` {
    struct Pair: CustomTestStringConvertible, Sendable {
        let first: Fault
        let second: Fault

        var testDescription: String { "\(first.name) before \(second.name)" }
    }

    static let pairs: [Pair] = Fault.all.indices.flatMap { first in
        Fault.all.indices.filter { $0 > first }.map { Pair(first: Fault.all[first], second: Fault.all[$0]) }
    }

    @Test(arguments: Fault.all.indices)
    func `each fault has its answer`(_ index: Int) throws {
        let fault = Fault.all[index]
        let reply = try Fault.reply(to: [fault])
        #expect(reply.code == fault.code, "\(fault.name)")
        #expect(reply.reason == fault.reason, "\(fault.name)")
    }

    @Test(arguments: pairs)
    func `of two faults the earlier one is answered`(_ pair: Pair) throws {
        let reply = try Fault.reply(to: [pair.first, pair.second])
        #expect(reply.code == pair.first.code)
        #expect(reply.reason == pair.first.reason)
    }

    @Test func `of all faults the first is answered, and so on to the end`() throws {
        for index in Fault.all.indices {
            let reply = try Fault.reply(to: Array(Fault.all[index...]))
            #expect(reply.reason == Fault.all[index].reason)
        }
        #expect(try Fault.reply(to: []).status == 200)
    }

    /// A caller without a valid session learns nothing about bodies or rooms.
    @Test func `before the session is known nothing is looked up, and no room before the ids`() throws {
        for fault in Fault.all {
            let calls = try Fault.reply(to: [fault]).calls.map { call in
                switch call {
                case .session: "session"
                case .room: "room"
                case .block: "block"
                case .probe: "probe"
                }
            }
            switch fault.name {
            case "path", "method", "repeated header", "size", "media type", "bearer", "clock":
                #expect(calls == [], "\(fault.name)")
            case "session", "length", "body", "id": #expect(calls == ["session"], "\(fault.name)")
            case "directory of rooms": #expect(calls == ["session", "room"], "\(fault.name)")
            default: #expect(calls == ["session", "room", "block"], "\(fault.name)")
            }
        }
    }
}
