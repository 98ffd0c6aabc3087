import ArgumentParser
import LiveKitToken
import SQLiteDirectory
import StrictJSON
import TokenEndpoint

struct UserCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Add, list, disable, enable and remove users.",
        discussion: """
            A user may hold sessions and be a member of rooms. To LiveKit a user is `user-` and a UUID: the user's id \
            where that is one, else a UUID derived from it.
            """,
        subcommands: [Add.self, List.self, Disable.self, Enable.self, Remove.self]
    )

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a user, and print the id.",
            discussion: """
                  livekit-tokend user add --name 'Ada Lovelace'
                  livekit-tokend user add ada --did did:web:example.com:ada
                """
        )

        @OptionGroup var configuration: ConfigurationOption
        @Argument(help: "1 to 256 visible ASCII characters, used as they are; without it, a new UUID.")
        var userID: String?
        @Option(help: ArgumentHelp("The decentralized identifier of the user, for the token.", valueName: "did"))
        var did: String?
        @Option(help: ArgumentHelp("The name that others in a room see, at most 256 bytes.", valueName: "name"))
        var name: String?

        func run() throws {
            var generator = SystemRandomNumberGenerator()
            let id = try ArgumentValue.id(userID ?? UUID.random(using: &generator).description, "USER_ID")
            let (did, name) = (try ArgumentValue.did(did), try ArgumentValue.name(name))
            try Administration(configuration).perform(user: id) {
                try $0.addUser(id, did: did, name: name, at: WallClock.now.date)
            }
            try Output.value(id)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the users, by id.",
            discussion: """
                Columns: user id, `disabled` or `enabled`, time of creation, DID, name.

                  livekit-tokend user list | cut -f 1
                """
        )

        @OptionGroup var configuration: ConfigurationOption
        @OptionGroup var format: ListFormat

        func run() throws {
            let users = try Administration(configuration).perform { try $0.users() }
            try format.write(
                users,
                columns: ["USER_ID", "STATE", "CREATED", "DID", "NAME"],
                row: { [$0.user.id.text, $0.state, $0.createdAt.rfc3339, $0.user.did ?? "", $0.user.name ?? ""] },
                members: { record, object in
                    object.member("userId", record.user.id.text)
                    object.member(ifPresent: "did", record.user.did)
                    object.member(ifPresent: "name", record.user.name)
                    object.member("disabled", record.user.isDisabled)
                    object.member("createdAt", record.createdAt.rfc3339)
                }
            )
        }
    }

    struct Disable: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Refuse every request of a user from now on.",
            discussion: """
                Tokens that were issued before stay valid until they expire. `user enable` takes it back; the sessions \
                of the user are kept meanwhile.

                  livekit-tokend user disable ada
                """
        )

        @OptionGroup var configuration: ConfigurationOption
        @Argument(help: "The user.") var userID: String

        func run() throws {
            let id = try ArgumentValue.id(userID, "USER_ID")
            let changed = try Administration(configuration).perform(user: id) { try $0.setUser(id, disabled: true) }
            report(changed ? "user \(id) is disabled" : "user \(id) was disabled already")
        }
    }

    struct Enable: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Serve a disabled user again.",
            discussion: """
                Sessions that have neither expired nor been revoked work again.

                  livekit-tokend user enable ada
                """
        )

        @OptionGroup var configuration: ConfigurationOption
        @Argument(help: "The user.") var userID: String

        func run() throws {
            let id = try ArgumentValue.id(userID, "USER_ID")
            let changed = try Administration(configuration).perform(user: id) { try $0.setUser(id, disabled: false) }
            report(changed ? "user \(id) is enabled" : "user \(id) was enabled already")
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a user with all sessions and memberships.",
            discussion: """
                Tokens that were issued before stay valid until they expire.

                  livekit-tokend user remove ada
                """
        )

        @OptionGroup var configuration: ConfigurationOption
        @Argument(help: "The user.") var userID: String

        func run() throws {
            let id = try ArgumentValue.id(userID, "USER_ID")
            let removal = try Administration(configuration).perform(user: id) { try $0.removeUser(id) }
            report(
                "removed user \(id) with \(counted(removal.sessions, "session")) "
                    + "and \(counted(removal.memberships, "membership"))"
            )
        }
    }
}

extension UserRecord {
    fileprivate var state: Text { user.isDisabled ? "disabled" : "enabled" }
}
