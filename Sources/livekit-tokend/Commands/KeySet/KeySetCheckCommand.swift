import CommandLineInterface
import JWTSessions
import RoomAccess
import StrictJSON

struct KeySetCheckCommand: Command {
    static let name = "check"
    static let abstract = "Say which keys a key set has, and which verify nothing here."
    static let discussion = """
        Columns: kid, kind of key, algorithms. A key that verifies nothing is named on standard error with the reason; \
        a set goes on without it. What an accident or an attack makes of a set refuses it whole: a private key, a \
        secret, RSA below 2048 bits, a name that occurs twice, two keys of one kid.

        Exit status 65: the file is no key set, or no key of it verifies.
        """
    static let examples = [
        "livekit-tokend keyset check key-set.json",
        "curl -sS https://id.example.com/keys | livekit-tokend keyset check -",
    ]

    let configuration: ConfigurationOption
    let format: ListFormat
    let file: String

    init(_ arguments: inout Arguments) {
        configuration = ConfigurationOption(&arguments)
        format = ListFormat(&arguments)
        file = arguments.operand("file", "The key set; - is standard input.", default: "-")
    }

    func run() throws {
        let file = try InputFile(file, atMost: JSONWebKeySet.maximumLength)
        let set: JSONWebKeySet
        do throws(KeySetError) {
            set = try JSONWebKeySet(parsing: file.bytes, for: Set(SignatureAlgorithm.allCases))
        } catch {
            throw Failure(.data, "\(file.name) \(error.problem)" + (error.cure.map { "; \($0)" } ?? ""))
        }
        try format.write(
            RecordList(set.keys),
            columns: [
                Column("KID", "kid", text: \.id),
                Column("KIND", "kind", text: { UTF8String($0.material.kind) }),
                Column("ALGORITHMS", "algorithms", text: { UTF8String($0.algorithmNames) }),
            ]
        )
        for key in set.skipped { report("skipped: \(file.name) \(key.problem)".harmless) }
        report(
            "\(file.name): \(counted(set.keys.count, "key")) of \(set.keys.count + set.skipped.count), "
                + counted(file.bytes.count, "byte")
        )
    }
}

extension JSONWebKey {
    /// The names of the algorithms, in their order.
    var algorithmNames: String {
        SignatureAlgorithm.allCases.filter(algorithms.contains).map(\.name.description).joined(separator: ", ")
    }
}

extension KeySetError {
    /// What an operator does about it, where the problem does not say.
    var cure: String? {
        switch self {
        case .privateMember, .secretKey: "its readers can sign: the issuer must replace that key"
        case .certificates: "name that as key_set_url; its discovery document has it as jwks_uri"
        case .noUsableKey(let skipped) where skipped.isEmpty:
            "the issuer signs with a secret: let it sign with a key, or give the secret as secret_file"
        default: nil
        }
    }
}
