import LiveKitToken
import RoomAccess
import StrictJSON

extension Gate {
    /// The person behind an identity.
    struct Person {
        let identity: ParticipantIdentity
        /// `nil` for somebody whom the directory does not know.
        var holder: IdentityHolder?
    }

    /// Finds whose identity a token has.
    ///
    /// The index is asked before there is a snapshot, so that what it did not know is judged by a directory that is at
    /// least as new.
    func identify(_ token: VerifiedAccessToken) throws(JoinRefusal) -> Person {
        guard !token.subject.utf8.contains(UInt8(ascii: "#")) else { throw .suffixedIdentity }
        guard let identity = ParticipantIdentity(token.subject) else { throw .foreignIdentity }
        let holder = try found { () throws(IdentityIndexError) in try identities.holder(of: identity) }
        return Person(identity: identity, holder: holder)
    }

    /// Who has the identity of somebody whom the directory does not know any more.
    func successor(
        of former: IdentityHolder,
        as identity: ParticipantIdentity
    ) throws(JoinRefusal) -> IdentityHolder? {
        try found { () throws(IdentityIndexError) in try identities.successor(of: former, as: identity) }
    }

    private func found(
        _ question: () throws(IdentityIndexError) -> IdentityHolder?
    ) throws(JoinRefusal) -> IdentityHolder? {
        do throws(IdentityIndexError) {
            return try question()
        } catch {
            switch error {
            case .notInTime: throw .unavailable(.indexNotInTime)
            case .directory(let error): throw .unavailable(.directory(error))
            }
        }
    }

    /// The user of a holder; `nil` for somebody whom the directory does not know.
    func user(of person: Person, in snapshot: any DirectorySnapshot) throws(JoinRefusal) -> User? {
        guard let holder = person.holder else { return nil }
        return try asked { () throws(DirectoryError) in try snapshot.user(holder.user) }
    }

    /// Judges what a token asks for, all of it by one snapshot.
    ///
    /// - Throws: the first rule that keeps its holder out.
    func judge(
        _ token: VerifiedAccessToken,
        of person: Person,
        _ user: User?,
        at endpoint: GateEndpoint,
        in snapshot: any DirectorySnapshot,
        _ now: NumericDate
    ) throws(JoinRefusal) {
        guard let name = token.room else { throw .roomMissing }
        guard let room = Identifier(name) else { throw .denied(.unknownRoom) }
        let blocked = person.holder.map { ParticipantIdentity(user: $0.user.text) } ?? person.identity
        let block = try asked { () throws(DirectoryError) in try snapshot.block(of: blocked, in: room, at: now) }
        guard block == nil else { throw .blocked }
        // One who was removed a moment ago is in the index for good, and unknown from now on.
        guard user != nil || policy.admitsUnknownUsers else { throw try refusalOfUnknown(in: snapshot) }
        guard user?.isDisabled != true else { throw .userDisabled }
        if let holder = person.holder, user != nil { try judgeSession(of: holder, in: snapshot, now) }
        let entry = try entry(of: room, for: user, person.identity, in: snapshot, now)
        guard endpoint == .twirp ? token.permissions.roomAdmin : token.mayJoin else { throw .grantMissing }
        let excess = try excess(of: token, in: entry, now)
        guard token.foreignGrants.isEmpty, excess.isEmpty else { throw .grantsExceeded(token.foreignGrants + excess) }
    }

    /// The refusal of somebody whom the directory does not know: a directory without users is not the one that the
    /// token was issued by, but what a command has made in the place of one that was moved.
    private func refusalOfUnknown(in snapshot: any DirectorySnapshot) throws(JoinRefusal) -> JoinRefusal {
        if try asked({ () throws(DirectoryError) in try snapshot.hasUsers() }) { return .unknownUser }
        return .unavailable(.directory(DirectoryError("the directory has no user, and a token names one")))
    }

    private func judgeSession(
        of holder: IdentityHolder,
        in snapshot: any DirectorySnapshot,
        _ now: NumericDate
    ) throws(JoinRefusal) {
        switch policy.sessions {
        case .none: return
        case .anyOfUser:
            let isThere = try asked { () throws(DirectoryError) in
                try snapshot.hasOpenSession(of: holder.user, at: now)
            }
            guard isThere else { throw .noOpenSession }
        case .ofIdentity:
            let session = try asked { () throws(DirectoryError) in
                try holder.session.map { (digest) throws(DirectoryError) in try snapshot.session(digest) } ?? nil
            }
            guard let session, session.user.id == holder.user else { throw .sessionUnknown }
            guard !session.isRevoked else { throw .sessionRevoked }
            guard now < session.expiresAt else { throw .sessionExpired }
        }
    }

    /// The room as a user meets it.
    ///
    /// Somebody unknown has no memberships, whatever a row says of an id that is spelled as the identity is.
    private func entry(
        of room: Identifier,
        for user: User?,
        _ identity: ParticipantIdentity,
        in snapshot: any DirectorySnapshot,
        _ now: NumericDate
    ) throws(JoinRefusal) -> RoomEntry? {
        guard let stranger = Identifier(identity.text) else { throw .foreignIdentity }
        let asking = user ?? User(id: stranger, did: nil, name: nil, isDisabled: false)
        let entry = try asked { () throws(DirectoryError) in
            try memberships.room(room, for: Session(user: asking, endsAt: nil, key: nil), in: snapshot, at: now)
        }
        return user == nil ? entry?.withoutMemberships : entry
    }

    private func asked<Answer>(_ question: () throws(DirectoryError) -> Answer) throws(JoinRefusal) -> Answer {
        do throws(DirectoryError) {
            return try question()
        } catch {
            throw .unavailable(.directory(error))
        }
    }
}
