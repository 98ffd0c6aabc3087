import CommandLineInterface
import Configuration
import Daemon
import Glibc
import LiveKitToken
import RoomAccess
import StrictJSON
import TokenEndpoint

struct TokenCommand: CommandGroup {
    static let name = "token"
    static let abstract = "Make a token, or read one."
    static let commands: [any Command.Type] = [Create.self, TokenAdminCommand.self, TokenDecodeCommand.self]

    struct Create: Command {
        static let name = "create"
        static let abstract = "Make a token for a user, and print it."
        static let discussion = """
            The policy is the endpoint's: memberships, scenes, events, stream sessions and times. Only a session is \
            not needed, and where `sessions.users` is any, the directory need not know the user. What a login would \
            say of rooms is given with --rooms or --groups.

            The token is audited like any other, in `audit.file` or else on standard error; where that is a terminal, \
            in words. Standard output has the token alone.
            """
        static let examples = ["livekit-tokend token create stage-1 ada"]

        let configuration: ConfigurationOption
        let roomID, userID: String
        let place: PlaceOptions
        let json: Bool
        let claims: ClaimOptions

        init(_ arguments: inout Arguments) {
            configuration = ConfigurationOption(&arguments)
            roomID = arguments.operand("room-id", "The room to enter.")
            userID = arguments.operand("user-id", "The user who enters.")
            place = PlaceOptions(&arguments)
            json = arguments.flag("json", "Print the token and its end as one JSON object, as the endpoint answers.")
            claims = ClaimOptions(&arguments)
        }

        func run() throws {
            let settings = try configuration.load()
            let request = try place.request(inRoom: roomID, settings)
            let userID = try ArgumentValue.id(userID, "USER_ID")
            let login = OperatorLogin(of: userID, claim: try claims.claim(settings), settings)
            let issued = try OperatorToken(settings).issue(to: userID, by: login, request: request)
            guard json else { return try Output.value(issued.token.compact) }
            try Output.object { issued.write(to: &$0) }
        }
    }
}

/// A token for a user that an operator names, under the endpoint's policy and in the endpoint's log.
private struct OperatorToken {
    private let settings: Settings
    private let issuer: Issuer
    private let directory: any Directory
    private let log: Log
    /// Whether a person reads what the log would say, beside the token.
    private let logIsTerminal: Bool

    init(_ settings: Settings) throws(Failure) {
        self.settings = settings
        let key = try settings.liveKit.keySource.load()
        log = try Log(settings, operations: .standardError)
        logIsTerminal = settings.audit.path == nil && isatty(STDERR_FILENO) == 1
        directory = try settings.openDirectory(readers: 1, .keep)
        issuer = Issuer(settings, key: key)
    }

    /// Issues the token, once its line is in the log.
    ///
    /// - Throws: `.data` for a refusal, `.unavailable` where the fault is the deployment's.
    func issue(to user: Identifier, by login: OperatorLogin, request: TokenRequest) throws(Failure) -> IssuedToken {
        let startedAt = MonotonicClock.nanoseconds
        let time = WallClock.now
        func write(_ result: AuditEvent.Result, status: Int) throws(Failure) {
            if logIsTerminal { return Self.tell(result) }
            var generator = KernelRandomness()
            let event = AuditEvent(
                requestID: RequestID(using: &generator),
                client: UTF8String("command line of \(UserDatabase.name(of: getuid()))"),
                result: result
            )
            do throws(LineSink.Failure) {
                let micros = (MonotonicClock.nanoseconds - startedAt) / 1000
                try log.write(event, status: status, at: time, micros: micros)
            } catch {
                throw Failure(
                    .unavailable,
                    "no token: \(Reason.auditUnavailable.rawValue): \(error); see livekit-tokend check"
                )
            }
        }
        let issued: IssuedToken
        do throws(Refusal) {
            issued = try decide(for: login, request: request, at: time.date)
        } catch {
            let status = error.problem(unauthenticatedStatus: settings.http.unauthenticatedStatus).status
            try write(.refused(error, AuditEvent.Caller(user: user, request: request)), status: status)
            let cure =
                nameInOtherCase(error, user: user, room: request.room)
                ?? error.cure(user: user, request: request, settings)
            throw Failure(
                error.isFault ? .unavailable : .data,
                "no token: \(error.words)" + (cure.map { "; \($0)" } ?? "")
            )
        }
        try write(.issued(issued.issuance), status: 200)
        return issued
    }

    /// Tells a person who gets which token; of a refusal the failure of the command tells all.
    private static func tell(_ result: AuditEvent.Result) {
        guard case .issued(let token) = result else { return }
        let roles = token.roles.map(\.description).joined(separator: ", ")
        report(
            "token \(token.tokenID) for user \(token.user.id) as \(roles) in room \(token.request.room), "
                + "until \(token.expiresAt.rfc3339):"
        )
    }

    /// What to do about a user or room that does not exist, where one does whose id differs in case alone; `nil`
    /// otherwise.
    private func nameInOtherCase(_ refusal: Refusal, user: Identifier, room: Identifier) -> String? {
        guard [.forbidden(.unknownUser), .forbidden(.unknownRoom)].contains(refusal) else { return nil }
        do {
            let writer = try settings.openDirectoryForChanges(.keep)
            _ = try writer.sessions(of: user)
            _ = try writer.streamSessions(of: room)
            return nil
        } catch DirectoryChangeError.differsInCase(let subject, let other) {
            return "\(subject == .room ? "room" : "user") \(other) exists, and differs in case alone; name that"
        } catch {
            return nil
        }
    }

    private func decide(
        for login: OperatorLogin,
        request: TokenRequest,
        at now: NumericDate
    ) throws(Refusal) -> IssuedToken {
        guard now >= WallClock.earliest else { throw .unavailable(.clock) }
        let snapshot = directory.snapshot()
        let session: Session
        do throws(SessionError) {
            session = try login.source.usableSession(
                for: login.credential,
                in: snapshot,
                at: now,
                needsKey: false,
                minimumRemainder: settings.token.minimumLifetime
            )
        } catch {
            throw Refusal(error)
        }
        let identity = issuer.identity(of: session)
        return try issuer.issue(to: session, as: identity, request: request, in: snapshot, at: now)
    }
}
