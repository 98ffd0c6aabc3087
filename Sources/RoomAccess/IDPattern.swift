package import StrictJSON

/// The ids of rooms, scenes and events that a deployment allows: an `Identifier` that matches a pattern as a whole.
package struct IDPattern: Sendable {
    private let matches: @Sendable (Identifier) -> Bool

    /// Takes the pattern as a predicate over a whole id.
    package init(matches: @escaping @Sendable (Identifier) -> Bool) {
        self.matches = matches
    }

    /// Reads an id; `nil` if the text is not an id, or the pattern does not match it.
    package func identifier(_ text: UTF8String) -> Identifier? {
        Identifier(text).flatMap { matches($0) ? $0 : nil }
    }
}
