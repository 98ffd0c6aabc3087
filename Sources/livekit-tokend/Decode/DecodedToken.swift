import CommandLineInterface
import LiveKitToken
import StrictJSON

/// A decoded token, of this program or of any other, and its claims in words.
struct DecodedToken {
    private let signature: JSONWebSignature
    private let payload: JSONValue

    /// Decodes a compact serialization.
    ///
    /// - Throws: `.data` for other text, another algorithm than HS256, or a payload that is no JSON object.
    init(_ compact: String) throws(Failure) {
        do throws(JSONWebSignatureError) {
            signature = try JSONWebSignature(compact: Array(compact.utf8))
        } catch .unsupportedAlgorithm {
            throw Failure(.data, "the token is not signed with HS256, the one algorithm that LiveKit takes")
        } catch {
            throw Failure(.data, "standard input must be one token: three parts of base64url with a dot between them")
        }
        guard let payload = try? JSONValue(parsing: signature.payload), payload.members != nil else {
            throw Failure(.data, "the token holds no claims: its middle part is not a JSON object")
        }
        self.payload = payload
    }

    /// `iss`: the id of the key that the token says it is signed with.
    var issuer: String? { payload["iss"]?.text?.description }

    /// The claims as JSON; what would command a terminal or turn its text around is escaped.
    var claims: String {
        var writer = JSONWriter()
        writer.value(payload)
        return writer.text.description.unicodeScalars.map { scalar in
            // All of these are of the Basic Multilingual Plane, and stand in strings alone.
            guard scalar.properties.isBidiControl || scalar.properties.generalCategory == .control else {
                return String(scalar)
            }
            let digits = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }

    func isSigned(by key: APIKey) -> Bool {
        signature.isSigned(by: key)
    }

    /// The meaning of the claims, a line each: what is dangerous first.
    func words(at now: NumericDate) -> [(label: String, words: String)] {
        let grants = TokenGrants(payload)
        var lines = Self.lines("beware", grants.dangerous)
        lines.append(("room", text(payload["video"]?["room"]).flatMap { $0.isEmpty ? nil : $0 } ?? "none"))
        lines.append(("participant", participant))
        lines.append(("may", grants.permissions))
        if let metadata = text(payload["metadata"]), metadata != "" { lines.append(("metadata", metadata)) }
        let attributes = (payload["attributes"]?.members ?? []).compactMap { member in
            text(member.value).flatMap { value in text(.string(member.name)).map { "\($0)=\(value)" } }
        }
        if !attributes.isEmpty { lines.append(("attributes", attributes.joined(separator: ", "))) }
        if let agents { lines.append(("agents", agents)) }
        lines += Self.lines("unknown", grants.unknown)
        lines.append(("key", text(payload["iss"]) ?? "none"))
        if let id = text(payload["jti"]) { lines.append(("token id", id)) }
        if let start = validFrom(at: now) { lines.append(("valid from", start)) }
        lines.append(("expires", expiry(at: now)))
        return lines
    }

    /// Lines of which the first alone has the label.
    private static func lines(_ label: String, _ words: [String]) -> [(label: String, words: String)] {
        words.enumerated().map { ($0.offset == 0 ? label : "", $0.element) }
    }

    /// The identity, which LiveKit takes from `jti` where `sub` is missing, and the name.
    private var participant: String {
        let subject = text(payload["sub"]).flatMap { $0.isEmpty ? nil : $0 }
        let identity = subject ?? text(payload["jti"]).map { "\($0), from jti" } ?? "none"
        return [identity, text(payload["name"]).flatMap { $0.isEmpty ? nil : "(\($0))" }].compactMap(\.self)
            .joined(separator: " ")
    }

    private var agents: String? {
        guard case .array(let agents)? = payload["roomConfig"]?["agents"] else { return nil }
        return agents.map { agent in
            let name = text(agent["agentName"] ?? agent["agent_name"]).flatMap { $0.isEmpty ? nil : $0 }
            let settings = (agent.members ?? []).compactMap(settings(of:))
            return (name ?? "the unnamed one") + (settings.isEmpty ? "" : " (\(settings.joined(separator: ", ")))")
        }.joined(separator: ", ")
    }

    /// What a member says of an agent beside its name, by its own name; `nil` for one that says nothing.
    private func settings(of member: JSONMember) -> String? {
        switch member.name {
        case "agentName", "agent_name": nil
        case _ where !member.value.saysMoreThanAbsence: nil
        case "deployment", "metadata": "\(member.name) \(text(member.value) ?? "of a type that LiveKit does not take")"
        default: member.name.description.harmless
        }
    }

    /// A string that is safe for a terminal.
    private func text(_ value: JSONValue?) -> String? {
        value?.text?.description.harmless
    }
}

// MARK: - Times

extension DecodedToken {
    /// The seconds by which LiveKit lets a clock be wrong.
    private static let leeway: Int64 = 60

    /// A NumericDate, which may have a fraction, or be any number at all; `nil` for anything else.
    private static func date(_ value: JSONValue?) -> NumericDate? {
        switch value {
        case .integer(let seconds)?: NumericDate(seconds)
        case .number(let seconds)?:
            NumericDate(
                Int64(exactly: seconds.rounded(.towardZero)) ?? (seconds < 0 ? Int64.min : Int64.max)
            )
        default: nil
        }
    }

    private func validFrom(at now: NumericDate) -> String? {
        switch payload["nbf"] {
        case nil, .null?: return nil
        case let value:
            guard let start = Self.date(value) else { return "not a number, so LiveKit refuses the token" }
            return start.words + (start > now ? ", which is not yet" : "")
        }
    }

    private func expiry(at now: NumericDate) -> String {
        switch payload["exp"] {
        case nil, .null?: return "never: there is no exp, and only newer servers of LiveKit refuse that"
        case let value:
            guard let end = Self.date(value) else { return "not a number, so LiveKit refuses the token" }
            let left = end.seconds(since: now)
            if left > 0 { return "\(end.words), in \(NumericDate.span(left))" }
            let late = left > -Self.leeway ? "; LiveKit takes it up to \(Self.leeway) s late" : ""
            return "\(end.words), \(NumericDate.span(left)) ago\(late)"
        }
    }
}
