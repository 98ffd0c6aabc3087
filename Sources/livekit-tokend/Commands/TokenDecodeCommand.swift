import CommandLineInterface
import Configuration
import Daemon
import LiveKitToken
import StrictJSON

struct TokenDecodeCommand: Command {
    static let name = "decode"
    static let abstract = "Print in words what a token on standard input allows."
    static let discussion = """
        The token is read from standard input, because other users of the machine can see arguments. The signature \
        is checked if the configuration and its key file can be read. Exit status 65: the input is not a token, or \
        its signature is not of the configured key.
        """
    static let examples = ["livekit-tokend token create stage-1 ada | livekit-tokend token decode -"]

    let configuration: ConfigurationOption
    let source: String
    let json: Bool

    init(_ arguments: inout Arguments) {
        configuration = ConfigurationOption(&arguments)
        source = arguments.operand("source", "Always -, which is standard input.", default: "-")
        json = arguments.flag("json", "Print the claims as one JSON object.")
    }

    func validate() throws(UsageError) {
        guard source == "-" else {
            throw UsageError("a token is a secret until it expires: give it on standard input, and - here")
        }
    }

    func run() throws {
        guard let line = readLine(), let token = DecodedToken(line) else {
            throw Failure(.data, "standard input must be one token: three parts of base64url with a dot between them")
        }
        let signature = signature(of: token)
        if json {
            try Output.value(token.claims)
        } else {
            for (label, words) in token.words(at: WallClock.now.date) + [("signature", signature.words)] {
                try Output.value(label + String(repeating: " ", count: 14 - label.count) + words)
            }
        }
        if signature == .wrong { throw Failure(.data, "the signature is wrong") }
    }

    private enum Signature: Equatable {
        case right(key: String)
        case wrong
        case unchecked(String)

        var words: String {
            switch self {
            case .right(let key): "right, by the key \(key)"
            case .wrong: "WRONG: no LiveKit server with our key accepts this token"
            case .unchecked(let why): "not checked: \(why)"
            }
        }
    }

    private func signature(of token: DecodedToken) -> Signature {
        do throws(Failure) {
            var source = try configuration.load().liveKit.keySource
            source.id = token.issuer
            let key = try source.load()
            return token.isSigned(by: key) ? .right(key: key.id.description) : .wrong
        } catch {
            return .unchecked(error.message)
        }
    }
}

/// A decoded token, and its claims in words.
private struct DecodedToken {
    private let signature: JSONWebSignature
    private let payload: JSONValue

    /// Decodes a compact serialization; `nil` for other text, or if the payload is not a JSON object.
    init?(_ compact: String) {
        guard let signature = try? JSONWebSignature(compact: Array(compact.utf8)),
            let payload = try? JSONValue(parsing: signature.payload), payload.members != nil
        else { return nil }
        self.signature = signature
        self.payload = payload
    }

    var issuer: String? { payload["iss"]?.text?.description }

    /// The claims as JSON, which is safe to print.
    var claims: UTF8String {
        var writer = JSONWriter()
        writer.value(payload)
        return writer.text
    }

    func isSigned(by key: APIKey) -> Bool {
        signature.isSigned(by: key)
    }

    /// The meaning of the claims, a line each.
    func words(at now: NumericDate) -> [(label: String, words: String)] {
        let video = payload["video"]
        var lines: [(String, String)] = [
            ("room", text(video?["room"]) ?? "none"),
            (
                "participant",
                [text(payload["sub"]), text(payload["name"]).map { "(\($0))" }].compactMap(\.self).joined(
                    separator: " "
                )
            ),
            ("may", permissions(video)),
        ]
        if let metadata = text(payload["metadata"]), metadata != "" { lines.append(("metadata", metadata)) }
        let attributes = (payload["attributes"]?.members ?? []).compactMap { member in
            text(member.value).flatMap { value in text(.string(member.name)).map { "\($0)=\(value)" } }
        }
        if !attributes.isEmpty { lines.append(("attributes", attributes.joined(separator: ", "))) }
        if case .array(let agents)? = payload["roomConfig"]?["agents"] {
            lines.append(("agents", agents.compactMap { text($0["agentName"]) }.joined(separator: ", ")))
        }
        lines.append(("key", text(payload["iss"]) ?? "none"))
        if let id = text(payload["jti"]) { lines.append(("token id", id)) }
        if let from = payload["nbf"]?.integer.map({ NumericDate($0) }) {
            lines.append(("valid from", from.rfc3339.description + (from > now ? ", which is not yet" : "")))
        }
        lines.append(("expires", expiry(at: now)))
        return lines
    }

    private func expiry(at now: NumericDate) -> String {
        guard let end = payload["exp"]?.integer.map({ NumericDate($0) }) else { return "never, so LiveKit refuses it" }
        let left = end.seconds(since: now)
        return "\(end.rfc3339), " + (left > 0 ? "in \(Self.span(left))" : "\(Self.span(-left)) ago")
    }

    private func permissions(_ video: JSONValue?) -> String {
        func isGranted(_ name: UTF8String) -> Bool { video?[name] == .bool(true) }
        guard isGranted("roomJoin") else { return "not join" }
        var words = ["join"]
        if isGranted("canPublish") { words.append("publish" + sources(video)) }
        if isGranted("canSubscribe") { words.append("subscribe") }
        if isGranted("canPublishData") { words.append("send data") }
        if isGranted("canUpdateOwnMetadata") { words.append("change its own metadata") }
        if isGranted("roomAdmin") { words.append("moderate the room") }
        return words.joined(separator: ", ")
    }

    private func sources(_ video: JSONValue?) -> String {
        guard case .array(let sources)? = video?["canPublishSources"], !sources.isEmpty else { return "" }
        return " (only " + sources.compactMap { text($0) }.joined(separator: ", ") + ")"
    }

    /// A string that is safe for a terminal.
    private func text(_ value: JSONValue?) -> String? {
        value?.text?.description.harmless
    }

    private static func span(_ seconds: Int64) -> String {
        let parts = [
            (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s"),
        ]
        return parts.drop { $0.0 == 0 && $0.1 != "s" }.prefix(2).map { "\($0.0)\($0.1)" }.joined(separator: " ")
    }
}
