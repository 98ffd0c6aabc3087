import JoinGate
import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing

/// A grant of a token, and the roles that give it.
struct GrantCase: CustomTestStringConvertible {
    let name: UTF8String
    /// The members of `video` that say it, where all else is denied.
    let members: [String: String]
    let roles: Set<Identifier>
    let isDangerous: Bool

    var testDescription: String { "\(name) by \(members)" }

    init(_ name: UTF8String, _ members: [String: String], by roles: Set<Identifier>, isDangerous: Bool = false) {
        self.name = name
        self.members = members
        self.roles = roles
        self.isDangerous = isDangerous
    }

    static let all = [
        GrantCase("roomAdmin", ["roomAdmin": "true"], by: ["moderator"], isDangerous: true),
        GrantCase("canUpdateOwnMetadata", ["canUpdateOwnMetadata": "true"], by: ["scribe"], isDangerous: true),
        GrantCase("canSubscribe", ["canSubscribe": "true"], by: ["host", "speaker", "viewer", "singer", "moderator"]),
        GrantCase("canPublishData", ["canPublishData": "true"], by: ["host", "speaker", "dancer", "stagehand"]),
        GrantCase("canPublish", ["canPublish": "true"], by: ["host", "speaker"]),
        GrantCase(
            "canPublish",
            ["canPublish": "true", "canPublishSources": #"["microphone"]"#],
            by: ["host", "speaker", "singer"]
        ),
        GrantCase(
            "canPublish",
            ["canPublish": "true", "canPublishSources": #"["microphone","camera"]"#],
            by: ["host", "speaker"]
        ),
        // LiveKit takes what is absent for true, but for data what publishing is.
        GrantCase("canPublish", ["canPublish": "null"], by: ["host", "speaker"]),
        GrantCase("canSubscribe", ["canSubscribe": "null"], by: ["host", "speaker", "viewer", "singer", "moderator"]),
    ]
}

@Suite struct `A grant at the gate` {
    private static let roles = Role.samples.merging(["scribe": Role(Permissions(updateOwnMetadata: true))]) { $1 }

    private static func site(_ claims: [String: String], role: Identifier, grants: Gate.Policy.Grants) -> Site {
        var site = Site()
        site.roles = roles
        site.grants = grants
        site.memberships = [Membership(role: role)]
        var video = ["canPublish": "false", "canSubscribe": "false", "canPublishData": "false"]
        video.merge(claims) { $1 }
        site.claims.video = ["roomJoin": "true"]
        site.claims.videoMembers = video
        return site
    }

    /// Each grant, by each role, in each mode, in a token of the issuer and in a renewed one.
    @Test(arguments: GrantCase.all, Gate.Policy.Grants.allCases)
    func `passes while a role gives it, and in part what is not dangerous beyond that`(
        _ grant: GrantCase,
        _ mode: Gate.Policy.Grants
    ) throws {
        for role in Self.roles.keys.sorted() {
            for isRenewed in [false, true] {
                var site = Self.site(grant.members, role: role, grants: mode)
                if isRenewed { site.claims = site.claims.renewed }
                let passes = grant.roles.contains(role) || mode == .dangerous && !grant.isDangerous
                let refusal = try site.ask().event.refusal
                #expect(refusal == (passes ? nil : .grantsExceeded([grant.name])), "\(role), renewed: \(isRenewed)")
            }
        }
    }

    /// What no role can give, in no mode, nor where memberships are not judged.
    @Test(arguments: [
        ("hidden", "hidden"), ("recorder", "recorder"), ("agent", "agent"), ("roomCreate", "roomCreate"),
        ("roomList", "roomList"), ("roomRecord", "roomRecord"), ("ingressAdmin", "ingressAdmin"),
        ("canSubscribeMetrics", "canSubscribeMetrics"), ("canManageAgentSession", "canManageAgentSession"),
        ("canDoWhatIsYetToCome", "canDoWhatIsYetToCome"),
    ]) func `that no role can give is refused`(member: String, name: UTF8String) throws {
        for mode in Gate.Policy.Grants.allCases {
            for isJudged in [true, false] {
                for isRenewed in [true, false] {
                    var site = Self.site([member: "true"], role: "host", grants: mode)
                    if !isJudged { site.leaveMembershipsUnjudged() }
                    if isRenewed { site.claims = site.claims.renewed }
                    #expect(try site.ask().event.refusal == .grantsExceeded([name]))
                    site.claims.videoMembers?[member] = "false"
                    #expect(try site.ask().event.refusal == nil)
                }
            }
        }
    }

    @Test func `of two roles adds up`() throws {
        var site = Self.site(
            ["canPublish": "true", "canPublishSources": #"["microphone","camera"]"#, "roomAdmin": "true"],
            role: "singer",
            grants: .strict
        )
        site.memberships = ["singer", "dancer", "moderator"].map { Membership(role: $0) }
        #expect(try site.ask().event.refusal == nil)
        site.memberships.removeLast()
        #expect(try site.ask().event.refusal == .grantsExceeded(["roomAdmin"]))
        site.memberships.removeLast()
        #expect(try site.ask().event.refusal == .grantsExceeded(["canPublish", "roomAdmin"]))
    }

    @Test func `of the open role counts, and of a template's`() throws {
        var site = Self.site(["canSubscribe": "true"], role: "stagehand", grants: .strict)
        #expect(try site.ask().event.refusal == .grantsExceeded(["canSubscribe"]))
        site.stage.access = .open
        #expect(try site.ask().event.refusal == nil)
        site.templates = RoomTemplates([RoomTemplate(match: RoomGlob("call-*"), access: .open, role: "moderator")])
        site.claims.room = "call-1"
        site.claims.videoMembers?["roomAdmin"] = "true"
        #expect(try site.ask().event.refusal == nil)
    }

    /// Of foreign ones and of a role's, all that an operator would look for.
    @Test func `is named with all others in the log`() throws {
        let site = Self.site(["roomAdmin": "true", "hidden": "true"], role: "viewer", grants: .dangerous)
        #expect(try site.ask().event.refusal == .grantsExceeded(["hidden", "roomAdmin"]))
    }
}

/// The scene and the event, which a token of the issuer has, and one that LiveKit renewed has lost.
@Suite struct `A scene at the gate` {
    /// A host of the scene "intro", a moderator of the event "gala".
    private func site(renewed: Bool, scene: String? = nil, event: String? = nil) -> Site {
        var site = Site()
        site.memberships = [Membership(role: "speaker", scene: "intro"), Membership(role: "moderator", event: "gala")]
        let named = [scene.map { #""sceneId":"\#($0)","# }, event.map { #""eventId":"\#($0)","# }]
        site.claims.metadata = "{\(named.compactMap { $0 }.joined())\"roles\":[]}"
        if renewed { site.claims = site.claims.renewed }
        return site
    }

    @Test(
        arguments: [
            (nil, nil, JoinReason.notAMemberHere), ("intro", nil, nil), (nil, "gala", nil), ("intro", "gala", nil),
            ("finale", nil, .notAMemberHere), ("finale", "gala", nil), ("intro", "fair", nil),
        ] as [(String?, String?, JoinReason?)]
    )
    func `is judged as it was asked for`(scene: String?, event: String?, reason: JoinReason?) throws {
        #expect(try site(renewed: false, scene: scene, event: event).reason() == reason)
        // LiveKit's metadata is whatever a participant has made of it.
        #expect(try site(renewed: true, scene: scene, event: event).reason() == nil)
    }

    @Test func `needs a stream session whose limits do not contradict those of the membership`() throws {
        var site = site(renewed: true)
        site.stage.streams = [StreamSession(scene: "finale")]
        #expect(try site.reason() == nil, "a moderator of gala, at the finale")
        site.stage.streams = [StreamSession(scene: "finale", event: "fair")]
        #expect(try site.reason() == .streamNotOpen)
        site.stage.streams = [StreamSession(scene: "intro", event: "fair")]
        #expect(try site.reason() == nil, "a speaker of intro")
        site.claims.video = ["roomJoin": "true", "roomAdmin": "true"]
        #expect(try site.ask().event.refusal == .grantsExceeded(["roomAdmin"]))
        site.stage.streams = [StreamSession(scene: "intro")]
        #expect(try site.reason() == nil, "a moderator of gala, in its intro")
    }

    /// Each is to be had, and not both at once.
    @Test func `names all grants that no one naming gives together`() throws {
        var site = site(renewed: true)
        site.roles["scribe"] = Role(Permissions(updateOwnMetadata: true))
        site.memberships = [Membership(role: "moderator", scene: "intro"), Membership(role: "scribe", scene: "finale")]
        site.claims.video = ["roomJoin": "true", "roomAdmin": "true", "canUpdateOwnMetadata": "true"]
        #expect(try site.ask().event.refusal == .grantsExceeded(["canUpdateOwnMetadata", "roomAdmin"]))
    }
}

@Suite struct `Memberships that are not judged` {
    private func site(_ change: (inout Site) -> Void = { _ in }) -> Site {
        var site = Site()
        site.leaveMembershipsUnjudged()
        site.directory.rooms["stage-1"]?.members = [:]
        site.directory.sessions = [:]
        site.claims.video = ["roomJoin": "true", "roomAdmin": "true", "canUpdateOwnMetadata": "true"]
        change(&site)
        return site
    }

    @Test func `let a token pass as it was signed`() throws {
        #expect(try site().reason() == nil)
        #expect(try site { $0.claims = $0.claims.renewed }.reason() == nil)
        // A room by a login, which the directory does not list.
        #expect(try site { $0.directory.rooms = [:] }.reason() == nil)
    }

    @Test func `leave blocks and users to be judged`() throws {
        #expect(try site { $0.directory.blocks = [Block(user: "ada")] }.reason() == .blocked)
        #expect(try site { $0.add("ada", isDisabled: true) }.reason() == .userDisabled)
        #expect(try site { $0.claims.subject = identity("bob") }.reason() == .unknownUser)
        #expect(
            try site {
                $0.directory.users = [:]
                $0.admitsUnknownUsers = true
            }.reason() == nil
        )
    }

    /// Off air it takes a role that enters at any time, in metadata that the holder has not written.
    @Test(
        arguments: [
            (#"{"roles":["host"]}"#, false, false, nil), (#"{"roles":["host"]}"#, false, true, nil),
            (#"{"roles":["host"]}"#, true, false, nil), (#"{"roles":["host"]}"#, true, true, JoinReason.streamNotOpen),
            (#"{"roles":["viewer","stagehand"]}"#, true, false, nil),
            (#"{"roles":["speaker"]}"#, false, false, .streamNotOpen), (#"{"roles":[]}"#, false, false, .streamNotOpen),
            (#"{"roles":["wizard","a b"]}"#, true, false, .streamNotOpen), ("not ours", false, false, .streamNotOpen),
        ] as [(String, Bool, Bool, JoinReason?)]
    )
    func `leave stream sessions to be judged`(
        metadata: String,
        isRenewed: Bool,
        mayWriteIt: Bool,
        reason: JoinReason?
    ) throws {
        var site = site {
            $0.claims.metadata = metadata
            $0.claims.video = ["roomJoin": "true", "canUpdateOwnMetadata": mayWriteIt ? "true" : "false"]
            if isRenewed { $0.claims = $0.claims.renewed }
            $0.stage.streams = []
        }
        #expect(try site.reason() == reason)
        site.stage.streams = [StreamSession()]
        #expect(try site.reason() == nil)
    }

    /// A moderator's change of permissions takes the right to write metadata away, and leaves what was written.
    @Test func `trust no renewed metadata where a role lets participants write theirs`() throws {
        var site = site {
            $0.roles["scribe"] = Role(Permissions(subscribe: true, updateOwnMetadata: true))
            $0.claims.metadata = #"{"roles":["host"]}"#
            $0.claims.video = ["roomJoin": "true", "canUpdateOwnMetadata": "false"]
            $0.stage.streams = []
        }
        #expect(try site.reason() == nil, "metadata of the issuer")
        site.claims = site.claims.renewed
        #expect(try site.reason() == .streamNotOpen)
        site.roles["scribe"] = nil
        #expect(try site.reason() == nil)
    }

    @Test func `leave the scene of a token to be judged, where it still has it`() throws {
        var site = site {
            $0.claims.metadata = #"{"sceneId":"intro","roles":["viewer"]}"#
            $0.stage.streams = [StreamSession(scene: "finale")]
        }
        #expect(try site.reason() == .streamNotOpen)
        site.claims = site.claims.renewed
        #expect(try site.reason() == nil)
    }
}
