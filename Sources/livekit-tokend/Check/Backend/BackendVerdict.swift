import CommandLineInterface
import Daemon
import LiveKitToken
import RoomAccess
import StrictJSON

/// What the answer of a back end means for clients, and what to do.
struct BackendVerdict {
    let outcome: BackendRequest.Outcome
    let url: BackendURL
    let hasCookie: Bool
    let now: NumericDate

    /// Nanoseconds that nginx waits for an answer, by the snippet for a back end.
    private static let patience: Int64 = 1_000_000_000
    /// In bytes, of a line of the status and headers: `proxy_buffer_size 16k`.
    private static let buffer = 16_384

    /// The verdict, a line for each thing there is to say.
    var findings: [Finding] {
        switch outcome {
        case .notConnected(let code):
            return [
                error(
                    "no connection: \(SystemErrorText.of(code)); clients get 503; start the back end, or mend the "
                        + "address and port of proxy_pass"
                )
            ]
        case .silent:
            return [
                error(
                    "no answer within \(BackendRequest.deadline / 1_000_000_000) s; nginx waits for 1 s, and clients "
                        + "get 503; see the back end's log, and whether another request holds the session"
                )
            ]
        case .answered(let bytes, let time):
            guard let answer = BackendAnswer(bytes) else {
                return [
                    error(
                        (bytes.isEmpty ? "the connection was closed without an answer" : "no answer of HTTP/1")
                            + "; clients get 503; does another service listen at that port, or one that speaks TLS?"
                    )
                ]
            }
            return findings(answer) + limits(answer, time)
        }
    }

    private func limits(_ answer: BackendAnswer, _ time: Int64) -> [Finding] {
        var findings: [Finding] = []
        if time > Self.patience {
            findings.append(
                warning(
                    "the answer took \(time / 1_000_000) ms, and nginx waits for 1 s; make it faster, or "
                        + "include auth-request-slow.conf, which waits for 5 s"
                )
            )
        }
        if answer.length > Self.buffer {
            findings.append(
                error("its headers have \(answer.length) bytes, and proxy_buffer_size is 16k: clients get 503")
            )
        }
        return findings
    }

    private func findings(_ answer: BackendAnswer) -> [Finding] {
        switch answer.status {
        case 200...299: return hasCookie ? good(answer) : [unasked(answer)]
        case 401, 403:
            let words = "\(answer.status), so that clients get session_invalid"
            guard hasCookie else { return [ok("\(words), as they must without a login; try one with --cookie -")] }
            return [
                warning(
                    "\(words): the back end does not take this cookie; give the whole line that a browser sends, "
                        + "name=value, of a login that has not ended"
                )
            ]
        case 301, 302, 303, 307, 308: return [error(redirection(answer))]
        default: return [error("\(answer.status), so that clients get 503: \(Self.words(answer.status))")]
        }
    }

    private static func words(_ status: Int) -> String {
        switch status {
        case 400:
            "it may know no such host (Django: ALLOWED_HOSTS; Authelia: session.cookies); name the site's with "
                + "--host, and have nginx pass it: proxy_set_header Host $host"
        case 404: "there is no such path; compare proxy_pass with the back end's routes, the slash at the end too"
        case 405: "it takes no GET there; nginx asks with GET"
        case 429: "it limits requests; let those of nginx through"
        case 500...599: "it failed; see its log"
        default: "let it answer 204 for a login, and 401 for none"
        }
    }

    /// What a redirection is for.
    private func redirection(_ answer: BackendAnswer) -> String {
        let words = "\(answer.status), so that clients get 503: "
        let location = answer.first("Location").map { String(decoding: $0, as: UTF8.self) } ?? ""
        let isAbsolute = location.contains("://")
        let path =
            isAbsolute
            ? "/" + location.drop { $0 != ":" }.dropFirst(3).drop { $0 != "/" }.dropFirst() : location
        let (asked, offered) = (url.target.prefix { $0 != "?" }, path.prefix { $0 != "?" })
        if offered == "\(asked)/" || "\(offered)/" == asked {
            return words + "the path is \(offered) there; write it so in proxy_pass"
        }
        if offered == asked, location.hasPrefix("https://") {
            return words
                + "it wants https; have nginx say so (proxy_set_header X-Forwarded-Proto $scheme), and the back "
                + "end believe it (Django: SECURE_PROXY_SSL_HEADER)"
        }
        return words + "it sends people to \(location.isEmpty ? "another page" : location); let it answer 401 here"
    }
}

// MARK: - A yes

extension BackendVerdict {
    /// Headers that recipes take the id of a user from.
    private static let userHeaders = [
        "X-Livekit-User", "X-Auth-Request-User", "Remote-User", "X-Kratos-Authenticated-Identity-Id",
    ]

    /// A yes to a request without a cookie.
    private func unasked(_ answer: BackendAnswer) -> Finding {
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

    private func good(_ answer: BackendAnswer) -> [Finding] {
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
        for name in ["X-Livekit-Name", "Remote-Name"] {
            if let value = answer.first(name), !value.isEmpty { findings.append(self.name(name, value)) }
        }
        for name in ["X-Livekit-Session-End", "X-Livekit-Exp"] {
            if let value = answer.first(name), !value.isEmpty { findings.append(end(name, value)) }
        }
        if let value = answer.first("X-Livekit-Rooms"), !value.isEmpty { findings.append(rooms(value)) }
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
        guard id.text.utf8.contains(UInt8(ascii: "@")) else { return ok("\(name): \(id), the user's id") }
        return warning(
            "\(name): \(id), which looks like a mail address: it may pass to another person; send an id that never does"
        )
    }

    private func name(_ header: String, _ value: [UInt8]) -> Finding {
        guard let text = UTF8String(validating: value) else {
            return warning(
                "\(header) is no UTF-8, so that the name is dropped; percent-encode it, and pass it as "
                    + LoginParameter.percentName.variable
            )
        }
        if text.utf8.starts(with: "=?".utf8) {
            return warning(
                "\(header) is an encoded word (RFC 2047), which people would see as it is; percent-encode it, and pass "
                    + "it as \(LoginParameter.percentName.variable)"
            )
        }
        guard UserName(text) != nil else { return warning("\(header) is no name that can be shown, and is dropped") }
        return ok("\(header): \(text)")
    }

    private func end(_ header: String, _ value: [UInt8]) -> Finding {
        guard (1...18).contains(value.count), let seconds = Int64(String(decoding: value, as: UTF8.self)), seconds >= 0,
            value.allSatisfy({ (0x30...0x39).contains($0) })
        else {
            return error(
                "\(header) must be the seconds since 1970, in digits: the service refuses it (login_malformed)"
            )
        }
        let end = NumericDate(seconds)
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

    private func ok(_ words: String) -> Finding { finding(.ok, words) }
    private func warning(_ words: String) -> Finding { finding(.warning, words) }
    private func error(_ words: String) -> Finding { finding(.error, words) }

    private func finding(_ level: Finding.Level, _ words: String) -> Finding {
        Finding(level: level, subject: "auth url", message: words.harmless)
    }
}
