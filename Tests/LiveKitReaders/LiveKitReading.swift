package import LiveKitToken
package import StrictJSON

/// A token's payload as LiveKit reads it: the fields of `auth.ClaimGrants` by Go's `encoding/json`, where a name counts
/// in any case, the last of two counts, and objects of one name are merged.
package struct LiveKitReading {
    package private(set) var issuer: UTF8String = ""
    package private(set) var subject: UTF8String = ""
    package private(set) var tokenID: UTF8String = ""
    package private(set) var expiry: Double?
    package private(set) var start: Double?
    package private(set) var room: UTF8String = ""
    package private(set) var flags: [String: Bool] = [:]
    package private(set) var sources: [UTF8String] = []
    package private(set) var hasVideo = false
    /// What it grants beyond a seat in a room that a role can give.
    package private(set) var beyond: Set<String> = []

    /// Reads a payload; `nil` where LiveKit refuses it.
    package init?(_ payload: [UInt8]) {
        guard case .object(let members)? = LenientJSON(payload) else { return nil }
        for (name, value) in members { guard take(Self.field(name, Self.claims), value) else { return nil } }
    }

    /// Whether LiveKit takes the token at a time; it takes one without `exp`.
    package func isValid(at now: Int64) -> Bool {
        let now = Double(now)
        return expiry.map { now <= $0.rounded(.towardZero) + 60 } ?? true
            && start.map { now >= $0.rounded(.towardZero) - 60 } ?? true
    }

    package var identity: UTF8String { subject.utf8.isEmpty ? tokenID : subject }

    package func flag(_ name: String, absent: Bool = false) -> Bool { flags[name] ?? absent }

    /// `GetCanPublish`, `GetCanPublishSource`, `GetCanPublishData`, `GetCanSubscribe`, `GetCanUpdateOwnMetadata`.
    package var permissions: Permissions {
        guard hasVideo else { return Permissions() }
        let canPublish = flag("canPublish", absent: true)
        let publishable = TrackSource.allCases.filter { source in
            canPublish && (sources.isEmpty || sources.contains(UTF8String(source.rawValue)))
        }
        return Permissions(
            publishing: !canPublish || publishable.isEmpty
                ? .nothing : sources.isEmpty ? .anything : .only(Set(publishable)),
            subscribe: flag("canSubscribe", absent: true),
            publishData: flag("canPublishData", absent: canPublish),
            updateOwnMetadata: flag("canUpdateOwnMetadata"),
            roomAdmin: flag("roomAdmin")
        )
    }

    // MARK: Fields

    private static let claims = [
        "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "identity", "name", "kind", "kindDetails", "video", "sip",
        "agent", "inference", "observability", "roomConfig", "roomPreset", "sha256", "metadata", "attributes",
    ]
    private static let roles = [
        "roomJoin", "canPublish", "canSubscribe", "canPublishData", "canUpdateOwnMetadata", "roomAdmin",
    ]
    private static let others = [
        "roomCreate", "roomList", "roomRecord", "ingressAdmin", "hidden", "recorder", "agent", "canSubscribeMetrics",
        "canManageAgentSession",
    ]
    private static let services = [
        "sip": ["admin", "call"], "agent": ["admin", "simulationAdmin", "databaseAdmin"], "inference": ["perform"],
        "observability": ["write"],
    ]

    /// The field that a name sets: the one of that name, else one that is equal under Unicode's simple case folding.
    private static func field(_ name: UTF8String, _ fields: [String]) -> String? {
        let text = name.description
        if let exact = fields.first(where: { UTF8String($0) == name }) { return exact }
        func folded(_ text: String) -> [String] {
            text.unicodeScalars.map { scalar in
                switch scalar {
                case "\u{17F}": "s"
                case "\u{212A}": "k"
                case _ where scalar.isASCII: String(scalar).lowercased()
                default: String(scalar) + "!"
                }
            }
        }
        return fields.first { folded($0) == folded(text) }
    }

    private mutating func take(_ field: String?, _ value: LenientJSON) -> Bool {
        guard let field else { return true }
        switch (field, value) {
        case ("exp", .null): expiry = nil
        case ("nbf", .null): start = nil
        case ("video", .null):
            (hasVideo, room, flags, sources) = (false, "", [:], [])
            beyond = beyond.filter { !$0.hasPrefix("video.") }
        case (_, .null): break
        case ("iss", .text(let text)): issuer = text
        case ("sub", .text(let text)): subject = text
        case ("jti", .text(let text)): tokenID = text
        case ("exp", _), ("nbf", _), ("iat", _):
            guard let seconds = Self.seconds(value) else { return false }
            if field == "exp" { expiry = seconds }
            if field == "nbf" { start = seconds }
        case ("aud", .text), ("identity", .text), ("name", .text), ("sha256", .text), ("metadata", .text): break
        case ("aud", .list(let texts)): return texts.allSatisfy { if case .text = $0 { true } else { false } }
        case ("kind", .text(let text)): mark("kind", !["", "standard"].contains(text.description.lowercased()))
        case ("roomPreset", .text(let text)): mark("roomPreset", !text.utf8.isEmpty)
        case ("kindDetails", .list(let texts)):
            guard let texts = Self.texts(texts) else { return false }
            mark("kindDetails", !texts.isEmpty)
        case ("attributes", .object(let members)):
            return Self.texts(members.map(\.value)) != nil
        case ("roomConfig", .object): break
        case ("video", .object(let members)):
            hasVideo = true
            let fields = Self.roles + Self.others + ["room", "destinationRoom", "canPublishSources"]
            return members.allSatisfy { takeOfVideo(Self.field($0.name, fields), $0.value) }
        case (_, .object(let members)):
            guard let fields = Self.services[field] else { return false }
            return members.allSatisfy { member in
                guard let inner = Self.field(member.name, fields) else { return true }
                guard case .bool(let isSet) = member.value else {
                    if case .null = member.value { return true }
                    return false
                }
                mark("\(field).\(inner)", isSet)
                return true
            }
        default: return false
        }
        return true
    }

    private mutating func takeOfVideo(_ field: String?, _ value: LenientJSON) -> Bool {
        guard let field else { return true }
        switch (field, value) {
        case ("canPublishSources", .null): sources = []
        case ("canPublish", .null), ("canSubscribe", .null), ("canPublishData", .null), ("canUpdateOwnMetadata", .null),
            ("canSubscribeMetrics", .null), ("canManageAgentSession", .null):
            flags[field] = nil
            mark("video.\(field)", false)
        case (_, .null): break
        case ("room", .text(let text)): room = text
        case ("destinationRoom", .text(let text)): mark("video.destinationRoom", !text.utf8.isEmpty)
        case ("canPublishSources", .list(let texts)):
            guard let texts = Self.texts(texts) else { return false }
            sources = texts
        case (_, .bool(let isSet)) where field != "room" && field != "destinationRoom" && field != "canPublishSources":
            flags[field] = isSet
            if Self.others.contains(field) { mark("video.\(field)", isSet) }
        default: return false
        }
        return true
    }

    private mutating func mark(_ grant: String, _ isSet: Bool) {
        if isSet { beyond.insert(grant) } else { beyond.remove(grant) }
    }

    /// The texts of a list; Go leaves one that is `null` empty.
    private static func texts(_ list: [LenientJSON]) -> [UTF8String]? {
        var texts: [UTF8String] = []
        for element in list {
            switch element {
            case .text(let text): texts.append(text)
            case .null: texts.append("")
            default: return nil
            }
        }
        return texts
    }

    /// A number, which `json.Number` also reads in quotes.
    private static func seconds(_ value: LenientJSON) -> Double? {
        switch value {
        case .number(let digits): Double(digits)
        case .text(let text):
            if case .number(let digits)? = LenientJSON(text.utf8) { Double(digits) } else { nil }
        default: nil
        }
    }
}
