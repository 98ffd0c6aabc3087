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
        try #require(JoinPolicy(roles: Role.samples, openRole: "viewer"))
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
            #expect(openResult == .success(counts ? ["host", "viewer"] : ["viewer"]))
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
        Case("one", [Membership(role: "host")], restricted: .success(["host"]), open: ["host", "viewer"]),
        Case("the open role", [Membership(role: "viewer")], restricted: .success(["viewer"]), open: ["viewer"]),
        Case(
            "two roles",
            [Membership(role: "host"), Membership(role: "moderator")],
            restricted: .success(["host", "moderator"]),
            open: ["host", "moderator", "viewer"]
        ),
        Case(
            "one role twice",
            [Membership(role: "host"), Membership(role: "host", scene: "s1")],
            restricted: .success(["host"]),
            open: ["host", "viewer"]
        ),
        Case(
            "one that holds, one elsewhere, one expired",
            [
                Membership(role: "singer"), Membership(role: "host", scene: "s2"),
                Membership(role: "moderator", expiresAt: past),
            ],
            restricted: .success(["singer"]),
            open: ["singer", "viewer"]
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
            open: ["speaker", "viewer"]
        ),
        Case(
            "one role that is not configured, one elsewhere",
            [Membership(role: "wizard"), Membership(role: "host", event: "e2")],
            restricted: .failure(.unknownRole),
            open: ["viewer"]
        ),
    ]

    @Test(arguments: cases)
    func `a restricted room takes members alone, in an open one its role counts beside theirs`(_ row: Case) throws {
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
        #expect(JoinPolicy(roles: ["viewer": Role(Permissions())], openRole: "viewer") != nil)
        #expect(JoinPolicy(roles: ["viewer": Role(Permissions())], openRole: "guest") == nil)
        #expect(JoinPolicy(roles: [:], openRole: "viewer") == nil)
    }

    @Test func `three roles are built in, of which the host's counts at any time`() {
        #expect(
            JoinPolicy.builtInRoles == [
                "host": Role(Permissions(publishing: .anything, subscribe: true, publishData: true), anytime: true),
                "speaker": Role(Permissions(publishing: .anything, subscribe: true, publishData: true)),
                "viewer": Role(Permissions(publishing: .nothing, subscribe: true, publishData: false)),
            ]
        )
    }
}
