package import LiveKitToken

/// A role: what its holders may do in a room, and whether they may at any time.
package struct Role: Hashable, Sendable {
    package var permissions: Permissions
    /// Whether a membership with this role counts while no stream session is open, and no stream session ends its
    /// token.
    package var anytime: Bool

    package init(_ permissions: Permissions, anytime: Bool = false) {
        self.permissions = permissions
        self.anytime = anytime
    }
}
