import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing

/// Who enters a room that has stream sessions, and until when.
@Suite struct `the join policy and stream sessions` {
    private let now = NumericDate.sample

    private func policy(_ roles: [Identifier: Role] = Role.samples) throws -> JoinPolicy {
        try #require(JoinPolicy(roles: roles, openRole: "viewer"))
    }

    // MARK: The decision table

    /// A room, and who gets what for each of the requests of `asked`.
    ///
    /// A membership or stream session is a word with its limits: `@s1` for a scene, `/e1` for an event. A stream
    /// session is `past`, `next`, `now`, which ends in 100 seconds, or `ever`, which has no end.
    struct Row: CustomTestStringConvertible, Sendable {
        let access: RoomEntry.Access
        let memberships: String
        let streamSessions: String
        /// For each request: the initials of the roles, with `<` where the stream session ends the token; `-` where no
        /// stream session is open, `n` for no member, `x` for a member elsewhere, `u` for an unknown role.
        let gets: String

        init(_ access: RoomEntry.Access, _ memberships: String, _ streamSessions: String, _ gets: String) {
            (self.access, self.memberships) = (access, memberships)
            (self.streamSessions, self.gets) = (streamSessions, gets)
        }

        var testDescription: String { "\(access) [\(memberships)] [\(streamSessions)]" }
    }

    static let asked: [(scene: Identifier?, event: Identifier?)] = [
        (nil, nil), ("s1", nil), (nil, "e1"), ("s1", "e1"), ("s2", nil), (nil, "e2"),
    ]

