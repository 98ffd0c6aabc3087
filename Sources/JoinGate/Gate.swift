package import LiveKitToken
package import RoomAccess
import StrictJSON
package import TokenEndpoint

/// The gate: it decides, before each request to LiveKit, whether the holder of a token may join its room now.
///
///     read           401 403 503       one token in one place, the query; parameters of the web server; the clock
///     verify         401               signature, times, names of claims
///     identify       403 503           whose identity it is
///     judge          403 503           block, user, session, room, membership, stream session, grants
///
/// It asks the same policy as the issuer does, with what is committed now.
package struct Gate: Sendable {
    /// The most bytes of token and rewritten query together: with the other parameters they fit into the 64 KiB that a
    /// web server can send and take.
    package static let maximumLength = 61_440

    /// The words of 401, which LiveKit's clients show.
    package static let unauthorized = "This token does not let you in; ask for a new one."
    /// The words of 403.
    package static let forbidden = "You may not enter this room now."

    let keys: KeyRing
    let policy: Policy
    let join: JoinPolicy
    let memberships: any MembershipSource
    let directory: any Directory
    let identities: any IdentityIndex

    /// The settings of a deployment for the gate.
    package struct Policy: Sendable {
        /// How much of a token's grants the roles must give.
        package enum Grants: String, CaseIterable, Sendable {
            /// The dangerous ones.
            case dangerous
            /// All of them.
            case strict
        }

        package let grants: Grants
        /// Whether memberships are seen again: not where logins carry them, as the gate sees no login.
        ///
        /// Unjudged, a token passes with the grants that a role can give, as they were signed, while its room is on
        /// air; the block, the user and the session are judged all the same. A room that the directory does not list
        /// is on air, always. At other times a token passes whose metadata names a role that enters at any time:
        /// metadata of the issuer, in a token with `jti`, or of one that LiveKit renewed where no role lets a
        /// participant write its own (a moderator may write that of everybody in the room).
        package let judgesMemberships: Bool
        /// Which sessions are judged.
        package let sessions: Sessions
        /// Whether people get in whom the directory does not know.
        package let admitsUnknownUsers: Bool
        /// The first time that the clock may show.
        package let earliestTime: NumericDate

        package enum Sessions: Sendable {
            /// The one that the identity is of.
            case ofIdentity
            /// One of the user's must be open.
            case anyOfUser
            /// None: they are another system's.
            case none
        }

        package init(
            grants: Grants,
            judgesMemberships: Bool,
            sessions: Sessions,
            admitsUnknownUsers: Bool,
            earliestTime: NumericDate
        ) {
            self.grants = grants
            self.judgesMemberships = judgesMemberships
            self.sessions = sessions
            self.admitsUnknownUsers = admitsUnknownUsers
            self.earliestTime = earliestTime
        }
    }

    package init(
        keys: KeyRing,
        policy: Policy,
        join: JoinPolicy,
        memberships: any MembershipSource,
        directory: any Directory,
        identities: any IdentityIndex
    ) {
        self.keys = keys
        self.policy = policy
        self.join = join
        self.memberships = memberships
        self.directory = directory
        self.identities = identities
    }

    /// Answers a question of nginx.
    ///
    /// Its yes is a header (`X-Accel-Redirect`) with the name of nginx's location that leads to LiveKit, beside the
    /// token that was verified and the query written anew; its no is the answer to the client.
    ///
    /// The caller writes the event down before it sends the answer; if it cannot, it sends `refuse(_:with:)` instead.
    package func answer(_ request: GateRequest, at now: NumericDate) -> JoinOutcome {
        var participant = JoinEvent.Participant()
        do throws(JoinRefusal) {
            let passed = try admit(request, as: &participant, at: now)
            return JoinOutcome(
                response: HTTPResponse(
                    status: 204,
                    headers: [
                        .init(name: "X-Accel-Redirect", value: passed.endpoint.location),
                        .init(name: "X-LiveKit-Token", value: String(decoding: passed.token, as: UTF8.self)),
                        .init(name: "X-LiveKit-Query", value: String(decoding: passed.query, as: UTF8.self)),
                    ]
                ),
                event: JoinEvent(request, nil, participant)
            )
        } catch {
            return refuse(request, with: error, participant)
        }
    }

    /// The answer that refuses a request, with its line for the log.
    package func refuse(
        _ request: GateRequest,
        with refusal: JoinRefusal,
        _ participant: JoinEvent.Participant = JoinEvent.Participant()
    ) -> JoinOutcome {
        JoinOutcome(
            response: .refusal(refusal),
            event: JoinEvent(request, refusal, participant)
        )
    }

    private func admit(
        _ request: GateRequest,
        as participant: inout JoinEvent.Participant,
        at now: NumericDate
    ) throws(JoinRefusal) -> GateQuestion {
        let question = try GateQuestion(request)
        guard now >= policy.earliestTime else { throw .unavailable(.clock) }
        let token = try verify(question.token, at: now)
        participant.keyID = token.keyID
        participant.tokenID = token.tokenID
        participant.identity = token.subject
        participant.room = token.room
        var person = try identify(token)
        participant.note(person)
        var snapshot = directory.snapshot()
        // Before the answer leaves: it holds up writers no longer than it must.
        defer { snapshot.end() }
        var user = try user(of: person, in: snapshot)
        if user == nil, let former = person.holder {
            // No snapshot is kept while the index is read again, and the one of before may be older than the reading.
            snapshot.end()
            if let successor = try successor(of: former, as: person.identity) {
                person.holder = successor
                participant.note(person)
            }
            snapshot = directory.snapshot()
            user = try self.user(of: person, in: snapshot)
        }
        try judge(token, of: person, user, at: question.endpoint, in: snapshot, now)
        return question
    }

    private func verify(_ compact: [UInt8], at now: NumericDate) throws(JoinRefusal) -> VerifiedAccessToken {
        do throws(AccessTokenFault) {
            return try VerifiedAccessToken(verifying: compact, by: keys, at: now)
        } catch {
            throw .token(error)
        }
    }
}

extension JoinEvent.Participant {
    fileprivate mutating func note(_ person: Gate.Person) {
        user = person.holder?.user
        session = person.holder?.session.map { Session.label(ofKey: $0.bytes) }
    }
}

extension HTTPResponse {
    /// What a client is told: the same words for each reason of a status.
    ///
    /// 503 has none, as the web server says it too where there is no answer.
    fileprivate static func refusal(_ refusal: JoinRefusal) -> HTTPResponse {
        let words =
            switch refusal.status {
            case 401: Gate.unauthorized
            case 403: Gate.forbidden
            default: ""
            }
        return HTTPResponse(
            status: refusal.status,
            headers: [.init(name: "Content-Type", value: "text/plain")],
            body: Array(words.utf8)
        )
    }
}

/// The outcome of a question.
package struct JoinOutcome: Sendable {
    package let response: HTTPResponse
    package let event: JoinEvent
}
