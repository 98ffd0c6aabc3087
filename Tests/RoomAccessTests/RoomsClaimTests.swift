import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing

@Suite struct `a claim of rooms` {
    /// The memberships that a claim gives in a room; `nil` if no entry is about it.
    private func memberships(_ claim: String, in room: Identifier = "stage-1") throws -> [Membership]? {
        try RoomsClaim(JSONValue(parsing: Array(claim.utf8), within: .token)).memberships(in: room)
    }

    // MARK: Rooms

    @Test(
        arguments: [
            ("stage-1", ["host"]), ("stage-2", ["viewer"]), ("team-42-a", ["speaker"]), ("team-42-", ["speaker"]),
            ("team-42", nil), ("other", nil),
            // A key with a star is never a name.
            ("empty", []), ("team-42-*", ["speaker"]),
        ] as [(Identifier, [Identifier]?)]
    )
    func `gives in each room what its entries say, and nothing elsewhere`(
        room: Identifier,
        roles: [Identifier]?
    ) throws {
        let claim = #"{"stage-1":["host"],"stage-2":["viewer"],"team-42-*":["speaker"],"empty":[]}"#
        #expect(try memberships(claim, in: room)?.map(\.role) == roles)
    }

    @Test func `gives what all entries say that match, in their order`() throws {
        let claim = #"{"*":["viewer"],"stage-1":["host","speaker"],"*-1":[{"role":"singer"}],"stage-2":["dancer"]}"#
        #expect(try memberships(claim)?.map(\.role) == ["viewer", "host", "speaker", "singer"])
    }

    // MARK: Roles and limits