    static let rows: [Row] = [
        //                                                       asks:   –    s1    e1    s1 e1  s2   e2
        Row(.restricted, "speaker", "", "                                s    s     s     s      s    s"),
        Row(.restricted, "speaker", "past", "                            -    -     -     -      -    -"),
        Row(.restricted, "speaker", "next", "                            -    -     -     -      -    -"),
        Row(.restricted, "speaker", "now", "                             s<   s<    s<    s<     s<   s<"),
        Row(.restricted, "speaker", "ever", "                            s    s     s     s      s    s"),
        Row(.restricted, "speaker", "past now", "                        s<   s<    s<    s<     s<   s<"),
        Row(.restricted, "speaker", "past next", "                       -    -     -     -      -    -"),
        Row(.restricted, "speaker", "now ever", "                        s    s     s     s      s    s"),
        Row(.restricted, "speaker", "past@s1", "                         -    -     -     -      -    -"),
        Row(.restricted, "speaker", "next@s1", "                         -    -     -     -      -    -"),
        Row(.restricted, "speaker", "now@s1", "                          s<   s<    s<    s<     -    s<"),
        Row(.restricted, "speaker", "now/e1", "                          s<   s<    s<    s<     s<   -"),
        Row(.restricted, "speaker", "now@s1/e1", "                       s<   s<    s<    s<     -    -"),
        Row(.restricted, "speaker", "now@S1", "                          s<   -     s<    -      -    s<"),
        Row(.restricted, "speaker", "now@s1 next@s2", "                  s<   s<    s<    s<     -    s<"),
        Row(.restricted, "speaker", "now@s1 ever@s2", "                  s    s<    s     s<     s    s"),
        Row(.restricted, "speaker", "now/e2 ever@s1", "                  s    s     s     s      s<   s"),
        Row(.restricted, "speaker@s1", "", "                             x    s     x     s      x    x"),
        Row(.restricted, "speaker@s1", "past", "                         x    -     x     -      x    x"),
        Row(.restricted, "speaker@s1", "now", "                          x    s<    x     s<     x    x"),
        Row(.restricted, "speaker@s1", "now@s1", "                       x    s<    x     s<     x    x"),
        Row(.restricted, "speaker@s1", "now@s2", "                       x    -     x     -      x    x"),
        Row(.restricted, "speaker@s1", "now/e1", "                       x    s<    x     s<     x    x"),
        Row(.restricted, "speaker@s1", "now/e2", "                       x    s<    x     -      x    x"),
        Row(.restricted, "speaker/e1", "", "                             x    x     s     s      x    x"),
        Row(.restricted, "speaker/e1", "next", "                         x    x     -     -      x    x"),
        Row(.restricted, "speaker/e1", "now@s1", "                       x    x     s<    s<     x    x"),
        Row(.restricted, "speaker/e1", "now@s2", "                       x    x     s<    -      x    x"),
        Row(.restricted, "speaker@s1/e1", "", "                          x    x     x     s      x    x"),
        Row(.restricted, "speaker@s1/e1", "now@s2", "                    x    x     x     -      x    x"),
        Row(.restricted, "speaker@s1/e1", "ever/e1", "                   x    x     x     s      x    x"),
        Row(.restricted, "host", "", "                                   h    h     h     h      h    h"),
        Row(.restricted, "host", "past", "                               h    h     h     h      h    h"),
        Row(.restricted, "host", "next@s1", "                            h    h     h     h      h    h"),
        Row(.restricted, "host", "now", "                                h    h     h     h      h    h"),
        Row(.restricted, "host", "now@s1", "                             h    h     h     h      h    h"),
        Row(.restricted, "host@s1", "past", "                            x    h     x     h      x    x"),
        Row(.restricted, "host@s1", "now", "                             x    h     x     h      x    x"),
        Row(.restricted, "host/e1", "now@s2", "                          x    x     h     h      x    x"),
        Row(.restricted, "speaker host@s1", "", "                        s    hs    s     hs     s    s"),
        Row(.restricted, "speaker host@s1", "past", "                    -    h     -     h      -    -"),
        Row(.restricted, "speaker host@s1", "now", "                     s<   hs    s<    hs     s<   s<"),
        Row(.restricted, "speaker host@s1", "now@s2", "                  s<   h     s<    h      s<   s<"),
        Row(.restricted, "speaker@s1 host", "next", "                    h    h     h     h      h    h"),
        Row(.restricted, "speaker@s1 host", "now", "                     h    hs    h     hs     h    h"),
        Row(.restricted, "", "", "                                       n    n     n     n      n    n"),
        Row(.restricted, "", "past", "                                   n    n     n     n      n    n"),
        Row(.restricted, "", "now", "                                    n    n     n     n      n    n"),
        Row(.restricted, "wizard", "past", "                             u    u     u     u      u    u"),
        Row(.restricted, "wizard", "now", "                              u    u     u     u      u    u"),
        Row(.restricted, "wizard speaker", "past", "                     -    -     -     -      -    -"),
        Row(.open, "", "", "                                             v    v     v     v      v    v"),
        Row(.open, "", "past", "                                         -    -     -     -      -    -"),
        Row(.open, "", "next", "                                         -    -     -     -      -    -"),
        Row(.open, "", "now", "                                          v<   v<    v<    v<     v<   v<"),
        Row(.open, "", "ever", "                                         v    v     v     v      v    v"),
        Row(.open, "", "now@s1", "                                       v<   v<    v<    v<     -    v<"),
        Row(.open, "", "now/e1 next@s2", "                               v<   v<    v<    v<     v<   -"),
        Row(.open, "speaker", "", "                                      sv   sv    sv    sv     sv   sv"),
        Row(.open, "speaker", "past", "                                  -    -     -     -      -    -"),
        Row(.open, "speaker", "now", "                                   sv<  sv<   sv<   sv<    sv<  sv<"),
        Row(.open, "speaker@s1", "", "                                   v    sv    v     sv     v    v"),
        Row(.open, "speaker@s1", "past", "                               -    -     -     -      -    -"),
        Row(.open, "speaker@s1", "now", "                                v<   sv<   v<    sv<    v<   v<"),
        Row(.open, "speaker@s1", "now@s1", "                             v<   sv<   v<    sv<    -    v<"),
        Row(.open, "viewer", "past", "                                   -    -     -     -      -    -"),
        Row(.open, "host", "", "                                         hv   hv    hv    hv     hv   hv"),
        Row(.open, "host", "past", "                                     h    h     h     h      h    h"),
        Row(.open, "host", "now", "                                      hv   hv    hv    hv     hv   hv"),
        Row(.open, "host", "now@s1", "                                   hv   hv    hv    hv     h    hv"),
        Row(.open, "host@s1", "past", "                                  -    h     -     h      -    -"),
        Row(.open, "host@s1", "now", "                                   v<   hv    v<    hv     v<   v<"),
        Row(.open, "wizard", "past", "                                   -    -     -     -      -    -"),
        Row(.open, "wizard", "now", "                                    v<   v<    v<    v<     v<   v<"),
    ]

    @Test(arguments: rows)
    func `a room with stream sessions is entered while one that matches is open, or with a role of any time`(_ row: Row)
        throws
    {
        let cells = row.gets.split(separator: " ").map(String.init)
        try #require(cells.count == Self.asked.count)
        let policy = try policy()
        let room = try Self.room(row)
        for (asked, cell) in zip(Self.asked, cells) {
            let outcome = Result { () throws(Denial) in
                try policy.admit(to: room, scene: asked.scene, event: asked.event, at: now)
            }
            #expect(Self.code(outcome, now) == cell, "\(asked)")
        }
    }

    private static func room(_ row: Row) throws -> RoomEntry {
        let ends: [String: Int64] = ["past": 0, "next": 3600, "now": 100]
        let sessions = try row.streamSessions.split(separator: " ").map { word in
            let (time, scene, event) = try parts(word)
            return StreamSession(
                scene: scene,
                event: event,
                opensAt: NumericDate.sample.advanced(by: time == "next" ? 1 : -100),
                closesAt: ends[time].map { NumericDate.sample.advanced(by: $0) }
            )
        }
        return RoomEntry(
            access: row.access,
            memberships: try row.memberships.split(separator: " ").map { word in
                let (role, scene, event) = try parts(word)
                return Membership(role: id(role), scene: scene, event: event)
            },
            isScheduled: !sessions.isEmpty,
            // A directory leaves out those that have closed.
            streamSessions: sessions.filter { $0.closesAt.map { $0 > .sample } ?? true }
        )
    }

