/// The permissions of a participant in the one room of the token.
///
/// These are all that a client can be given here. The grants of LiveKit that reach beyond the room, or hide who is in
/// it (`roomCreate`, `roomList`, `roomRecord`, `ingressAdmin`, `hidden`, `recorder`, `agent`, `destinationRoom`),
/// cannot be expressed: `roomCreate`, for one, would also delete any room.
package struct Permissions: Hashable, Sendable {
    /// The tracks that a participant may publish.
    package enum Publishing: Hashable, Sendable {
        case nothing
        /// Tracks of these sources alone; never empty.
        case only(Set<TrackSource>)
        case anything
    }

    package var publishing: Publishing
    package var subscribe: Bool
    package var publishData: Bool
    /// Lets the participant write its name, metadata and attributes, which LiveKit then signs: an app that relies on
    /// `roles` or `did` in the metadata believes what the participant says.
    package var updateOwnMetadata: Bool
    /// Lets the participant remove and mute others, end the room, send agents into it, and change the permissions and
    /// the metadata of each participant, its own too: so no other limit of its role holds.
    package var roomAdmin: Bool

    package init(
        publishing: Publishing = .nothing,
        subscribe: Bool = false,
        publishData: Bool = false,
        updateOwnMetadata: Bool = false,
        roomAdmin: Bool = false
    ) {
        self.publishing = publishing
        self.subscribe = subscribe
        self.publishData = publishData
        self.updateOwnMetadata = updateOwnMetadata
        self.roomAdmin = roomAdmin
    }

    /// The union: what either of the two allows.
    package func union(_ other: Permissions) -> Permissions {
        Permissions(
            publishing: publishing.union(other.publishing),
            subscribe: subscribe || other.subscribe,
            publishData: publishData || other.publishData,
            updateOwnMetadata: updateOwnMetadata || other.updateOwnMetadata,
            roomAdmin: roomAdmin || other.roomAdmin
        )
    }
}

extension Permissions.Publishing {
    /// The union: free to publish anything lifts the other's limit.
    package func union(_ other: Self) -> Self {
        switch (self, other) {
        case (.anything, _), (_, .anything): .anything
        case (.only(let some), .only(let others)): .only(some.union(others))
        case (.only(let some), .nothing), (.nothing, .only(let some)): .only(some)
        case (.nothing, .nothing): .nothing
        }
    }
}

/// The source of a track, by LiveKit's name; their order here is their order in a token.
package enum TrackSource: String, CaseIterable, Sendable {
    case camera
    case microphone
    case screenShare = "screen_share"
    case screenShareAudio = "screen_share_audio"
}
