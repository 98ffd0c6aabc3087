import CommandLineInterface
import Configuration
import RoomAccess
import StrictJSON

/// The options `--rooms` and `--groups`: what a login would say of memberships, which a command has no login for.
struct ClaimOptions {
    let rooms, groups: String?

    init(rooms: String?, groups: String?) {
        (self.rooms, self.groups) = (rooms, groups)
    }

    init(_ arguments: inout Arguments) {
        rooms = arguments.option(
            "rooms",
            "json",
            "What the user's login says of rooms, where `memberships.source` is claims: {\"stage-1\": [\"host\"]}."
        )
        groups = arguments.option(
            "groups",
            "list",
            "The groups of the user's login, where `memberships.source` is groups: with commas between them, or with "
                + "`memberships.groups_separator`; or as a JSON array."
        )
    }

    var isGiven: Bool { rooms != nil || groups != nil }

    /// The claim of a login, as the source of sessions would hand it on; `nil` if nothing is given.
    ///
    /// - Throws: `.data` for an option that the source of memberships does not read.
    func claim(_ settings: Settings) throws(Failure) -> JSONValue? {
        let source = settings.memberships.source
        for (name, text, wanted) in [
            ("--rooms", rooms, MembershipSettings.Source.claims), ("--groups", groups, .groups),
        ]
        where text != nil && source != wanted {
            throw Failure(
                .data,
                "\(name) counts where memberships.source is \(wanted.rawValue), and here it is \(source.rawValue)"
            )
        }
        if let rooms { return settings.sessions.source == .nginx ? .string(UTF8String(rooms)) : Self.json(rooms) }
        guard let groups else { return nil }
        if groups.hasPrefix("[") { return Self.json(groups) }
        let separator = settings.memberships.groupsSeparator.map { String(decoding: $0, as: UTF8.self) } ?? ","
        return .array(
            groups.split(separator: separator, omittingEmptySubsequences: false).map { .string(UTF8String(String($0))) }
        )
    }

    /// A claim as the payload of a JWT has it; text that is no JSON is a claim that is text.
    private static func json(_ text: String) -> JSONValue {
        (try? JSONValue(parsing: Array(text.utf8), within: .token)) ?? .string(UTF8String(text))
    }
}
