import CommandLineInterface

/// The commands about the key sets of `sessions.jwt`; each is in a file of this folder.
struct KeySetCommand: CommandGroup {
    static let name = "keyset"
    static let abstract = "Check, make and fetch sets of public keys that verify JWTs."
    static let discussion = """
        A key set is a JSON file (RFC 7517) that an identity provider publishes, or that is made of public keys in \
        PEM: `sessions.jwt.key_set_file` names it.
        """
    static let commands: [any Command.Type] = [
        KeySetFetchCommand.self, KeySetCheckCommand.self, KeySetFromPEMCommand.self,
    ]
}
