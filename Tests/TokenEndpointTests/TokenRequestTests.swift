import LiveKitToken
import RoomAccess
import RoomPattern
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

@Suite struct `a token request` {
    struct Body: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let text: String
        let status: Int
        let code: String
        let detail: String

        init(_ text: String, _ status: Int, _ code: String, _ detail: String, named name: String? = nil) {
            testDescription = name ?? text.debugDescription
            self.text = text
            self.status = status
            self.code = code
            self.detail = detail
        }
    }

    private static let notAnObject = "The body must be a JSON object."
    private static let missing = "roomId is missing; name the room."
    private static let notAnID = "must be 1 to 256 visible ASCII characters; it has a space."
    private static let outsidePattern = "does not match the pattern that this deployment has for ids: "
    private static let itsOperator = ". Its operator knows the pattern (rooms.pattern)."
    private static let badRoom = "roomId \(notAnID)"
    private static let known = "known here: roomId, sceneId, eventId."

    static let bodies: [Body] = [
        Body("", 400, "malformed_request", "The body is not JSON: the text ends too early, at byte 0."),
        Body("roomId=stage-1", 400, "malformed_request", "The body is not JSON: an unexpected character, at byte 0."),
        Body(
            #"{"roomId":"stage-1",}"#,
            400,
            "malformed_request",
            "The body is not JSON: an unexpected character, at byte 20."
        ),
        Body(
            #"{"roomId":"stage-1"}{}"#,
            400,
            "malformed_request",
            "The body is not JSON: data after the value, at byte 20."
        ),
        Body(
            #"{"roomId":"stage-1","room\u0049d":"stage-1"}"#,
            400,
            "malformed_request",
            "The body is not JSON: a name that occurs twice, at byte 20."
        ),
        Body(
            "\u{FEFF}{\"roomId\":\"stage-1\"}",
            400,
            "malformed_request",
            "The body is not JSON: a byte order mark, at byte 0."
        ),
        Body(
            #"{"roomId":[[[[[[[[]]]]]]]]}"#,
            400,
            "malformed_request",
            "The body is not JSON: nested too deeply, at byte 17."
        ),
        Body(#"["stage-1"]"#, 400, "malformed_request", notAnObject),
        Body(#""stage-1""#, 400, "malformed_request", notAnObject),
        Body("null", 400, "malformed_request", notAnObject),
        Body("1", 400, "malformed_request", notAnObject),
        Body("{}", 400, "malformed_request", missing),
        Body(#"{"sceneId":"intro"}"#, 400, "malformed_request", missing),
        Body(#"{"roomId":null}"#, 400, "malformed_request", missing),
        Body(#"{"roomId":""}"#, 400, "malformed_request", missing),
        Body(#"{"roomId":"","sceneId":" "}"#, 400, "malformed_request", missing),
        Body(#"{"roomId":1}"#, 400, "malformed_request", "roomId must be a string."),
        Body(#"{"roomId":true}"#, 400, "malformed_request", "roomId must be a string."),
        Body(#"{"roomId":["stage-1"]}"#, 400, "malformed_request", "roomId must be a string."),
        Body(#"{"roomId":{"roomId":"stage-1"}}"#, 400, "malformed_request", "roomId must be a string."),
        Body(#"{"roomId":"stage-1","sceneId":false}"#, 400, "malformed_request", "sceneId must be a string."),
        Body(#"{"roomId":"stage-1","eventId":0}"#, 400, "malformed_request", "eventId must be a string."),
        Body(#"{"roomId":"stage-1","ttl":86400}"#, 400, "unknown_field", "There is no field ttl; \(known)"),
        Body(#"{"roomid":"stage-1"}"#, 400, "unknown_field", "There is no field roomid; \(known)"),
        Body(#"{"room_id":"stage-1"}"#, 400, "unknown_field", "There is no field room_id; \(known)"),
        Body(
            #"{"room_name":"stage-1"}"#,
            400,
            "unknown_field",
            "There is no field room_name: it belongs to /livekit/token-source. Known here: roomId, sceneId, eventId."
        ),
        Body(
            #"{"roomId":"stage-1","roomConfig":null}"#,
            400,
            "unknown_field",
            "There is no field roomConfig: it belongs to /livekit/token-source. Known here: roomId, sceneId, eventId."
        ),
        Body(#"{"room":"stage-1"}"#, 400, "unknown_field", "There is no field room; \(known)"),
        Body(#"{"roomId ":"stage-1"}"#, 400, "unknown_field", "There is no field roomId?; \(known)"),
        Body(#"{"roomId":"stage-1","":""}"#, 400, "unknown_field", "There is no field ; \(known)"),
        Body(#"{"roomId":"stage-1","roomId\u0000":"x"}"#, 400, "unknown_field", "There is no field roomId?; \(known)"),
        Body(
            #"{"roomId":"stage-1","<b>\r\n\"\u2028é":"x"}"#,
            400,
            "unknown_field",
            "There is no field ?b?????????; \(known)",
            named: "a name with markup, line ends and a letter"
        ),
        Body(
            "{\"roomId\":\"stage-1\",\"\(String(repeating: "x", count: 1000))\":1}",
            400,
            "unknown_field",
            "There is no field \(String(repeating: "x", count: 32)); \(known)",
            named: "a name of 1,000 letters"
        ),
        Body(
            #"{"roomId":" ","token":"x"}"#,
            400,
            "unknown_field",
            "There is no field token; \(known)",
            named: "form before ids"
        ),
        Body(
            #"{"roomId":" ","sceneId":7}"#,
            400,
            "malformed_request",
            "sceneId must be a string.",
            named: "types before ids"
        ),
        Body(#"{"eventId":" ","sceneId":" ","roomId":" "}"#, 400, "invalid_room_id", badRoom),
        Body(
            #"{"eventId":" ","sceneId":" ","roomId":"stage-1"}"#,
            400,
            "invalid_scene_id",
            "sceneId \(notAnID)"
        ),
        Body(
            #"{"eventId":"a/b","sceneId":"intro","roomId":"stage-1"}"#,
            400,
            "invalid_event_id",
            "eventId \(outsidePattern)character 2, \"/\", has no place there\(itsOperator)"
        ),
    ]

    @Test(arguments: bodies)
    func `a body that is not three ids at most is refused with what would be right`(_ body: Body) throws {
        let reply = try Fixture().ask { $0.send(body.text) }
        #expect(reply.status == body.status)
        #expect(reply.code == body.code)
        #expect(reply.json?["detail"]?.text?.description == body.detail)
    }

    /// By the usual pattern, a letter or digit and up to 127 of those and `.` `_` `:` `-`.
    @Test(
        arguments: [
            ("a%20b", "character 2, \"%\", has no place there"), ("a,b", "character 2, \",\", has no place there"),
            ("a;b", "character 2, \";\", has no place there"), ("-a", "character 1, \"-\", has no place there"),
            ("a'b", "character 2, a quotation mark, has no place there"),
            ("a:b|", "character 4, a vertical bar, has no place there"),
            ("<", "character 1, \"<\", has no place there"), (#"\"#, #"character 1, "\", has no place there"#),
            (String(repeating: "a", count: 129), "character 129, \"a\", has no place there"),
        ]
    )
    func `the character of an id that the pattern does not have there is named`(_ id: String, _ words: String) throws {
        let body = String(decoding: JSONWriter.object { $0.member("roomId", UTF8String(id)) }, as: UTF8.self)
        let reply = try Fixture().ask { $0.send(body) }
        #expect(reply.detail == "roomId \(Self.outsidePattern)\(words)\(Self.itsOperator)")
    }

    @Test func `an id that is the beginning of one ends too early`() throws {
        let ids = IDPattern(try RoomPattern("room-[0-9]+"))
        #expect(throws: Refusal.invalidID(.room, .outsidePattern("room-", from: nil))) {
            try TokenRequest(decoding: Array(#"{"roomId":"room-"}"#.utf8), ids: ids)
        }
        let refusal = Refusal.invalidID(.room, .outsidePattern("room-", from: nil))
        #expect(
            refusal.problem(unauthenticatedStatus: 403).detail
                == "roomId \(Self.outsidePattern)it ends too early\(Self.itsOperator)"
        )
    }

    /// What is not visible ASCII is named by its kind, and never repeated.
    @Test(
        arguments: [
            ("a b", "it has a space"), ("a\tb", "it has a control character"),
            ("a\u{1B}[2J", "it has a control character"),
            ("a\r\n", "it has a control character"), ("a\0", "it has a control character"),
            ("a\u{7F}", "it has a control character"), ("é", "it has a character that is not ASCII"),
            ("a\u{202E}b", "it has a character that is not ASCII"), ("a\u{85}", "it has a character that is not ASCII"),
            (String(repeating: "a", count: 257), "it has more"),
        ]
    )
    func `the kind of character that no id has is named`(_ id: String, _ words: String) throws {
        let body = String(decoding: JSONWriter.object { $0.member("roomId", UTF8String(id)) }, as: UTF8.self)
        let reply = try Fixture().ask { $0.send(body) }
        #expect(reply.detail == "roomId must be 1 to 256 visible ASCII characters; \(words).")
        #expect((reply.body + reply.line).utf8.allSatisfy { (0x20...0x7E).contains($0) })
    }

    @Test(arguments: [
        #"{"roomId":"stage-1"}"#, #"{"room\u0049d":"stage-1"}"#, #"{"roomId":"stage\u002d1"}"#,
        " \t\r\n{ \"roomId\" : \"stage-1\" }\n", #"{"eventId":"e","roomId":"stage-1","sceneId":"s"}"#,
    ])
    func `however JSON spells an id, it is the same id`(_ body: String) throws {
        #expect(try Fixture().ask { $0.send(body) }.claims?["video"]?["room"]?.text == "stage-1")
    }

    @Test(arguments: [
        #"{"roomId":"stage-1","sceneId":"intro","eventId":"launch-2026"}"#: TokenRequest(
            room: "stage-1",
            scene: "intro",
            event: "launch-2026"
        ),
        #"{"roomId":"a"}"#: TokenRequest(room: "a"),
        #"{"eventId":"a","roomId":"a"}"#: TokenRequest(room: "a", event: "a"),
        #"{"roomId":"a","sceneId":null,"eventId":""}"#: TokenRequest(room: "a"),
    ])
    func `ids go where their names say`(_ body: String, _ request: TokenRequest) throws {
        #expect(try TokenRequest(decoding: Array(body.utf8), ids: .usual) == request)
    }

    struct ID: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let text: UTF8String
        let isIdentifier: Bool
        let isUsual: Bool

        init(_ text: UTF8String, isIdentifier: Bool, isUsual: Bool = false, _ description: String? = nil) {
            testDescription = description ?? text.description.debugDescription
            self.text = text
            self.isIdentifier = isIdentifier
            self.isUsual = isUsual
        }

        init(letters count: Int, isIdentifier: Bool, isUsual: Bool = false) {
            let text = UTF8String(String(repeating: "x", count: count))
            self.init(text, isIdentifier: isIdentifier, isUsual: isUsual, "\(count) letters")
        }
    }

    static let ids: [ID] = [
        ID("a", isIdentifier: true, isUsual: true), ID("0", isIdentifier: true, isUsual: true),
        ID("Stage.1_x:y-z", isIdentifier: true, isUsual: true),
        ID(letters: 128, isIdentifier: true, isUsual: true), ID(letters: 129, isIdentifier: true),
        ID(letters: 256, isIdentifier: true), ID(letters: 257, isIdentifier: false), ID("", isIdentifier: false),
        ID("!", isIdentifier: true), ID("~", isIdentifier: true), ID("a/b", isIdentifier: true),
        ID("../x", isIdentifier: true), ID("-a", isIdentifier: true), ID(".a", isIdentifier: true),
        ID("a\"b\\", isIdentifier: true), ID("a%20b", isIdentifier: true),
        ID("'; DROP TABLE rooms;--", isIdentifier: false),
        ID(" ", isIdentifier: false), ID("a b", isIdentifier: false), ID(" a", isIdentifier: false),
        ID("a ", isIdentifier: false), ID("a\n", isIdentifier: false), ID("a\r\n", isIdentifier: false),
        ID("\ta", isIdentifier: false), ID("a\0", isIdentifier: false), ID("\0", isIdentifier: false),
        ID("a\u{7F}", isIdentifier: false), ID("a\u{1B}[0m", isIdentifier: false), ID("a\u{80}", isIdentifier: false),
        ID("a\u{A0}", isIdentifier: false), ID("é", isIdentifier: false), ID("e\u{301}", isIdentifier: false),
        ID("\u{212A}", isIdentifier: false, "KELVIN SIGN"), ID("ａ", isIdentifier: false, "a fullwidth letter"),
        ID("а", isIdentifier: false, "a Cyrillic letter"), ID("a\u{200B}b", isIdentifier: false),
        ID("a\u{202E}b", isIdentifier: false), ID("a\u{FEFF}", isIdentifier: false), ID("😀", isIdentifier: false),
        ID("a\u{2028}", isIdentifier: false),
    ]

    @Test(arguments: ids)
    func `an id is 1 to 256 bytes of visible ASCII, and what the pattern allows of them`(_ id: ID) throws {
        #expect((Identifier(id.text) != nil) == id.isIdentifier)
        #expect((IDPattern.any.identifier(id.text) != nil) == id.isIdentifier)
        #expect((IDPattern.usual.identifier(id.text) != nil) == id.isUsual)
        for (field, code) in [("roomId", "room"), ("sceneId", "scene"), ("eventId", "event")] {
            let body = JSONWriter.object {
                if field != "roomId" { $0.member("roomId", "stage-1" as UTF8String) }
                $0.member(field, id.text)
            }
            let reply = try Fixture().ask { $0.send(String(decoding: body, as: UTF8.self)) }
            if id.text.utf8.isEmpty {
                #expect(reply.reason == (field == "roomId" ? "room_id_missing" : nil), "the same as absent")
                continue
            }
            #expect((reply.code == "invalid_\(code)_id") == !id.isUsual)
            #expect(reply.status == (id.isUsual ? (field == "roomId" ? 403 : 200) : 400))
            // The log has an id that is one, and no other bytes of the client's.
            let spelled = "\(field) \(id.text) does not match rooms.pattern"
            let fault = (try? JSONValue(parsing: Array(reply.line.utf8)))?["fault"]?.text?.description
            if !id.isUsual { #expect((fault == spelled) == id.isIdentifier) }
        }
    }

    @Test func `every byte outside 0x21 to 0x7E is refused`() {
        let accepted = (UInt8.min..<0x80).filter { byte in
            UTF8String(validating: [byte]).flatMap { Identifier($0) } != nil
        }
        #expect(accepted == Array(0x21...0x7E))
    }
}

@Suite struct `what comes before the body` {
    /// RFC 9110 §8.3.1: type, subtype and `charset` in any case, optional white space around semicolons.
    static let mediaTypes: [(String, Bool)] = [
        ("application/json", true), ("Application/JSON", true), ("application/json;charset=utf-8", true),
        ("application/json; charset=utf-8", true), ("application/json ; charset=UTF-8", true),
        ("application/json;\tCharset=Utf-8 ", true), (#"application/json; charset="utf-8""#, true),
        (#"application/json; charset="UTF-8""#, true), (" application/json ", true),
        ("", false), ("application", false), ("application/", false), ("json", false), ("text/json", false),
        ("text/plain", false), ("application/jsonp", false), ("application/json5", false),
        ("application/problem+json", false),
        ("application/x-www-form-urlencoded", false), ("multipart/form-data; boundary=x", false), ("*/*", false),
        ("application/*", false), ("application /json", false), ("application/ json", false),
        ("application/json,application/json", false), ("application/json, text/plain", false),
        ("text/plain; application/json", false), ("application/json; charset=utf-16", false),
        ("application/json; charset=iso-8859-1", false), ("application/json; charset=utf8", false),
        ("application/json; charset=", false), ("application/json; charset", false),
        ("application/json; charset='utf-8'", false), ("application/json; charset = utf-8", false),
        ("application/json; charset=utf-8; charset=utf-16", false), ("application/json; charset=utf-8; x=y", false),
        ("application/json; x=y", false), ("application/json; boundary=x", false),
        ("application/json charset=utf-8", false),
        ("application/json;", true), ("application/json ; ;", true), ("application/json;;charset=utf-8;", true),
        ("application/json; charset=utf-8; charset=utf-8", false), (";charset=utf-8", false),
        ("application/json\0", false),
        ("application/json\r\n", false),
        ("application/json\u{B}", false), ("application/json\u{A0}", false), ("application/js\u{F6}n", false),
        // GREEK QUESTION MARK, which `String ==` takes for a semicolon
        ("application/json\u{37E}charset=utf-8", false),
        ("application\u{2215}json", false), ("ａpplication/json", false), ("application/j\u{17F}on", false),
    ]

    @Test(arguments: mediaTypes)
    func `a body is JSON in UTF-8 by its media type`(_ contentType: String, _ isJSON: Bool) throws {
        let reply = try Fixture().ask { $0.contentType = UTF8String(contentType) }
        #expect(reply.status == (isJSON ? 200 : 415))
        #expect(reply.code == (isJSON ? nil : "unsupported_media_type"))
    }

    @Test func `no media type is none`() throws {
        #expect(try Fixture().ask { $0.contentType = nil }.status == 415)
    }

    /// The body has 20 bytes.
    static let lengths: [(UTF8String?, Int)] = [
        ("20", 200), ("020", 200), ("000000000000000020", 200),
        (nil, 400), ("", 400), ("0", 400), ("19", 400), ("21", 400), ("4096", 400), ("+20", 400), ("-20", 400),
        (" 20", 400), ("20 ", 400), ("20\n", 400), ("20,20", 400), ("20.0", 400), ("2e1", 400), ("0x14", 400),
        ("20\0", 400),
        ("२०", 400), ("２０", 400), ("twenty", 400), ("-1", 400), ("-9223372036854775808", 400),
        (UTF8String("\(HTTPRequest.maximumBodyLength + 1)"), 413), ("99999999999999999", 413),
        ("9223372036854775807", 413), ("9223372036854775808", 413),
        ("18446744073709551616", 413), ("18446744073709551636", 413), ("100000000000000000000000000000000", 413),
    ]

    @Test(arguments: lengths)
    func `a body has the length that was declared (RFC 3875 §4.1.2)`(_ declared: UTF8String?, _ status: Int) throws {
        let reply = try Fixture().ask { $0.contentLength = declared }
        #expect(reply.status == status)
        #expect(reply.code == [400: "malformed_request", 413: "body_too_large"][status])
        if status == 400 { #expect(reply.reason == "body_length_mismatch") }
    }

    @Test(arguments: [(-1, 200), (0, 200), (1, 413), (100_000, 413)])
    func `a body has at most so many bytes`(_ excess: Int, _ status: Int) throws {
        let (body, length) = (#"{"roomId":"stage-1"}"#, HTTPRequest.maximumBodyLength + excess)
        #expect(
            try Fixture().ask { $0.send(body + String(repeating: " ", count: length - body.count)) }.status == status
        )
    }

    @Test func `the longest ids in their longest spelling fit`() throws {
        let id = String(repeating: "\\u0061", count: 128)
        var fixture = Fixture()
        fixture.directory.rooms[try #require(Identifier(UTF8String(String(repeating: "a", count: 128))))] =
            fixture.stage
        let reply = try fixture.ask { $0.send("{\"roomId\":\"\(id)\",\"sceneId\":\"\(id)\",\"eventId\":\"\(id)\"}") }
        #expect(reply.status == 200)
    }

    @Test(
        arguments: [
            ("0123456789abcdef0123456789abcdef", true), ("00000000000000000000000000000000", true), ("", false),
            ("0123456789ABCDEF0123456789ABCDEF", false), ("0123456789abcdef0123456789abcde", false),
            ("0123456789abcdef0123456789abcdef0", false), ("0123456789abcdef0123456789abcdeg", false),
            ("01234567-89ab-cdef-0123-456789abcdef", false), ("0123456789abcdef0123456789abcde\n", false),
            ("0123456789abcdef0123456789abcd\u{E9}", false),
        ] as [(UTF8String, Bool)]
    )
    func `a request id is 32 hexadecimal digits in lower case`(_ text: UTF8String, _ isOne: Bool) {
        #expect(RequestID(text)?.text == (isOne ? text : nil))
    }

    @Test func `a new request id is one, with its leading zeros`() {
        struct Small: RandomNumberGenerator {
            var count: UInt64 = 0x0A
            mutating func next() -> UInt64 {
                count += 1
                return count
            }
        }
        var generator = Small()
        let id = RequestID(using: &generator)
        #expect(id.text == "000000000000000b000000000000000c")
        #expect(RequestID(id.text) == id)
    }
}
