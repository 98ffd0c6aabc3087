package import StrictJSON

/// The metadata of a participant, for the application behind the room: LiveKit hands it on as an opaque string.
package struct ParticipantMetadata: Equatable, Sendable {
    package let sceneID: UTF8String?
    package let eventID: UTF8String?
    /// In the order of their bytes, each once.
    package let roles: [UTF8String]
    package let did: UTF8String?

    /// Takes the roles in any order.
    package init(sceneID: UTF8String?, eventID: UTF8String?, roles: [UTF8String], did: UTF8String?) {
        self.sceneID = sceneID
        self.eventID = eventID
        self.roles = roles.count > 1 ? Set(roles).sorted() : roles
        self.did = did
    }

    /// One JSON object, in a string.
    var json: UTF8String {
        var json = JSONWriter(capacity: 128)
        json.object {
            $0.member(ifPresent: "sceneId", sceneID)
            $0.member(ifPresent: "eventId", eventID)
            $0.member("roles", roles)
            $0.member(ifPresent: "did", did)
        }
        return json.text
    }
}
