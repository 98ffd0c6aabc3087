import Configuration
import LiveKitToken
import RoomAccess
import StrictJSON

// MARK: - A yes, and what its headers are to the service

extension BackendVerdict {
    /// Headers that recipes take the id of a user from.
    private static let userHeaders = [
        "X-Livekit-User", "X-Auth-Request-User", "Remote-User", "X-Kratos-Authenticated-Identity-Id",
    ]

    /// Headers that have the name which others see, and what passes it on: that of server-login.conf, which is
    /// percent-encoded, and those of recipes.
    private static let nameHeaders: [(String, LoginParameter)] = [
        ("X-Livekit-Name", .percentName), ("X-Auth-Request-Name", .name), ("Remote-Name", .name),
    ]

    /// A yes to a request without a cookie.
    func unasked(_ answer: BackendAnswer) -> Finding {
        let user = Self.userHeaders.first { answer.first($0)?.isEmpty == false }
        guard let user else {
            return warning(
                "\(answer.status) without a cookie, and no header names a user: the service refuses that "
                    + "(login_missing), and 401 would say why; let the back end answer 401 for no login"
            )
        }
        return error(
            "\(answer.status) without a cookie, with \(user): everybody would be that user; let the back end answer "
                + "401 for no login"
        )
    }

    func good(_ answer: BackendAnswer) -> [Finding] {
        var findings = [ok("\(answer.status): nginx asks the service for a token")]
        if let name = Self.userHeaders.first(where: { answer.first($0) != nil }), let value = answer.first(name) {
            findings.append(user(name, value))
        } else {
            findings.append(
                error(
                    "no header names the user; let the back end send one, such as X-Livekit-User, and pass it as "
                        + LoginParameter.user.variable
                )
            )
        }
        for (header, parameter) in Self.nameHeaders {
            if let value = answer.first(header), !value.isEmpty { findings.append(name(header, value, as: parameter)) }
        }
        for name in ["X-Livekit-Session-End", "X-Livekit-Exp"] {
            if let value = answer.first(name), !value.isEmpty { findings.append(end(name, value)) }
        }
        if let value = answer.first("X-Livekit-Rooms"), !value.isEmpty { findings.append(rooms(value)) }
        for header in ["X-Livekit-Groups", "X-Auth-Request-Groups", "Remote-Groups"] {
            if let value = answer.first(header), !value.isEmpty { findings.append(groups(header, value)) }
        }
        return findings + underscores(answer)
    }

    private func user(_ name: String, _ value: [UInt8]) -> Finding {
        guard let id = UTF8String(validating: value).flatMap({ Identifier($0) }) else {
            return error(
                value.isEmpty
                    ? "\(name) is empty: the service refuses that (login_missing)"
                    : "\(name) is no id of 1 to \(Identifier.maximumLength) visible ASCII characters: the service "
                        + "refuses it (login_malformed); send a number, a UUID or a digest"
            )
        }
        guard id.description.contains("@") || id.description.lowercased().contains("%40") else {
            return ok("\(name): \(id), the user's id")
        }
        return warning(
            "\(name): \(id), which looks like a mail address: it may pass to another person; send an id that never does"
        )
    }

    private func name(_ header: String, _ value: [UInt8], as parameter: LoginParameter) -> Finding {
        let percent = LoginParameter.percentName.variable
        guard let text = UTF8String(validating: value) else {
            return warning(
                "\(header) is no UTF-8, so that the name is dropped; percent-encode it, and pass it as \(percent)"
            )
        }
        if text.utf8.starts(with: "=?".utf8) {
            return warning(
                "\(header) is an encoded word (RFC 2047), which people would see as it is; percent-encode it, and pass "
                    + "it as \(percent)"
            )
        }
        let decoded = ParameterLogins.name(in: LoginParameters([.percentName: value]))
        guard let name = ParameterLogins.name(in: LoginParameters([parameter: value])) else {
            return warning(
                "\(header) is no name that can be shown, and is dropped"
                    + (parameter == .percentName && ParameterLogins.percentDecoded(value) == nil
                        ? ": passed as \(percent), a % that stands for itself is %25" : "")
            )
        }
        if parameter == .percentName, name.text != text {
            return ok("\(header): \(text), shown as \(name.text) (\(percent))")
        }
        if let decoded, decoded.text != name.text {
            return warning(
                "\(header): \(text), which people see so, as \(parameter.variable); pass it as \(percent), and they "
                    + "see \(decoded.text)"
            )
        }
        return ok("\(header): \(name.text)")
    }

    private func groups(_ header: String, _ value: [UInt8]) -> Finding {
        guard let memberships, case .groups = memberships.ofParameters else {
            return ok("\(header): \(String(decoding: value, as: UTF8.self)), for memberships.source: groups")
        }
        let claim = ParameterLogins(memberships: memberships.ofParameters).claim(in: LoginParameters([.groups: value]))
        guard case .array(let elements)? = claim else { return ok("\(header) names no group") }
        let quoted = { (names: [String]) in Listing.text(names.map { "\"\($0)\"" }) }
        let names = elements.map { $0.text?.description ?? "(no UTF-8)" }
        let known = elements.compactMap(\.text).filter { memberships.groups[$0] != nil }.map(\.description)
        let words = "\(header): \(counted(names.count, "group")), \(quoted(names))"
        return known.isEmpty
            ? warning("\(words): memberships.rooms has none of them; names count to the byte, blanks too")
            : ok("\(words); memberships.rooms has \(quoted(known))")
    }

    private func end(_ header: String, _ value: [UInt8]) -> Finding {
        guard let end = NumericDate(digits: value) else {
            return error(
                "\(header) must be the seconds since 1970, in digits: the service refuses it (login_malformed)"
            )
        }
        return now < end
            ? ok("\(header): until \(end.words)")
            : error("\(header): \(end.words), which is past: the service refuses it (session_expired)")
    }

    private func rooms(_ value: [UInt8]) -> Finding {
        do throws(JSONError) {
            let rooms = try JSONValue(parsing: value)
            guard let members = rooms.members else {
                return error("X-Livekit-Rooms is no JSON object: it gives no rooms; send {\"ROOM\": [\"ROLE\"]}")
            }
            let claim = try? RoomsClaim(rooms)
            for room in members.compactMap({ Identifier($0.name) }) {
                guard let fault = claim?.fault(in: room) else { continue }
                return warning("what X-Livekit-Rooms says \(fault), and gives nothing there")
            }
            return ok("X-Livekit-Rooms: \(counted(members.count, "room")), for memberships.source: claims")
        } catch {
            return self.error(
                "X-Livekit-Rooms is not JSON: \(error.kind.rawValue) at byte \(error.offset): it gives no rooms"
            )
        }
    }

    /// Names with an underscore, which nginx takes for those with a hyphen.
    private func underscores(_ answer: BackendAnswer) -> [Finding] {
        answer.headers.filter { $0.name.contains("_") }.map { header in
            warning(
                "\(header.name) has an underscore, and nginx takes it for a hyphen; a back end must not repeat headers "
                    + "of the request in its answer"
            )
        }
    }
}