    /// `word@scene/event`.
    private static func parts(_ text: Substring) throws -> (String, scene: Identifier?, event: Identifier?) {
        let match = try #require(text.wholeMatch(of: /([a-z]+)(?:@(\w+))?(?:\/(\w+))?/))
        return (String(match.1), match.2.map { id(String($0)) }, match.3.map { id(String($0)) })
    }

    private static func code(_ outcome: Result<Admission, Denial>, _ now: NumericDate) -> String {
        switch outcome {
        case .success(let admission):
            let initials = admission.roles.compactMap(\.description.first).map(String.init).joined()
            guard let end = admission.endsAt else { return initials }
            return end == now.advanced(by: 100) ? "\(initials)<" : "\(initials) until \(end)"
        case .failure(.streamNotOpen): return "-"
        case .failure(.notAMember): return "n"
        case .failure(.notAMemberHere): return "x"
        case .failure(.unknownRole): return "u"
        case .failure(let other): return "\(other)"
        }
    }

    // MARK: Times

    private static func stream(_ opens: Int64?, _ closes: Int64?) -> StreamSession {
        StreamSession(
            opensAt: opens.map { NumericDate.sample.advanced(by: $0) },
            closesAt: closes.map { NumericDate.sample.advanced(by: $0) }
        )
    }

    /// Stream sessions, and the seconds until the last of them closes; `nil` if none is open.
    static let times: [(sessions: [StreamSession], closes: Int64?)] = [
        ([stream(0, 9)], 9), ([stream(-1, 9)], 9), ([stream(1, 9)], nil), ([stream(nil, 1)], 1),
        ([stream(nil, 0)], nil), ([stream(nil, -1)], nil), ([stream(0, 0)], nil), ([stream(100, -100)], nil),
        ([stream(nil, 50), stream(-5, 70), stream(nil, 60)], 70), ([stream(nil, 50), stream(50, 500)], 50),
        ([stream(nil, -50), stream(-10, 40)], 40), ([], nil),
    ]

    @Test(arguments: times)
    func `a stream session is open from its first second to the one before its end, and the last end counts`(
        _ sessions: [StreamSession],
        _ closes: Int64?
    ) throws {
        let policy = try policy()
        let room = RoomEntry(
            access: .restricted,
            memberships: [Membership(role: "speaker")],
            isScheduled: true,
            streamSessions: sessions
        )
        let end = Result { () throws(Denial) in try policy.admit(to: room, scene: nil, event: "e1", at: now).endsAt }
        #expect(end == closes.map { .success(now.advanced(by: $0)) } ?? .failure(.streamNotOpen))
    }

    // MARK: Roles of any time

    @Test func `what a role may do adds up off air for roles of any time alone`() throws {
        let room = RoomEntry(
            access: .open,
            memberships: ["host", "stagehand", "moderator", "dancer"].map { Membership(role: id($0)) },
            isScheduled: true,
            streamSessions: []
        )
        let admission = try policy().admit(to: room, scene: nil, event: nil, at: now)
        #expect(admission.roles == ["host", "stagehand"])
        #expect(admission.permissions == Permissions(publishing: .anything, subscribe: true, publishData: true))
        #expect(admission.endsAt == nil)
    }

    @Test func `an ended membership of a role of any time counts at no time`() throws {
        let policy = try policy()
        for access in RoomEntry.Access.allCases {
            let room = RoomEntry(
                access: access,
                memberships: [Membership(role: "host", expiresAt: now)],
                isScheduled: true,
                streamSessions: []
            )
            #expect(throws: access == .open ? Denial.streamNotOpen : .membershipExpired) {
                try policy.admit(to: room, scene: nil, event: nil, at: now)
            }
        }
    }

    @Test func `the open role is no membership, even where it says that it counts at any time`() throws {
        var roles = Role.samples
        roles["viewer"]?.anytime = true
        let policy = try policy(roles)
        func outcome(_ memberships: [Membership], _ sessions: [StreamSession]) -> Result<Admission, Denial> {
            let room = RoomEntry(
                access: .open,
                memberships: memberships,
                isScheduled: true,
                streamSessions: sessions
            )
            return Result { () throws(Denial) in try policy.admit(to: room, scene: nil, event: nil, at: now) }
        }
        #expect(outcome([], []) == .failure(.streamNotOpen))
        #expect(try outcome([], [Self.stream(nil, 70)]).get().endsAt == now.advanced(by: 70))
        #expect(try outcome([Membership(role: "viewer")], []).get().roles == ["viewer"])
        #expect(try outcome([Membership(role: "viewer")], [Self.stream(nil, 70)]).get().endsAt == nil)
    }
}
