package import StrictJSON

/// The place of a claim in the payload of a JWT (RFC 7519 §4): the name of a member, and of a member in that, and so
/// on.
///
/// A name is compared whole: a dot in it is a character like others, since names of claims may be URIs.
package struct ClaimPath: Hashable, Sendable {
    /// The most names of a path.
    package static let maximumDepth = 8

    /// At least one.
    package let names: [UTF8String]

    /// Takes the names, from the outermost in; `nil` unless there are 1 to 8, none of them empty.
    package init?(_ names: [UTF8String]) {
        guard (1...Self.maximumDepth).contains(names.count), names.allSatisfy({ !$0.utf8.isEmpty }) else { return nil }
        self.names = names
    }

    /// The value at this place, as a rule judges it: null is one; `nil` if there is none.
    package func value(in payload: JSONValue) -> JSONValue? {
        var value = payload
        for name in names {
            guard let next = value[name] else { return nil }
            value = next
        }
        return value
    }

    /// The value at this place, as a fact is taken from it: null says as little as no member does.
    package func nonNullValue(in payload: JSONValue) -> JSONValue? {
        let value = value(in: payload)
        return value == .null ? nil : value
    }
}

extension ClaimPath: CustomStringConvertible {
    /// The path as a configuration may have it: `sub`, or `[app_metadata, livekit_rooms]`.
    package var description: String {
        names.count == 1 ? "\(names[0])" : "[\(names.map(\.description).joined(separator: ", "))]"
    }
}
