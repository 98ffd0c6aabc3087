package import StrictJSON

/// LiveKit's `auth.VideoGrant` for one room, with every permission written out: LiveKit takes an absent `canPublish` or
/// `canSubscribe` for `true`.
package struct VideoGrant: Equatable, Sendable {
    package let room: UTF8String
    package let permissions: Permissions

    package init(room: UTF8String, permissions: Permissions) {
        self.room = room
        self.permissions = permissions
    }

    /// Writes the members of the grant.
    package func write(to json: inout JSONWriter) {
        json.member("room", room)
        json.member("roomJoin", true)
        json.member("canPublish", permissions.publishing != .nothing)
        json.member("canSubscribe", permissions.subscribe)
        json.member("canPublishData", permissions.publishData)
        json.member("canUpdateOwnMetadata", permissions.updateOwnMetadata)
        if case .only(let sources) = permissions.publishing {
            json.member(
                "canPublishSources",
                TrackSource.allCases.filter(sources.contains).map { UTF8String($0.rawValue) }
            )
        }
        if permissions.roomAdmin { json.member("roomAdmin", true) }
    }
}
