import JoinGate
import LiveKitToken

// MARK: - What LiveKit answers

extension Probe {
    /// The paths of LiveKit's at which nothing but the gate may answer, asked by anybody.
    ///
    /// The gate has closed them; an older `location /` may still lead there.
    static let closedPaths = [
        "/", "/agent", "/agents/x", "/rtc/x", "/whip/v1", "/twirp/livekit.RoomService/ListRooms",
    ]

    /// The same request for another path; a call of the API is a POST.
    func asking(_ path: String) -> Probe {
        var probe = self
        probe.path = path
        probe.isPost = path.hasPrefix("/twirp/")
        return probe
    }

    /// The question whether a token is good, with one that is not.
    func asking(validateBelow prefix: String = "") -> Probe {
        var probe = asking("\(prefix)/rtc/validate")
        probe.hasToken = true
        return probe
    }
}

extension Probe.Answer {
    /// The answer of the gate to a token that is none.
    static let refusal = Gate.unauthorized

    /// What LiveKit says of tokens.
    private static let texts = [
        "invalid token", "invalid API key", "invalid authorization", "permissions denied",
        "no permissions to access the room", #"{"code":"unauthenticated""#, #"{"code":"bad_route""#,
    ]
    /// What it says otherwise, as other servers do: it varies with the origin as well there.
    private static let commonTexts = ["OK", "404 page not found"]

    var text: String { String(decoding: body, as: UTF8.self) }

    private var variesWithOrigin: Bool {
        head.first("Vary").map { String(decoding: $0, as: UTF8.self).lowercased().contains("origin") } ?? false
    }

    /// Whether LiveKit wrote this answer: by its texts, or because it answers the same itself.
    ///
    /// - Parameter own: what LiveKit answers to the same request, where that is known.
    func isLiveKits(beside own: Probe.Answer?) -> Bool {
        if Self.texts.contains(where: text.hasPrefix) { return true }
        let line = text.prefix { !$0.isNewline }
        if variesWithOrigin, Self.commonTexts.contains(String(line)) { return true }
        guard let own, !body.isEmpty else { return false }
        return own.status == status && own.body == body && own.variesWithOrigin == variesWithOrigin
            && own.head.first("Content-Type") == head.first("Content-Type")
    }

    /// Whether this is LiveKit 1.13.5 or older, or not much newer: newer ones do not repeat the key that they do not
    /// know.
    var namesUnknownKey: Bool { text.hasPrefix("invalid API key: ") }

    /// The seconds since 1970 of the header Date (RFC 9110 §5.6.7); `nil` without one.
    var date: Int64? {
        guard let value = head.first("Date") else { return nil }
        // Sat, 28 Nov 2026 01:57:57 GMT
        let words = String(decoding: value, as: UTF8.self).split(separator: " ")
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2]))
        else { return nil }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        return NumericDate(rfc3339: "\(words[3])-\(number)-\(words[1])T\(words[4])Z")?.seconds
    }
}