    @Test(arguments: [
        (#""host""#, Membership(role: "host")),
        (#"{"role":"host"}"#, Membership(role: "host")),
        (#"{"role":"host","scene":"intro"}"#, Membership(role: "host", scene: "intro")),
        (#"{"event":"gala","role":"host"}"#, Membership(role: "host", event: "gala")),
        (#"{"role":"host","until":1793000000}"#, Membership(role: "host", expiresAt: NumericDate(1_793_000_000))),
        (#"{"role":"host","until":"1793000000"}"#, Membership(role: "host", expiresAt: NumericDate(1_793_000_000))),
        (#"{"role":"host","until":-1}"#, Membership(role: "host", expiresAt: NumericDate(-1))),
        (
            #"{"role":"host","scene":"s","event":"e","until":"0"}"#,
            Membership(role: "host", scene: "s", event: "e", expiresAt: NumericDate(0))
        ),
    ])
    func `has roles by name, or with limits`(role: String, membership: Membership) throws {
        #expect(try memberships(#"{"stage-1":[\#(role)]}"#) == [membership])
    }

    /// What keeps one role from counting takes nothing from the others of its room.
    static let faults: [(String, EntryFault)] = [
        ("null", .neitherNameNorObject), ("1", .neitherNameNorObject), ("true", .neitherNameNorObject),
        (#"["host"]"#, .neitherNameNorObject), (#""""#, .notARole), (#""a b""#, .notARole), (#""höst""#, .notARole),
        ("{}", .noRole), (#"{"scene":"s"}"#, .noRole), (#"{"role":null}"#, .notARole),
        (#"{"role":["host"]}"#, .notARole),
        (#"{"role":""}"#, .notARole), (#"{"role":"host","Until":1}"#, .unknownMember("Until")),
        (#"{"role":"host","sceneId":"s"}"#, .unknownMember("sceneId")),
        (#"{"role":"host","\u0000":1}"#, .unknownMember("\0")),
        (#"{"role":"host","scene":null}"#, .unreadable("scene")),
        (#"{"role":"host","scene":""}"#, .unreadable("scene")),
        (#"{"role":"host","scene":["s"]}"#, .unreadable("scene")),
        (#"{"role":"host","event":1}"#, .unreadable("event")),
        (#"{"role":"host","event":"a b"}"#, .unreadable("event")),
        (#"{"role":"host","until":null}"#, .unreadable("until")),
        (#"{"role":"host","until":""}"#, .unreadable("until")),
        (#"{"role":"host","until":"soon"}"#, .unreadable("until")),
        (#"{"role":"host","until":"+1"}"#, .unreadable("until")),
        (#"{"role":"host","until":" 1"}"#, .unreadable("until")),
        (#"{"role":"host","until":1.5}"#, .unreadable("until")),
        (#"{"role":"host","until":"1793000000.0"}"#, .unreadable("until")),
        (#"{"role":"host","until":1e30}"#, .unreadable("until")),
        (#"{"role":"host","until":"1234567890123456789"}"#, .unreadable("until")),
        (#"{"role":"host","until":"2026-12-01T00:00:00Z"}"#, .unreadable("until")),
        (#"{"role":"host","until":true}"#, .unreadable("until")),
    ]

    @Test(arguments: faults)
    func `gives nothing by a role that it cannot read, and says which`(role: String, fault: EntryFault) throws {
        let text = #"{"stage-1":["viewer",\#(role),"singer"],"stage-2":["host"]}"#
        let claim = try RoomsClaim(JSONValue(parsing: Array(text.utf8)))
        #expect(claim.memberships(in: "stage-1")?.map(\.role) == ["viewer", "singer"])
        #expect(claim.fault(in: "stage-1") == .entry(room: "stage-1", index: 1, fault))
        #expect(claim.fault(in: "stage-2") == nil)
        #expect(claim.fault(in: "elsewhere") == nil)
    }

    @Test(arguments: ["null", #""host""#, "1", #"{"role":"host"}"#, "true"])
    func `gives nothing in a room whose roles are no list, and all in the others`(roles: String) throws {
        let text = #"{"stage-1":\#(roles),"*":["viewer"]}"#
        let claim = try RoomsClaim(JSONValue(parsing: Array(text.utf8)))
        #expect(claim.memberships(in: "stage-1")?.map(\.role) == ["viewer"])
        #expect(claim.fault(in: "stage-1") == .notAList(room: "stage-1"))
    }

    // MARK: Text

    @Test func `may be text, which is parsed once more`() throws {
        #expect(try memberships(#""{\"stage-1\":[\"host\"]}""#)?.map(\.role) == ["host"])
    }

    @Test func `is not parsed a third time`() throws {
        let twice = JSONValue.string(UTF8String(#""{\"stage-1\":[\"host\"]}""#))
        #expect(throws: ClaimFault.notAnObject) { try RoomsClaim(twice) }
    }

    @Test(
        arguments: [
            ("", .unexpectedEnd), ("host", .unexpectedByte), ("{'stage-1': ['host']}", .unexpectedByte),
            (#"{"stage-1":["host"]},"#, .trailingData), (#"{"a":[],"a":["host"]}"#, .duplicateName),
            (#"{"a":[],"\u0061":["host"]}"#, .duplicateName),
            (#"{"a":[{"role":"host","role":"viewer"}]}"#, .duplicateName),
            ("\u{FEFF}{}", .byteOrderMark), (String(repeating: "[", count: 10_000), .tooDeep),
            (#"{"a":["\ud800"]}"#, .loneSurrogate),
            ("{" + (0..<1_025).map { #""r\#($0)":[]"# }.joined(separator: ",") + "}", .tooManyMembers),
        ] as [(String, JSONError.Kind)]
    )
    func `is refused whole where its text is not the JSON of this program`(text: String, kind: JSONError.Kind) {
        let fault = #expect(throws: ClaimFault.self) { try RoomsClaim(.string(UTF8String(text))) }
        guard case .notJSON(let error)? = fault else { return #expect(Bool(false), "\(String(describing: fault))") }
        #expect(error.kind == kind)
    }

    @Test func `has at most 1,024 rooms and 16,384 bytes`() throws {
        let rooms = (0..<1_024).map { #""\#($0)":["a"]"# }.joined(separator: ",")
        #expect(try memberships("{\(rooms)}", in: "1023")?.count == 1)
        func padded(_ length: Int) -> JSONValue {
            .string(UTF8String("{" + String(repeating: " ", count: length - 2) + "}"))
        }
        #expect(throws: Never.self) { try RoomsClaim(padded(RoomsClaim.maximumLength)) }
        #expect(throws: ClaimFault.tooLong(16_385)) { try RoomsClaim(padded(RoomsClaim.maximumLength + 1)) }
    }

    @Test(arguments: ["null", "[]", "1", "true", #"["stage-1"]"#, #"[{"stage-1":["host"]}]"#])
    func `is refused whole where it is no object`(claim: String) {
        #expect(throws: ClaimFault.notAnObject) { try memberships(claim) }
    }

    /// The most that text of the greatest length can ask for: its memberships are as many as it has names of roles.
    @Test func `gives as many memberships as it names roles, however many`() throws {
        let roles = String(repeating: #""a","#, count: 4_000) + #""a""#
        let claim = #"{"*":[\#(roles)]}"#
        #expect(claim.utf8.count <= RoomsClaim.maximumLength)
        #expect(try RoomsClaim(.string(UTF8String(claim))).memberships(in: "x")?.count == 4_001)
    }

    /// A name in a claim is as long as the claim.
    @Test func `shows no more than a beginning of a name in the log`() throws {
        let text = #"{"\#(String(repeating: "*", count: 10_000))":"host"}"#
        let fault = try RoomsClaim(JSONValue(parsing: Array(text.utf8))).fault(in: "stage-1")
        let shown = String(repeating: "*", count: 64)
        #expect(fault?.description == #"of "\#(shown)…" must be a list of roles, such as ["host"]"#)
    }
}
