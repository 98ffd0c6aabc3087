import CommandLineInterface
import Configuration
import Daemon
import LiveKitToken
import RoomAccess
import StrictJSON
import TokenEndpoint

struct UserCommand: CommandGroup {
    static let name = "user"
    static let abstract = "Add, list, disable, enable and remove users."
    static let discussion = """
        A user may hold sessions and be a member of rooms. To LiveKit a user is `user-` and a UUID: the user's id \
        where that is a UUID of another version than 5, else a UUID derived from it.
        """
    static let commands: [any Command.Type] = [Add.self, List.self, Disable.self, Enable.self, Remove.self]

    struct Add: Command {
        static let name = "add"
        static let abstract = "Add a user, and print the id."
        static let examples = [
            "livekit-tokend user add --name 'Ada Lovelace'",
            "livekit-tokend user add ada --did did:web:example.com:ada",
        ]

        let configuration: ConfigurationOption
        let userID, did, name: String?

        init(_ arguments: inout Arguments) {
            configuration = ConfigurationOption(&arguments)
            userID = arguments.operand(
                "user-id",
                "1 to 256 visible ASCII characters, used as they are; without it, a new UUID."
            )
            did = arguments.option("did", "did", "The decentralized identifier of the user, for the token.")
            name = arguments.option("name", "name", "The name that others in a room see, at most 256 bytes.")
        }

        func run() throws {
            var generator = KernelRandomness()
            let newID = Identifier(UUID.random(using: &generator))
            let id = try userID.map { (text) throws(Failure) in try ArgumentValue.userID(text, "USER_ID") } ?? newID
            let (did, name) = (try ArgumentValue.did(did), try ArgumentValue.name(name))
            let now = WallClock.now.date
            let (leftovers, blocks) = try Administration(configuration).change(user: id) {
                let leftovers = try $0.addUser(id, did: did, name: name, at: now)
                try Output.announce(id)
                return (leftovers, try $0.blocks(of: id, in: nil))
            }
            if leftovers != Removal() {
                report(
                    "removed \(counted(leftovers.sessions, "session")) and "
                        + "\(counted(leftovers.memberships, "membership")) that a former user \(id) had left"
                )
            }
            if let warning = blocks.warning(at: now) { report(warning) }
        }
    }

    struct List: Command {
        static let name = "list"
        static let abstract = "List the users, by id."
        static let discussion = """
            Columns: user id, `disabled` or `enabled`, time of creation, DID, name, and, where `token.identity` is \
            `user`, the identity: who the user is in LiveKit, as `RemoveParticipant` wants it.
            """
        static let examples = ["livekit-tokend user list | cut -f 1"]

        let configuration: ConfigurationOption
        let format: ListFormat

        init(_ arguments: inout Arguments) {
            configuration = ConfigurationOption(&arguments)
            format = ListFormat(&arguments)
        }

        func run() throws {
            let administration = try Administration(configuration)
            let users = try administration.perform { try $0.users() }
            let id = Column<UserRecord>("USER_ID", "userId", text: \.user.id.text)
            let state = Column<UserRecord>("STATE", "disabled") {
                .flag($0.user.isDisabled, word: $0.user.isDisabled ? "disabled" : "enabled")
            }
            let created = Column<UserRecord>("CREATED", "createdAt", text: \.createdAt.rfc3339)
            let did = Column<UserRecord>("DID", "did", text: \.user.did)
            let name = Column<UserRecord>("NAME", "name", text: \.user.name)
            let identity = Column<UserRecord>("IDENTITY", "identity") {
                .text(ParticipantIdentity(user: $0.user.id.text).text)
            }
            let more = administration.settings.token.identity == .user ? [identity] : []
            try format.write(
                users,
                columns: [id, state, created, did, name] + more,
                members: [id, did, name, state, created] + more
            )
        }
    }

    struct Disable: Command {
        static let name = "disable"
        static let abstract = "Refuse every request of a user from now on."
        static let discussion = """
            LiveKit takes a token that was issued before until a minute after its end, and keeps who is inside. The \
            sessions of the user are kept; `user enable` makes them work again.
            """
        static let examples = ["livekit-tokend user disable ada"]

        let configuration: ConfigurationOption
        let userID: String

        init(_ arguments: inout Arguments) {
            configuration = ConfigurationOption(&arguments)
            userID = arguments.operand("user-id", "The user.")
        }

        func run() throws {
            let id = try ArgumentValue.userID(userID, "USER_ID")
            let changed = try Administration(configuration).perform(user: id, adding: false) {
                try $0.setUser(id, disabled: true)
            }
            report(changed ? "user \(id) is disabled" : "user \(id) was disabled already")
        }
    }

    struct Enable: Command {
        static let name = "enable"
        static let abstract = "Serve a disabled user again."
        static let discussion = "Sessions that have neither expired nor been revoked work again."
        static let examples = ["livekit-tokend user enable ada"]

        let configuration: ConfigurationOption
        let userID: String

        init(_ arguments: inout Arguments) {
            configuration = ConfigurationOption(&arguments)
            userID = arguments.operand("user-id", "The user.")
        }

        func run() throws {
            let id = try ArgumentValue.userID(userID, "USER_ID")
            let (changed, blocks) = try Administration(configuration).perform(user: id, adding: false) {
                (try $0.setUser(id, disabled: false), try $0.blocks(of: id, in: nil))
            }
            report(changed ? "user \(id) is enabled" : "user \(id) was enabled already")
            if let warning = blocks.warning(at: WallClock.now.date) { report(warning) }
        }
    }

    struct Remove: Command {
        static let name = "remove"
        static let abstract = "Remove a user with all sessions and memberships."
        static let discussion = """
            LiveKit takes a token that was issued before until a minute after its end, and keeps who is inside.

            A disabled user stays out: a block of every room is left, which `unblock` lifts.
            """
        static let examples = ["livekit-tokend user remove ada"]

        let configuration: ConfigurationOption
        let userID: String

        init(_ arguments: inout Arguments) {
            configuration = ConfigurationOption(&arguments)
            userID = arguments.operand("user-id", "The user.")
        }

        func run() throws {
            let id = try ArgumentValue.userID(userID, "USER_ID")
            let removal = try Administration(configuration).perform(user: id, adding: false) { try $0.removeUser(id) }
            report(
                "removed user \(id) with \(counted(removal.sessions, "session")) "
                    + "and \(counted(removal.memberships, "membership"))"
            )
            if removal.leavesBlock {
                report(
                    "user \(id) was disabled, and is therefore blocked in every room without end; "
                        + "livekit-tokend unblock \(id.description.shellWord) lifts that"
                )
            }
        }
    }
}
