import CommandLineInterface
import Configuration
import Daemon
import LiveKitToken
import StrictJSON

struct TokenDecodeCommand: Command {
    static let name = "decode"
    static let abstract = "Print in words what a token on standard input allows."
    static let discussion = """
        The token is read from standard input, because other users of the machine can see arguments. It may be of \
        another issuer: what reaches beyond a seat in a room comes first, at `beware`. Absent permissions are shown \
        as LiveKit takes them: it lets publish and subscribe.

        The signature is checked if the configuration and its keys can be read. Exit status 65: the input is not a \
        token, or it is not signed with one of these keys.
        """
    static let examples = ["livekit-tokend token create stage-1 ada | livekit-tokend token decode -"]

    let configuration: ConfigurationOption
    let source: SecretOperand
    let json: Bool

    init(_ arguments: inout Arguments) {
        configuration = ConfigurationOption(&arguments)
        source = SecretOperand(&arguments, of: "a token")
        json = arguments.flag("json", "Print the claims as one JSON object.")
    }

    func validate() throws(UsageError) { try source.validate() }

    func run() throws {
        let token = try DecodedToken(readLine() ?? "")
        let signature = signature(of: token)
        if json {
            try Output.value(token.claims)
        } else {
            let lines = token.words(at: WallClock.now.date) + [("signature", signature.words)]
            for line in Output.labelled(lines) { try Output.value(line) }
        }
        if let objection = signature.objection { throw Failure(.data, objection) }
    }

    /// The verdict on a signature; every key of the configuration is one of ours, whichever of them signs here.
    private enum Signature {
        case right(key: String)
        case wrong
        case foreign
        case unchecked(String)

        var words: String {
            switch self {
            case .right(let key): "right, by the key \(key)"
            case .wrong: "WRONG: no LiveKit server with our key accepts this token"
            case .foreign: "NOT OURS: the configuration has no such key"
            case .unchecked(let why): "not checked: \(why)"
            }
        }

        var objection: String? {
            switch self {
            case .right, .unchecked: nil
            case .wrong: "the signature is wrong"
            case .foreign: "the token is not signed with a key of the configuration"
            }
        }
    }

    private func signature(of token: DecodedToken) -> Signature {
        let source: KeySource
        do throws(Failure) {
            source = try configuration.load().liveKit.keySource
        } catch {
            return .unchecked(error.message)
        }
        do throws(ConfigurationError) {
            guard let key = try source.key(ofIssuer: token.issuer ?? "", on: LinuxSystem()) else { return .foreign }
            return token.isSigned(by: key) ? .right(key: key.id.description.harmless) : .wrong
        } catch {
            return .unchecked(error.message.harmless)
        }
    }
}
