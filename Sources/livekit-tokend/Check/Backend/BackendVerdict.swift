import CommandLineInterface
import Configuration
import Daemon
import LiveKitToken

/// What the answer of a back end means for clients, and what to do.
struct BackendVerdict {
    let outcome: BackendRequest.Outcome
    let url: BackendURL
    let hasCookie: Bool
    /// What the service does with groups; `nil` where that is not known.
    var memberships: MembershipSettings?
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

    func ok(_ words: String) -> Finding { finding(.ok, words) }
    func warning(_ words: String) -> Finding { finding(.warning, words) }
    func error(_ words: String) -> Finding { finding(.error, words) }

    private func finding(_ level: Finding.Level, _ words: String) -> Finding {
        Finding(level: level, subject: "auth url", message: words.harmless)
    }
}
