import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing

/// The scene and event that a user names.
struct Destination: Sendable {
    var scene: Identifier?
    var event: Identifier?
}

extension JoinPolicy {
    fileprivate func admit(
        to room: RoomEntry?,
        _ destination: Destination,
        at now: NumericDate
    ) throws(Denial) -> Admission {
        try admit(to: room, scene: destination.scene, event: destination.event, at: now)
    }
}

@Suite struct `the join policy` {
    private let now = NumericDate.sample

    private func policy() throws -> JoinPolicy {
        try #require(JoinPolicy(roles: Permissions.sampleRoles, openRole: "viewer"))
    }

    /// The roles that a user gets, or the reason for none.
    private func outcome(
        _ memberships: [Membership],
        access: RoomEntry.Access = .restricted,
        to destination: Destination = Destination()
    ) throws -> Result<[Identifier], Denial> {
        let room = RoomEntry(access: access, memberships: memberships, isScheduled: false, streamSessions: [])
        let policy = try policy()
        return Result { () throws(Denial) in try policy.admit(to: room, destination, at: .sample).roles }
    }

    // MARK: Scenes and events

    static let destinations: [Destination] = [
        Destination(),
        Destination(scene: "s1"),
        Destination(event: "e1"),
        Destination(scene: "s1", event: "e1"),
        Destination(scene: "s2"),
        Destination(event: "e2"),
        Destination(scene: "s1", event: "e2"),
        Destination(scene: "s2", event: "e1"),
        Destination(scene: "e1", event: "s1"),
        Destination(scene: "S1"),
    ]

