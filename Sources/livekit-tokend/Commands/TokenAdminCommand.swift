import CommandLineInterface
import Configuration
import Daemon
import Glibc
import LiveKitToken
import RoomAccess
import StrictJSON

struct TokenAdminCommand: Command {
    static let name = "admin"
    static let abstract = "Make a token for LiveKit's API, by which one room is administered."
    static let discussion = """
        For a back end, or for one call of curl to LiveKit's own address: RemoveParticipant, ListParticipants, \
        MutePublishedTrack, UpdateParticipant, SendData and the others that LiveKit allows with roomAdmin, in this \
        room alone. Nobody can join with it, make or end a room, or come through the gate. It can send agents into \
        the room.

        LiveKit takes a token for a minute after its end, so that one of 30s is good for 90 seconds. It cannot be \
        taken back.

        Only root and the user of the service may make one. Its line, `token.admin_issued`, with who made it, is \
        written before the token is: to `audit.file`, else to the journal (journalctl -t livekit-tokend), or where \
        there is none to standard error. Without that line there is no token. Standard output has the token alone.
        """
    static let examples = [
        "sudo livekit-tokend token admin stage-1 --ttl 30s",
        "sudo livekit-tokend token admin stage-1 | sed 's/^/Authorization: Bearer /' |\n"
            + "    curl -H @- --json '{\"room\": \"stage-1\"}' \\\n"
            + "    http://127.0.0.1:7880/twirp/livekit.RoomService/ListParticipants",
    ]

    /// In seconds: what `--ttl` may be.
    private static let lifetimes: ClosedRange<Int64> = 1...600

    let configuration: ConfigurationOption
    let roomID, lifetime: String

    init(_ arguments: inout Arguments) {
        configuration = ConfigurationOption(&arguments)
        roomID = arguments.operand("room-id", "The room, by its name in LiveKit.")
        lifetime = arguments.option(
            "ttl",
            "duration",
            "The time until its end, at most 10m; LiveKit takes it for a minute more.",
            default: "30s"
        )
    }

    func run() throws {
        try requireAuthority()
        let room = try ArgumentValue.id(roomID, "ROOM_ID")
        let seconds = try ArgumentValue.duration(lifetime, "--ttl")
        guard Self.lifetimes.contains(seconds) else {
            throw Failure(.usage, "--ttl must be at most 10m: the token cannot be taken back; make another one instead")
        }
        let settings = try configuration.load()
        let key = try settings.liveKit.keySource.load()
        let time = WallClock.now
        guard time.date >= WallClock.earliest else {
            throw Failure(.unavailable, "no token: the clock is wrong, at \(time.rfc3339); set it")
        }
        warnOfUnknownRoom(room, settings)
        var generator = KernelRandomness()
        let claims = AdminToken.Claims(
            issuer: key.id,
            room: room.text,
            tokenID: .random(using: &generator),
            issuedAt: time.date,
            expiresAt: time.date.advanced(by: seconds)
        )
        try write(claims, at: time, settings)
        try Output.value(AdminToken(signing: claims, with: key).compact)
    }

    /// The unit says who runs the service where the configuration is the unit's; elsewhere it is whoever can read the
    /// key, which must be one user's own.
    private func requireAuthority() throws(Failure) {
        let units = Host().units
        guard geteuid() != 0, units.has(SystemdUnits.service),
            Check.realPath(configuration.path) == Check.realPath(Defaults.configurationPath)
        else { return }
        let service = units.values(of: "User", in: SystemdUnits.service).last ?? "root"
        let name = UserDatabase.name(of: geteuid())
        guard service != name, service != String(geteuid()) else { return }
        let users = service == "root" ? "root" : "root and \(service), the user of the service,"
        throw Failure(.usage, "only \(users) may make a token for LiveKit's API, and \(name) is neither; use sudo")
    }

    /// The room may be of another back end, or of a template; so this is no refusal.
    private func warnOfUnknownRoom(_ room: Identifier, _ settings: Settings) {
        guard case .sqlite(let path) = settings.directory.url, FileStatus(path) != nil,
            settings.rooms.templates[room] == nil, let directory = try? settings.openDirectory(readers: 1, .keep)
        else { return }
        let snapshot = directory.snapshot()
        defer { snapshot.end() }
        do throws(DirectoryError) {
            guard try snapshot.room(room, user: room, at: WallClock.now.date) == nil else { return }
            report("the directory does not know the room \(room); see livekit-tokend room list")
        } catch {
            // Whoever must throw somebody out needs no directory for that.
            report("the directory does not say whether it knows the room \(room): \(error.reason)".harmless)
        }
    }

    /// Writes the line of the token.
    ///
    /// - Throws: if it was not written: then no token may leave.
    private func write(_ claims: AdminToken.Claims, at time: WallClock.Time, _ settings: Settings) throws(Failure) {
        let line = LogLine.bytes("token.admin_issued", .info, at: time.rfc3339) {
            $0.member("roomId", claims.room)
            $0.member("tokenId", claims.tokenID.text)
            $0.member("expiresAt", claims.expiresAt.rfc3339)
            $0.member("apiKey", claims.issuer)
            $0.member("client", UTF8String("command line of \(UserDatabase.name(of: getuid()))"))
            $0.member("uid", Int64(getuid()))
            // Who has signed in, as the kernel remembers it, and as sudo says.
            $0.member(ifPresent: "login", LoginUser.name.map { UTF8String($0) })
            $0.member(ifPresent: "sudoUser", Environment.value("SUDO_USER").map { UTF8String(String($0.prefix(64))) })
        }
        let log = try Log(settings, operations: .standardError)
        do throws(LineSink.Failure) {
            let hasJournal = settings.audit.path == nil && FileStatus(LineSink.journalSocket)?.kind == .socket
            let sink = hasJournal ? try LineSink(as: Program.name, ofUnit: SystemdUnits.service) : log.audit
            try sink.write(line)
        } catch {
            throw Failure(
                .unavailable,
                "no token, because its line cannot be logged: \(error); see livekit-tokend check"
            )
        }
    }
}

/// The user who has signed in to this session, as the kernel keeps it over sudo (pam_loginuid(8)).
private enum LoginUser {
    /// The name; `nil` for a process that no sign-in has started, or where the kernel does not keep it.
    static var name: String? {
        guard let text = Host.text("/proc/self/loginuid", atMost: 32), let user = UInt32(text), user != .max
        else { return nil }
        return UserDatabase.name(of: user)
    }
}
