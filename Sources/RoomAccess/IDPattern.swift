package import RoomPattern
package import StrictJSON

/// The ids of rooms, scenes and events that a deployment allows: an `Identifier` that matches a pattern as a whole.
package struct IDPattern: Sendable {
    /// The pattern.
    package let pattern: RoomPattern

    /// The pattern as the operator wrote it, for messages.
    package var source: String { pattern.source }

    /// Takes the pattern.
    package init(_ pattern: RoomPattern) {
        self.pattern = pattern
    }

    /// Reads an id; `nil` if the text is not an id, or the pattern does not match it.
    package func identifier(_ text: UTF8String) -> Identifier? {
        Identifier(text).flatMap { pattern.matches($0.text.utf8) ? $0 : nil }
    }

    /// The index of the first byte of a text with which no id of the pattern goes on; `nil` if there is none, and all
    /// that can be wrong is the end.
    package func misfit(in text: UTF8String) -> Int? {
        let fitting = pattern.promise(of: text.utf8)
        return fitting < text.utf8.count ? fitting : nil
    }
}
