package import StrictJSON

/// A key ring: all keys of a LiveKit server, any of which may have signed a token.
///
/// LiveKit signs the tokens that it renews by a key of its choice.
package struct KeyRing: Sendable {
    private let keys: [UTF8String: APIKey]

    /// Takes keys, each id once.
    package init(_ keys: [APIKey]) {
        self.keys = Dictionary(keys.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The key of an id; `nil` if the ring has none.
    package subscript(_ id: UTF8String) -> APIKey? { keys[id] }
}
