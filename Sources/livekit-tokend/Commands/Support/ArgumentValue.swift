import Configuration
import LiveKitToken
import RoomAccess
import StrictJSON

/// Conversions of arguments to the values of the domain; a refusal never repeats the argument.
enum ArgumentValue {
    /// An id of a user, or of a thing in the directory: visible ASCII, and not held to `rooms.pattern`.
    ///
    /// `otherwise` is the way out for one who has another id.
    static func id(
        _ text: String,
        _ name: String,
        otherwise: String = "without blanks and accents"
    ) throws(Failure) -> Identifier {
        guard let id = Identifier(UTF8String(text)) else {
            throw Failure(
                .usage,
                "\(name) must be 1 to \(Identifier.maximumLength) visible ASCII characters; \(otherwise)"
            )
        }
        return id
    }

    /// An id of a user.
    static func userID(_ text: String, _ name: String) throws(Failure) -> Identifier {
        try id(text, name, otherwise: "for any other id use a UUID or a digest of it, and --name for what people see")
    }

    /// An id that requests may name, and that `rooms.pattern` therefore matches.
    static func roomID(_ text: String, _ name: String, _ settings: Settings) throws(Failure) -> Identifier {
        let id = try Self.id(text, name, otherwise: "for a title use a slug of it, such as daily-standup")
        guard settings.rooms.ids.identifier(id.text) != nil else {
            throw Failure(
                .data,
                "\(name) must match rooms.pattern of the configuration, which is \(settings.rooms.ids.source), "
                    + "else no request can name it; see rooms.pattern in livekit-tokend.yaml(5) for others"
            )
        }
        return id
    }

    static func roomID(_ text: String?, _ name: String, _ settings: Settings) throws(Failure) -> Identifier? {
        guard let text else { return nil }
        return try roomID(text, name, settings) as Identifier
    }

    /// A role of the configuration.
    static func role(_ text: String, _ settings: Settings) throws(Failure) -> Identifier {
        guard let role = Identifier(UTF8String(text)), settings.rooms.roles[role] != nil else {
            let known = Listing.text(settings.rooms.roles.keys.sorted().map(\.description))
            throw Failure(.data, "--role must be one of the roles of the configuration: \(known)")
        }
        return role
    }

    static func did(_ text: String?) throws(Failure) -> DID? {
        guard let text else { return nil }
        guard let did = DID(UTF8String(text)) else {
            throw Failure(.usage, "--did must be did: and more, at most \(DID.maximumLength) visible ASCII characters")
        }
        return did
    }

    static func name(_ text: String?, _ name: String = "--name") throws(Failure) -> UserName? {
        guard let text else { return nil }
        // The runtime replaces bytes of an argument that are not UTF-8 by U+FFFD, SQLite the two noncharacters after
        // it.
        let replaced: ClosedRange<Unicode.Scalar> = "\u{FFFD}"..."\u{FFFF}"
        guard let value = UserName(UTF8String(text)), !text.unicodeScalars.contains(where: replaced.contains) else {
            throw Failure(
                .usage,
                "\(name) must be 1 to \(UserName.maximumLength) bytes of UTF-8 that show as what they are: no control "
                    + "characters, none that turn the direction of text, and something to see"
            )
        }
        return value
    }

    /// A point in time, given as RFC 3339, as Unix seconds, or as `+` and a duration from now.
    static func time(_ text: String?, _ name: String, now: NumericDate) throws(Failure) -> NumericDate? {
        guard let text else { return nil }
        guard let time = TimeArgument.date(text, now: now) else {
            throw Failure(
                .usage,
                "\(name) must be a time such as 2026-11-23T22:45:30Z, 2026-11-23 (from 00:00Z on), 1795473930 "
                    + "(Unix seconds) or +90m (from now)"
            )
        }
        return time
    }

    static func duration(_ text: String, _ name: String) throws(Failure) -> Int64 {
        guard let seconds = DurationText.seconds(text) else {
            throw Failure(.usage, "\(name) must be a duration such as 90s, 5m, 1h, 2d or 1w")
        }
        return seconds
    }
}
