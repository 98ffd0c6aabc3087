import CommandLineInterface
import JWTSessions
import StrictJSON

struct KeySetFromPEMCommand: Command {
    static let name = "from-pem"
    static let abstract = "Make a key set of public keys in PEM, and print it."
    static let discussion = """
        For an app that signs with a key of its own, and publishes no key set. RSA of 2048 to 8192 bits, P-256, P-384 \
        and Ed25519 are taken, several in a file too; of a certificate the key alone counts, and neither its dates nor \
        its signature. A private key is refused.

        The `kid` of each key is its thumbprint (RFC 7638). A token without a `kid` is verified by the one key that is \
        for its algorithm.
        """
    static let examples = [
        "openssl pkey -in app.pem -pubout | livekit-tokend keyset from-pem - > key-set.json",
        "livekit-tokend keyset from-pem old.pub.pem new.pub.pem > key-set.json",
    ]

    let files: [String]

    init(_ arguments: inout Arguments) {
        _ = ConfigurationOption(&arguments)
        files = arguments.operands("file", "A file of public keys; - is standard input.")
    }

    func run() throws {
        var keys: [JSONWebKey.Material] = []
        for path in files {
            let file = try InputFile(path, atMost: PublicKeyFile.maximumLength)
            do throws(PublicKeyFileError) {
                for key in try PublicKeyFile(file.bytes).keys where !keys.contains(key) { keys.append(key) }
            } catch {
                throw Failure(.data, "\(file.name) \(error.problem)")
            }
        }
        guard keys.count <= JSONWebKeySet.maximumKeys else {
            throw Failure(.data, "a key set has at most \(JSONWebKeySet.maximumKeys) keys, and these are \(keys.count)")
        }
        try Output.object { json in
            json.member("keys", array: { elements in for key in keys { key.write(to: &elements) } })
        }
    }
}
