import RoomAccess
import StrictJSON
import YAML

extension ConfigurationReader {
    /// Objects that providers let users write themselves, by the name of the claim.
    private static let writtenByUsers = ["user_metadata", "unsafe_metadata"]

    /// The path of a claim at a key, a string for one name or a list; `nil` if the key is absent.
    ///
    /// - Parameter decides: whether the claim says who somebody is, or what they may do: then a user must not be able
    ///   to write it.
    func claimPath(_ key: String, decides: Bool) throws(ConfigurationError) -> ClaimPath? {
        guard let names = try stringOrStrings(key) else { return nil }
        let texts = try names.value.map { (name) throws(ConfigurationError) in try exactText(name) }
        guard let path = ClaimPath(texts) else {
            throw error(
                names,
                "must be the name of a claim, or a list of 1 to \(ClaimPath.maximumDepth) names, one inside the other, "
                    + "such as [app_metadata, livekit_rooms]"
            )
        }
        if decides, let first = names.value.first?.value, Self.writtenByUsers.contains(first) {
            throw error(
                names,
                "is below \(first), which users write themselves; name a claim that only the provider "
                    + "writes, such as one in app_metadata"
            )
        }
        return path
    }

    /// The text of a name or a value that is compared byte for byte with one of a token, as issuers and audiences are
    /// (RFC 7519 §4.1.1 StringOrURI).
    func exactText(_ located: Located<String>) throws(ConfigurationError) -> UTF8String {
        try exactText(located.value, located)
    }

    /// As above, of a text that stands in a value.
    ///
    /// - Throws: for a blank at an end, which quotes keep, and which is hard to see: a value that is asked for would
    ///   let no login in, and one that is refused would refuse none.
    func exactText(_ text: String, _ located: Located<some Any>) throws(ConfigurationError) -> UTF8String {
        let scalars = text.unicodeScalars
        for (word, scalar) in [("begins", scalars.first), ("ends", scalars.last)] {
            guard let scalar, scalar.isBlank else { continue }
            throw error(
                located,
                "has '\(text)', which \(word) with the blank \(YAMLError.name(of: scalar)), and what a token has is "
                    + "compared byte for byte; remove the blank"
            )
        }
        return UTF8String(text)
    }
}

extension Unicode.Scalar {
    /// Whether it shows as a gap, or, of no width, not at all.
    fileprivate var isBlank: Bool {
        properties.isWhitespace || ["\u{200B}", "\u{2060}", "\u{FEFF}"].contains(self)
    }
}
