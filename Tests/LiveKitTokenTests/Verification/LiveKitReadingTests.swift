import LiveKitReaders
import LiveKitToken
import StrictJSON
import TestSupport
import Testing

/// Claim sets of every shape, read here and by a reader that follows LiveKit's.
@Suite struct `A claim set` {
    /// What a random claim set is made of: names with their values, the first of which is good.
    private static let top: [(String, [String])] = [
        ("iss", [#""APIgolden""#]), ("sub", [#""user-a""#, #""b\u00e9""#, #""""#, "1", "null", #""user-a#x""#]),
        ("exp", ["1795473930", "1795473570", "1795473569", "1.7954739e9", #""1795473930""#, "-1", "null"]),
        ("nbf", ["1795473630", "0", "1795473690", "1795473691", "1795473690.9", #""0""#]),
        ("jti", [#""id""#, "null", "{}"]), ("iat", ["1795479999", #""0""#]),
        ("identity", [#""user-a""#, #""user-b""#]),
        ("kind", [#""standard""#, #""""#, #""agent""#, "0"]), ("kindDetails", ["[]", #"["x"]"#, "[null]"]),
        ("aud", [#""x""#, #"["x"]"#, "[1]"]), ("attributes", [#"{"a":"b"}"#, #"{"a":1}"#]),
        ("sip", ["{}", #"{"admin":true}"#, #"{"Admin":true}"#]), ("agent", [#"{"databaseAdmin":true}"#, "[]"]),
        ("roomPreset", [#""""#, #""x""#]), ("roomConfig", ["{}", #"{"agents":[]}"#, #"{"maxParticipants":1}"#]),
        ("metadata", [#""{}""#, "{}"]), ("name", [#""Ada""#, "[]"]), ("foo", ["1", "{}", "true"]),
    ]
    private static let video: [(String, [String])] = [
        ("room", [#""stage-1""#, #""stage-2""#, #""""#, "null", "1"]), ("roomJoin", ["true", "false", "null"]),
        ("canPublish", ["true", "false", "null", "1"]), ("canSubscribe", ["true", "false", "null"]),
        ("canPublishData", ["true", "false", "null"]), ("canUpdateOwnMetadata", ["true", "false"]),
        (
            "canPublishSources",
            ["[]", #"["camera"]"#, #"["microphone","screen_share"]"#, #"["Camera"]"#, "null", "[1]"]
        ),
        ("roomAdmin", ["true", "false"]), ("hidden", ["false", "true"]), ("agent", ["false", "true"]),
        ("canSubscribeMetrics", ["false", "true", "null"]), ("destinationRoom", [#""""#, #""x""#]),
    ]

    private static func object(_ fields: [(String, [String])], using generator: inout SeededGenerator) -> [String] {
        var members: [String] = []
        for (name, values) in fields {
            guard ["iss", "sub", "exp", "room"].contains(name) || generator.pick([true, false]) else { continue }
            // The first is good, and is so most of the time.
            let value = generator.pick([values[0], values[0], values[0], values[0], values[0], generator.pick(values)])
            members.append("\"\(spelled(name, using: &generator))\":\(value)")
            if Int.random(in: 0..<60, using: &generator) == 0 {
                members.append("\"\(spelled(name, using: &generator))\":\(generator.pick(values))")
            }
        }
        return members.shuffled(using: &generator)
    }

    /// A name in another spelling now and then.
    private static func spelled(_ name: String, using generator: inout SeededGenerator) -> String {
        switch Int.random(in: 0..<120, using: &generator) {
        case 0: name.uppercased()
        case 1: name.replacing("s", with: "\u{17F}").replacing("k", with: "\u{212A}")
        case 2: name.prefix(1).uppercased() + name.dropFirst()
        case 3: #"\u00"# + String(name.utf8.first ?? 0x20, radix: 16) + name.dropFirst()
        default: name
        }
    }

    @Test func `that is accepted says to LiveKit what it says here`() {
        var generator = SeededGenerator(seed: 15)
        var (plain, refusedByLiveKit, foreign) = (0, 0, 0)
        for _ in 0..<2_000 {
            let video = "{\(Self.object(Self.video, using: &generator).joined(separator: ","))}"
            var members = Self.object(Self.top, using: &generator)
            members.insert("\"video\":\(video)", at: Int.random(in: 0...members.count, using: &generator))
            let payload = "{\(members.joined(separator: ","))}"

            let reading = LiveKitReading(Array(payload.utf8))
            let isTaken = reading?.isValid(at: SignedClaims.now.seconds) ?? false
            if !isTaken { refusedByLiveKit += 1 }
            guard let token = SignedClaims.verdict(payload).token else { continue }
            #expect(isTaken, "\(payload)")
            #expect(token.subject == reading?.identity, "\(payload)")
            #expect(token.room == reading.flatMap { $0.room == "" ? nil : $0.room }, "\(payload)")
            #expect(token.mayJoin == reading?.flag("roomJoin"), "\(payload)")
            #expect(token.permissions == reading?.permissions, "\(payload)")
            if reading?.beyond.isEmpty == false {
                foreign += 1
                #expect(!token.foreignGrants.isEmpty, "\(payload)")
            } else {
                plain += 1
            }
        }
        // The generator makes enough of each kind.
        #expect(plain > 200 && refusedByLiveKit > 200 && foreign > 100, "\(plain) \(refusedByLiveKit) \(foreign)")
    }

    /// The other reader is one: it reads what is refused here.
    @Test(arguments: [
        (#"{"sub":"a","Sub":"b"}"#, "b"), (#"{"ſub":"b"}"#, "b"), (#"{"sub":"a","sub":"b"}"#, "b"),
        (#"{"\u0073ub":"b"}"#, "b"), (#"{"jti":"j"}"#, "j"), (#"{"sub":null,"jti":"j"}"#, "j"),
        (#"{"sub":"\ud800"}"#, "\u{FFFD}"),
    ])
    func `is read by LiveKit where it is refused here`(_ payload: String, _ identity: String) {
        #expect(LiveKitReading(Array(payload.utf8))?.identity == UTF8String(identity))
        #expect(SignedClaims.verdict(payload).token == nil)
    }
}