    struct Scope: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let scene: Identifier?
        let event: Identifier?
        /// For each of the requests.
        let counts: String
    }

    static let scopes: [Scope] = [
        //                                                                       -  s1 e1 s1 s2 e2 s1 s2 e1 S1
        //                                                                                e1       e2 e1 s1
        Scope(testDescription: "the whole room", scene: nil, event: nil, counts: "y  y  y  y  y  y  y  y  y  y"),
        Scope(testDescription: "one scene", scene: "s1", event: nil, counts: "    n  y  n  y  n  n  y  n  n  n"),
        Scope(testDescription: "one event", scene: nil, event: "e1", counts: "    n  n  y  y  n  n  n  y  n  n"),
        Scope(testDescription: "a scene of an event", scene: "s1", event: "e1", counts: "n n n y n n n n n n"),
    ]

    @Test(arguments: scopes)
    func `a membership counts in its scene and event, or everywhere`(_ scope: Scope) throws {
        let expected = scope.counts.filter { $0 != " " }.map { $0 == "y" }
        try #require(expected.count == Self.destinations.count)
        for (destination, counts) in zip(Self.destinations, expected) {
            let membership = Membership(role: "host", scene: scope.scene, event: scope.event)
            let result = try outcome([membership], to: destination)
            #expect(result == (counts ? .success(["host"]) : .failure(.notAMemberHere)))
            let openResult = try outcome([membership], access: .open, to: destination)
            #expect(openResult == .success([counts ? "host" : "viewer"]))
        }
    }

    @Test(
        arguments: [(nil, true), (1, true), (0, false), (-1, false), (.max, true), (.min, false)] as [(Int64?, Bool)]
    )
    func `a membership counts until the second in which it expires`(_ seconds: Int64?, _ counts: Bool) throws {
        let membership = Membership(role: "host", expiresAt: seconds.map { now.advanced(by: $0) })
        #expect(try outcome([membership]) == (counts ? .success(["host"]) : .failure(.membershipExpired)))
    }

    // MARK: Roles and rooms

    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let memberships: [Membership]
        let restricted: Result<[Identifier], Denial>
        let open: [Identifier]

        init(
            _ description: String,
            _ memberships: [Membership],
            restricted: Result<[Identifier], Denial>,
            open: [Identifier]
        ) {
            testDescription = description
            self.memberships = memberships
            self.restricted = restricted
            self.open = open
        }
    }

    private static let past = NumericDate.sample.advanced(by: -1)

    static let cases: [Case] = [
        Case("no membership", [], restricted: .failure(.notAMember), open: ["viewer"]),
        Case("one", [Membership(role: "host")], restricted: .success(["host"]), open: ["host"]),
        Case(
            "two roles",
            [Membership(role: "host"), Membership(role: "moderator")],
            restricted: .success(["host", "moderator"]),
            open: ["host", "moderator"]
        ),
        Case(
            "one role twice",
            [Membership(role: "host"), Membership(role: "host", scene: "s1")],
            restricted: .success(["host"]),
            open: ["host"]
        ),
        Case(
            "one that holds, one elsewhere, one expired",
            [
                Membership(role: "singer"), Membership(role: "host", scene: "s2"),
                Membership(role: "moderator", expiresAt: past),
            ],
            restricted: .success(["singer"]),
            open: ["singer"]
        ),
        Case(
            "expired",
            [Membership(role: "host", expiresAt: past)],
            restricted: .failure(.membershipExpired),
            open: ["viewer"]
        ),
        Case(
            "one expired, one elsewhere",
            [Membership(role: "host", expiresAt: past), Membership(role: "host", scene: "s2")],
            restricted: .failure(.notAMemberHere),
            open: ["viewer"]
        ),
        Case(
            "a role that is not configured",
            [Membership(role: "wizard")],
            restricted: .failure(.unknownRole),
            open: ["viewer"]
        ),
        Case(
            "a role that is spelled in another case",
            [Membership(role: "Host")],
            restricted: .failure(.unknownRole),
            open: ["viewer"]
        ),
        Case(
            "one role that is configured and one that is not",
            [Membership(role: "wizard"), Membership(role: "speaker")],
            restricted: .success(["speaker"]),
            open: ["speaker"]
        ),
        Case(
            "one role that is not configured, one elsewhere",
            [Membership(role: "wizard"), Membership(role: "host", event: "e2")],
            restricted: .failure(.unknownRole),
            open: ["viewer"]
        ),
    ]

    @Test(arguments: cases)
    func `a restricted room takes members alone, an open one falls back to its role`(_ row: Case) throws {
        let destination = Destination(scene: "s1", event: "e1")
        #expect(try outcome(row.memberships, to: destination) == row.restricted)
        #expect(try outcome(row.memberships, access: .open, to: destination) == .success(row.open))
    }

    @Test func `a room that does not exist is forbidden`() throws {
        let policy = try policy()
        #expect(throws: Denial.unknownRoom) {
            try policy.admit(to: nil, Destination(), at: now)
        }
    }

    @Test func `what roles may do adds up`() throws {
        let policy = try policy()
        func permissions(_ roles: Identifier...) throws -> Permissions {
            let room = RoomEntry(
                access: .restricted,
                memberships: roles.map { Membership(role: $0) },
                isScheduled: false,
                streamSessions: []
            )
            return try policy.admit(to: room, Destination(), at: now).permissions
        }
        #expect(try permissions("viewer") == Permissions(subscribe: true))
        #expect(
            try permissions("singer", "dancer")
                == Permissions(publishing: .only([.camera, .microphone]), subscribe: true, publishData: true)
        )
        #expect(
            try permissions("singer", "speaker")
                == Permissions(publishing: .anything, subscribe: true, publishData: true)
        )
        #expect(
            try permissions("viewer", "moderator", "dancer")
                == Permissions(publishing: .only([.camera]), subscribe: true, publishData: true, roomAdmin: true)
        )
    }

    @Test func `the role for open rooms must be one of the roles`() {
        #expect(JoinPolicy(roles: ["viewer": Permissions()], openRole: "viewer") != nil)
        #expect(JoinPolicy(roles: ["viewer": Permissions()], openRole: "guest") == nil)
        #expect(JoinPolicy(roles: [:], openRole: "viewer") == nil)
    }

    @Test func `three roles are built in`() {
        #expect(
            JoinPolicy.builtInRoles == [
                "host": Permissions(publishing: .anything, subscribe: true, publishData: true, updateOwnMetadata: true),
                "speaker": Permissions(publishing: .anything, subscribe: true, publishData: true),
                "viewer": Permissions(publishing: .nothing, subscribe: true, publishData: false),
            ]
        )
    }

    // MARK: Stream sessions

    struct Schedule: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let sessions: [StreamSession]
        let isScheduled: Bool
        let destination: Destination
        let end: End

        /// Seconds from now.
        enum End: Equatable, Sendable {
            case none
            case at(Int64)
            case notOpen
        }

        init(
            _ description: String,
            _ sessions: [StreamSession],
            isScheduled: Bool = true,
            to destination: Destination = Destination(scene: "s1"),
            _ end: End
        ) {
            testDescription = description
            self.sessions = sessions
            self.isScheduled = isScheduled
            self.destination = destination
            self.end = end
        }
    }

    private static func stream(
        _ opens: Int64?,
        _ closes: Int64?,
        scene: Identifier? = nil,
        event: Identifier? = nil
    ) -> StreamSession {
        StreamSession(
            scene: scene,
            event: event,
            opensAt: opens.map { NumericDate.sample.advanced(by: $0) },
            closesAt: closes.map { NumericDate.sample.advanced(by: $0) }
        )
    }

    private static let room = Destination()
    private static let event = Destination(event: "e1")
    private static let both = Destination(scene: "s1", event: "e1")

    static let schedules: [Schedule] = [
        Schedule("never scheduled", [], isScheduled: false, .none),
        Schedule("scheduled, all over", [], .notOpen),
        Schedule("always open", [stream(nil, nil)], .none),
        Schedule("opened a second ago", [stream(-1, nil)], .none),
        Schedule("opens now", [stream(0, nil)], .none),
        Schedule("opens in a second", [stream(1, nil)], .notOpen),
        Schedule("closes in a second", [stream(nil, 1)], .at(1)),
        Schedule("closes now", [stream(nil, 0)], .notOpen),
        Schedule("closed a second ago", [stream(nil, -1)], .notOpen),
        Schedule("open between two times", [stream(-100, 100)], .at(100)),
        Schedule("opens now for a second", [stream(0, 1)], .at(1)),
        Schedule("opens and closes now", [stream(0, 0)], .notOpen),
        Schedule("closes before it opens", [stream(100, -100)], .notOpen),
        Schedule("of another scene", [stream(nil, nil, scene: "s2")], .notOpen),
        Schedule("of this scene", [stream(nil, 50, scene: "s1")], .at(50)),
        Schedule("of this scene in another case", [stream(nil, 50, scene: "S1")], .notOpen),
        Schedule("of an event, asked for a scene", [stream(nil, nil, event: "e1")], .notOpen),
        Schedule("of this event", [stream(nil, 50, event: "e1")], to: event, .at(50)),
        Schedule("of another event", [stream(nil, 50, event: "e2")], to: event, .notOpen),
        Schedule("of a scene, asked for scene and event", [stream(nil, 50, scene: "s1")], to: both, .at(50)),
        Schedule("of scene and event", [stream(nil, 50, scene: "s1", event: "e1")], to: both, .at(50)),
        Schedule("of scene and event, asked for the scene", [stream(nil, 50, scene: "s1", event: "e1")], .notOpen),
        Schedule(
            "of this scene and another event",
            [stream(nil, 50, scene: "s1", event: "e2")],
            to: both,
            .notOpen
        ),
        Schedule("several open: the last end", [stream(nil, 50), stream(-5, 70), stream(nil, 60)], .at(70)),
        Schedule("several open, one without end", [stream(nil, 50), stream(nil, nil), stream(nil, 60)], .none),
        Schedule("one open, a longer one to come", [stream(nil, 50), stream(50, 500)], .at(50)),
        Schedule("one open, a longer one of another scene", [stream(nil, 50), stream(nil, 500, scene: "s2")], .at(50)),
        Schedule(
            "one open, an endless one of another scene",
            [stream(nil, 50), stream(nil, nil, scene: "s2")],
            .at(50)
        ),
        Schedule("one closed, one open", [stream(nil, -50), stream(-10, 40)], .at(40)),
        Schedule("nothing named, all over", [], to: room, .none),
        Schedule("nothing named, not open yet", [stream(100, nil)], to: room, .none),
        Schedule("nothing named, about to close", [stream(nil, 1)], to: room, .none),
    ]

    @Test(arguments: schedules)
    func `a stream session must be open for the scene or event, and its end is the token's`(_ row: Schedule) throws {
        let policy = try policy()
        let room = RoomEntry(
            access: .restricted,
            memberships: [Membership(role: "host")],
            isScheduled: row.isScheduled,
            streamSessions: row.sessions
        )
        let result = Result { () throws(Denial) in try policy.admit(to: room, row.destination, at: now).endsAt }
        switch row.end {
        case .none: #expect(result == .success(nil))
        case .at(let seconds): #expect(result == .success(now.advanced(by: seconds)))
        case .notOpen: #expect(result == .failure(.streamNotOpen))
        }
    }

    @Test func `who is no member is told nothing about the schedule`() throws {
        let policy = try policy()
        let room = RoomEntry(access: .restricted, memberships: [], isScheduled: true, streamSessions: [])
        #expect(throws: Denial.notAMember) {
            try policy.admit(to: room, Destination(scene: "s1"), at: now)
        }
    }

    @Test func `an open room keeps to its schedule`() throws {
        let policy = try policy()
        let room = RoomEntry(access: .open, memberships: [], isScheduled: true, streamSessions: [])
        #expect(throws: Denial.streamNotOpen) {
            try policy.admit(to: room, Destination(scene: "s1"), at: now)
        }
    }
}
