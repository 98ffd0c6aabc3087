import CommandLineInterface
import Configuration
import Daemon
import Glibc
import LiveKitToken
import SQLiteDirectory
import StrictJSON
import TokenEndpoint

struct TokenCommand: CommandGroup {
    static let name = "token"
    static let abstract = "Make a token by hand, or read one."
    static let commands: [any Command.Type] = [Create.self, TokenDecodeCommand.self]

    struct Create: Command {
        static let name = "create"
        static let abstract = "Make a token for a user, and print it."
        static let discussion = """
            Obeys the same policy as the endpoint: memberships, scenes, events, stream sessions and times. Only a \
            session is not asked for. It is audited like any other token, in `audit.file` or else on standard error.
            """
        static let examples = ["livekit-tokend token create stage-1 ada"]

        let configuration: ConfigurationOption
        let roomID, userID: String
        let scene, event: String?
        let json: Bool

        init(_ arguments: inout Arguments) {
            configuration = ConfigurationOption(&arguments)
            roomID = arguments.operand("room-id", "The room to enter.")
            userID = arguments.operand("user-id", "The user who enters.")
            scene = arguments.option("scene", "scene", "A scene of the room.")
            event = arguments.option("event", "event", "An event in the room.")
            json = arguments.flag("json", "Print the token and its end as one JSON object, as the endpoint answers.")
        }

        func run() throws {
            let settings = try configuration.load()
            let request = TokenRequest(
                room: try ArgumentValue.roomID(roomID, "ROOM_ID", settings),
                scene: try ArgumentValue.roomID(scene, "--scene", settings),
                event: try ArgumentValue.roomID(event, "--event", settings)
            )
            let userID = try ArgumentValue.id(userID, "USER_ID")
            let issued = try TokenByHand(settings).issue(to: userID, asking: request)
            guard json else { return try Output.value(issued.token.compact) }
            var writer = JSONWriter()
            writer.object {
                $0.member("token", issued.token.compact)
                $0.member("expiresAt", issued.record.expiresAt.rfc3339)
            }
            try Output.value(writer.text)
        }
    }
}

/// Issues tokens to whom an operator names, under the endpoint's policy and into the endpoint's log.
private struct TokenByHand {
    private let settings: Settings
    private let issuer: Issuer
    private let directory: DirectoryReader
    private let log: Log

    init(_ settings: Settings) throws(Failure) {
        self.settings = settings
        let key = try settings.liveKit.keySource.load()
        log = try Log(settings, operations: .standardError)
        directory = try settings.openDirectory(readers: 1)
        issuer = Issuer(settings, key: key)
    }

    /// - Throws: `.data` for a refusal, `.unavailable` where the fault is ours, once it is in the log.
    func issue(
        to user: Identifier,
        asking request: TokenRequest
    ) throws(Failure) -> (token: AccessToken, record: AuditEvent.Issuance) {
        let startedAt = MonotonicClock.nanoseconds
        let time = WallClock.now
        func write(_ result: AuditEvent.Result) throws(Failure) {
            var generator = KernelRandomness()
            let event = AuditEvent(
                requestID: RequestID(using: &generator),
                client: UTF8String("command line of \(UserDatabase.name(of: getuid()))"),
                result: result
            )
            do throws(LineSink.Failure) {
                try log.write(event, at: time, micros: (MonotonicClock.nanoseconds - startedAt) / 1000)
            } catch {
                throw Failure(.unavailable, "no token: it could not be written to the audit log")
            }
        }
        do throws(Refusal) {
            let issued = try decide(for: user, asking: request, at: time.date)
            do throws(Failure) { try write(.issued(issued.record)) } catch { throw .unavailable(.audit) }
            return issued
        } catch {
            let answer = error.answer(unauthenticatedStatus: settings.http.unauthenticatedStatus)
            if error != .unavailable(.audit) {
                try write(
                    .refused(error, AuditEvent.Answered(answer), AuditEvent.RefusedCaller(user: user, request: request))
                )
            }
            let (word, fault) = error.reason
            throw Failure(
                answer.status >= 500 ? .unavailable : .data,
                "no token: \(word)\(fault.map { ": \($0)" } ?? "")"
            )
        }
    }

    private func decide(
        for id: Identifier,
        asking request: TokenRequest,
        at now: NumericDate
    ) throws(Refusal) -> (token: AccessToken, record: AuditEvent.Issuance) {
        guard now >= WallClock.earliest else { throw .unavailable(.clock) }
        let snapshot = try orUnavailable { () throws(DirectoryError) in try directory.read() }
        let user = try orUnavailable { () throws(DirectoryError) in try snapshot.user(id) }
        guard let user else { throw .forbidden(.unknownUser) }
        guard !user.isDisabled else { throw .sessionInvalid(.userDisabled) }
        let admission = try issuer.authorize(user, asking: request, in: snapshot, at: now)
        return try issuer.issue(to: user, in: nil, asking: request, admission: admission, at: now)
    }
}
