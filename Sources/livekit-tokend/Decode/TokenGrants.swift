import CommandLineInterface
import LiveKitToken
import StrictJSON

/// The grants of a token's claims in words, with LiveKit's meaning of those that are absent.
struct TokenGrants {
    /// What reaches beyond a seat in the room, each grant by its name.
    let dangerous: [String]
    /// What the holder may do in the room.
    let permissions: String
    /// The names that LiveKit is not known to have, and values that it does not take.
    let unknown: [String]

    /// Reads the grant that a token has.
    init(_ video: VideoGrant) {
        let bytes = JSONWriter.object { json in json.member("video", object: { video.write(to: &$0) }) }
        // What was just written is JSON.
        self.init((try? JSONValue(parsing: bytes)) ?? .null)
    }

    /// Reads the claims of a token.
    init(_ claims: JSONValue) {
        let video = claims["video"]
        var (dangerous, unknown): ([String], [String]) = ([], [])
        for flag in LiveKitClaims.VideoFlag.allCases where video?[flag.name] == .bool(true) {
            if let words = Self.danger(of: flag) { dangerous.append("\(words) (\(flag.rawValue))") }
        }
        if let room = video?["destinationRoom"]?.text, !room.utf8.isEmpty {
            dangerous.append("move participants to the room \(room.description.harmless) (destinationRoom)")
        }
        for grant in LiveKitClaims.otherGrants {
            if let members = Self.words(claims[grant]) { dangerous.append("use other services: \(members) (\(grant))") }
        }
        if let kind = claims["kind"]?.text, !kind.utf8.isEmpty, kind != "standard" {
            dangerous.append("be taken for the kind of participant \(kind.description.harmless) (kind)")
        }
        if let members = Self.words(claims["roomConfig"], but: "agents") {
            dangerous.append("set up the room that it makes: \(members) (roomConfig)")
        }
        if let preset = claims["roomPreset"]?.text, !preset.utf8.isEmpty {
            dangerous.append("set up the room that it makes: \(preset.description.harmless) (roomPreset)")
        }

        for member in claims.members ?? [] where !LiveKitClaims.all.has(member.name) {
            unknown.append(Self.words(member))
        }
        for member in video?.members ?? [] {
            switch LiveKitClaims.video.isOfRightType(member) {
            case nil: unknown.append("video.\(Self.words(member))")
            case false?: unknown.append("video.\(Self.words(member)), a value that LiveKit does not take")
            case true?: break
            }
        }
        self.dangerous = dangerous
        self.unknown = unknown
        permissions = Self.permissions(video)
    }

    /// The permissions in a room: LiveKit takes an absent `canPublish` or `canSubscribe` for true, and an absent
    /// `canPublishData` for what `canPublish` is.
    private static func permissions(_ video: JSONValue?) -> String {
        func flag(_ name: UTF8String, absent: Bool) -> Bool {
            if case .bool(let value)? = video?[name] { value } else { absent }
        }
        guard flag("roomJoin", absent: false) else { return "not join" }
        guard let room = video?["room"]?.text, !room.utf8.isEmpty else { return "not join, as no room is named" }
        let canPublish = flag("canPublish", absent: true)
        var words = ["join"]
        if canPublish { words.append("publish" + sources(video)) }
        if flag("canSubscribe", absent: true) { words.append("subscribe") }
        if flag("canPublishData", absent: canPublish) { words.append("send data") }
        if flag("canSubscribeMetrics", absent: false) { words.append("subscribe to metrics") }
        return words.joined(separator: ", ")
    }

    private static func sources(_ video: JSONValue?) -> String {
        guard case .array(let sources)? = video?["canPublishSources"], !sources.isEmpty else { return "" }
        return " (only " + sources.compactMap { $0.text?.description.harmless }.joined(separator: ", ") + ")"
    }

    // MARK: Words

    /// What a flag lets its holder do beyond a seat in the room; `nil` for one that does not.
    private static func danger(of flag: LiveKitClaims.VideoFlag) -> String? {
        switch flag {
        case .roomCreate: "make rooms, and delete any room"
        case .roomList: "list all rooms"
        case .roomRecord: "record rooms and send them elsewhere"
        case .ingressAdmin: "bring streams into any room"
        case .roomAdmin:
            "rule the room: remove and mute, send agents, change what anyone may do, its holder included"
        case .hidden: "be in the room unseen"
        case .recorder: "be taken for a recorder"
        case .agent: "be taken for an agent"
        case .canManageAgentSession: "manage the sessions of agents"
        case .canUpdateOwnMetadata: "write its own name, metadata and attributes, which the app may rely on"
        case .roomJoin, .canPublish, .canSubscribe, .canPublishData, .canSubscribeMetrics: nil
        }
    }

    /// The members of an object that say more than their absence would; `nil` if none does.
    private static func words(_ object: JSONValue?, but name: UTF8String? = nil) -> String? {
        let words = (object?.members ?? []).filter { $0.name != name && $0.value.saysMoreThanAbsence }
            .map { Self.words($0) }
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }

    /// The name of a member, with its value where that is a flag or a number: a text may be a secret of another system.
    private static func words(_ member: JSONMember) -> String {
        let name = member.name.description.harmless
        switch member.value {
        case .bool(true): return name
        case .bool(false): return "\(name): false"
        case .integer(let value): return "\(name): \(value)"
        default: return name
        }
    }
}
