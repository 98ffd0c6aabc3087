/// A list of names in a message, which stays a line that can be read however many they are.
package enum Listing {
    /// Names of which one is to be taken, such as `a, b or c`.
    package static func choice(_ names: [String]) -> String {
        let first = names.dropLast().joined(separator: ", ")
        return first.isEmpty ? names.joined() : "\(first) or \(names[names.count - 1])"
    }

    /// The first twenty of some names, and how many more there are.
    package static func text(_ names: [String]) -> String {
        let shown = names.prefix(20).joined(separator: ", ")
        return names.count > 20 ? "\(shown) and \(names.count - 20) more" : shown
    }
}
