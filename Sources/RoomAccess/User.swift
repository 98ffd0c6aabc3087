package import StrictJSON

/// A user: a person, or a device, who may hold sessions and memberships.
package struct User: Equatable, Sendable {
    package let id: Identifier
    package let did: UTF8String?
    package let name: UTF8String?
    /// A disabled user gets no token.
    package let isDisabled: Bool

    package init(id: Identifier, did: UTF8String?, name: UTF8String?, isDisabled: Bool) {
        self.id = id
        self.did = did
        self.name = name
        self.isDisabled = isDisabled
    }
}
