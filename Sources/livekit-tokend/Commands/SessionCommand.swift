import CommandLineInterface
import Configuration
import Daemon
import LiveKitToken
import RoomAccess
import StrictJSON
import TokenEndpoint

struct SessionCommand: CommandGroup {
    static let name = "session"
    static let abstract = "Create, list, show and revoke sessions."
    static let discussion = """
        A session is a bearer token that lets a client ask for LiveKit tokens as a user. The directory keeps only \
        its SHA-256.
        """
    static let commands: [any Command.Type] = [Create.self, List.self, SessionShowCommand.self, Revoke.self]

    struct Create: Command {
        static let name = "create"
        static let abstract = "Open a session for a user, and print its bearer."
        static let discussion = """
            The bearer is printed only here, and is not stored. A client that has it acts as the user until it \
            expires or is revoked.
            """
        static let examples = ["bearer=$(livekit-tokend session create ada --ttl 8h)"]

        let configuration: ConfigurationOption
        let userID, ttl: String

        init(_ arguments: inout Arguments) {
            configuration = ConfigurationOption(&arguments)
            userID = arguments.operand("user-id", "The user.")
            ttl = arguments.option(
                "ttl",
                "duration",
                "How long the session lasts: seconds, or a number and s, m, h, d or w. At least token.min_ttl.",
                default: "1h"
            )
        }

        func run() throws {
            let user = try ArgumentValue.userID(userID, "USER_ID")
            let lifetime = try ArgumentValue.duration(ttl, "--ttl")
            let administration = try Administration(configuration)
            let minimum = administration.settings.token.minimumLifetime
            guard lifetime >= minimum else {
                throw Failure(
                    .data,
                    "--ttl must be at least token.min_ttl, which is \(DurationText.text(minimum)): "
                        + "a shorter session gets no token"
                )
            }
            let bearer = Self.newBearer()
            let now = WallClock.now.date
            let isDisabled = try administration.change(user: user) { directory in
                try directory.addSession(
                    SessionDigest(bearer: bearer.value),
                    user: user,
                    from: now,
                    until: now.advanced(by: lifetime)
                )
                try Output.announce(String(decoding: bearer.value, as: UTF8.self))
                return try directory.user(user)?.isDisabled ?? true
            }
            if isDisabled {
                let enabling = "livekit-tokend user enable \(user.description.shellWord)"
                report("user \(user) is disabled: the session works after \(enabling)")
            }
        }

        /// `lks_` and 32 random bytes in base64url.
        ///
        /// By the prefix scanners of code and logs recognize a leaked bearer.
        private static func newBearer() -> Redacted<[UInt8]> {
            var generator = KernelRandomness()
            let random = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            return Redacted(Array("lks_".utf8) + Base64URL.encode(random))
        }
    }

    struct List: Command {
        static let name = "list"
        static let abstract = "List the sessions of a user, the oldest first."
        static let discussion = """
            Columns: the first 12 hexadecimal digits of the bearer's SHA-256, time of creation, of expiry, of \
            revocation.
            """
        static let examples = ["livekit-tokend session list ada"]

        let configuration: ConfigurationOption
        let format: ListFormat
        let userID: String

        init(_ arguments: inout Arguments) {
            configuration = ConfigurationOption(&arguments)
            format = ListFormat(&arguments)
            userID = arguments.operand("user-id", "The user.")
        }

        func run() throws {
            let user = try ArgumentValue.id(userID, "USER_ID")
            let sessions = try Administration(configuration).perform(user: user, adding: false) {
                try $0.sessions(of: user)
            }
            try format.write(
                sessions,
                columns: [
                    Column("SHA256", "sha256Prefix", text: { Session.label(ofKey: $0.digest.bytes) }),
                    Column("CREATED", "createdAt", text: \.createdAt.rfc3339),
                    Column("EXPIRES", "expiresAt", text: \.expiresAt.rfc3339),
                    Column("REVOKED", "revokedAt", text: \.revokedAt?.rfc3339),
                ]
            )
        }
    }

    struct Revoke: Command {
        static let name = "revoke"
        static let abstract = "End sessions before their time."
        static let discussion = """
            Their next request is refused. LiveKit takes a token that was issued before until a minute after its end, \
            and keeps who is inside. A bearer is read from standard input, because arguments are visible to every user \
            of the machine.
            """
        static let examples = [
            "livekit-tokend session revoke --user ada",
            "livekit-tokend session revoke --stdin < bearer.txt",
        ]

        static let operandAdvice = "name the user with --user, or give the bearer itself on standard input with --stdin"

        let configuration: ConfigurationOption
        let user: String?
        let stdin: Bool

        init(_ arguments: inout Arguments) {
            configuration = ConfigurationOption(&arguments)
            user = arguments.option("user", "user-id", "Revoke all sessions of this user.")
            stdin = arguments.flag("stdin", "Revoke the session whose bearer is on standard input.")
        }

        func validate() throws(UsageError) {
            guard (user != nil) != stdin else { throw UsageError("give either --user USER_ID or --stdin") }
        }

        func run() throws {
            let now = WallClock.now.date
            if let user {
                let id = try ArgumentValue.id(user, "--user")
                let count = try Administration(configuration).perform(user: id, adding: false) {
                    try $0.revokeSessions(of: id, at: now)
                }
                report("revoked \(counted(count, "session")) of user \(id)")
            } else {
                let digest = try BearerInput.read().digest
                let changed = try Administration(configuration).perform { try $0.revokeSession(digest, at: now) }
                report(changed ? "revoked the session" : "the session was revoked already")
            }
        }
    }
}
