package import LiveKitToken
package import RoomAccess

/// An explanation of what the user of a session meets in a room: each thing that the decision rests on, and the
/// decision itself.
package struct Explanation: Sendable {
    /// `nil` if there is no such room for that user.
    package let room: RoomEntry?
    /// What each of the room's memberships comes to.
    package let memberships: [JoinPolicy.Standing]
    /// What each of the room's stream sessions comes to.
    package let streamSessions: [StreamSession.Standing]
    /// What is wrong with what the session says of memberships; `nil` if nothing is.
    package let claimFault: ClaimFault?
    /// The block that keeps the user out; `nil` if there is none.
    package let block: Block?
    package let decision: Result<Decision, Refusal>
    /// `nil` where each token has an identity of its own.
    package let identity: ParticipantIdentity?
}

extension Issuer {
    /// Explains what the user of a session meets in a room, by the decision that `issue` makes.
    ///
    /// - Throws: `.unavailable` if the directory does not answer.
    package func explain(
        for session: Session,
        _ request: TokenRequest,
        in snapshot: any DirectorySnapshot,
        at now: NumericDate
    ) throws(Refusal) -> Explanation {
        let room = try room(for: session, request, in: snapshot, at: now)
        let (scene, event) = (request.scene, request.event)
        return Explanation(
            room: room,
            memberships: room.map { join.standings(in: $0, scene: scene, event: event, at: now) } ?? [],
            streamSessions: room?.streamSessions.map { $0.standing(scene: scene, event: event, at: now) } ?? [],
            claimFault: memberships.fault(of: session, in: request.room),
            block: try block(of: session, request, in: snapshot, at: now),
            decision: Result { () throws(Refusal) in try decide(for: session, request, in: snapshot, at: now) },
            identity: lastingIdentity(of: session)
        )
    }
}
