package import StrictJSON

/// The claims that LiveKit reads (`auth.ClaimGrants`): every name, and the type of its value.
package enum LiveKitClaims {
    /// A flag of the video grant, by its name in a token: the widest first.
    package enum VideoFlag: String, CaseIterable, Sendable {
        case roomCreate, roomList, roomRecord, ingressAdmin, roomAdmin, hidden, recorder, agent
        case canManageAgentSession, canUpdateOwnMetadata
        case roomJoin, canPublish, canSubscribe, canPublishData, canSubscribeMetrics

        package var name: UTF8String { UTF8String(rawValue) }

        private static let named = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })

        package init?(_ name: UTF8String) {
            guard let flag = Self.named[name] else { return nil }
            self = flag
        }

        /// Whether a seat in a room has the flag, or a role can give it (`Permissions`).
        package var isOfARole: Bool {
            switch self {
            case .roomJoin, .canPublish, .canSubscribe, .canPublishData, .canUpdateOwnMetadata, .roomAdmin: true
            case .roomCreate, .roomList, .roomRecord, .ingressAdmin, .hidden, .recorder, .agent,
                .canManageAgentSession, .canSubscribeMetrics:
                false
            }
        }
    }

    /// The parameters of the header that a reader may go by, folded.
    static let header: Set<[UInt8]> = Set((["alg", "typ", "crit", "b64"] as [UTF8String]).map(ClaimSchema.folded))

    /// The grants beside `video`, for other services than rooms.
    package static let otherGrants: [UTF8String] = [
        "sip", "agent", "inference", "observability", "agentEndpoint", "agentThread",
    ]

    /// The members of `video`.
    package static let video = ClaimSchema(
        VideoFlag.allCases.map { ($0.name, .flag) }
            + [("room", .text), ("destinationRoom", .text), ("canPublishSources", .texts)]
    )

    /// The members of the payload.
    package static let all = ClaimSchema(
        [
            ("iss", .text), ("sub", .text), ("aud", .textOrTexts), ("exp", .number), ("nbf", .number), ("iat", .number),
            ("jti", .text), ("identity", .text), ("name", .text), ("kind", .text), ("kindDetails", .texts),
            ("video", .object(video)), ("roomConfig", .object(roomConfig)), ("roomPreset", .text), ("sha256", .text),
            ("metadata", .text), ("attributes", .textMap),
        ]
            + otherGrants.map { ($0, .object(ClaimSchema((flagsOfOtherGrants[$0] ?? []).map { ($0, .flag) }))) }
    )

    private static let flagsOfOtherGrants: [UTF8String: [UTF8String]] = [
        "sip": ["admin", "call"],
        "agent": ["admin", "simulationAdmin", "databaseAdmin"],
        "inference": ["perform"],
        "observability": ["write"],
    ]

    /// The members of `livekit.RoomConfiguration`, in both spellings of ProtoJSON.
    private static let roomConfig = ClaimSchema(
        [("agents", .objects(agentDispatch))]
            + [
                "name", "emptyTimeout", "empty_timeout", "departureTimeout", "departure_timeout", "maxParticipants",
                "max_participants", "metadata", "egress", "minPlayoutDelay", "min_playout_delay", "maxPlayoutDelay",
                "max_playout_delay", "syncStreams", "sync_streams", "tags",
            ].map { ($0, .anything) }
    )

    /// The members of `livekit.RoomAgentDispatch`, in both spellings of ProtoJSON.
    private static let agentDispatch = ClaimSchema(
        dispatched.map { ($0, .text) }
            + ["restartPolicy", "restart_policy", "attributes"].map { ($0, .anything) }
    )

    /// The members of a dispatch that the issuer writes (`AgentDispatch`).
    static let dispatched: [UTF8String] = ["agentName", "agent_name", "metadata", "deployment"]
}

extension JSONValue {
    /// Whether a value says more than its absence would.
    package var saysMoreThanAbsence: Bool {
        switch self {
        case .null, .bool(false), .integer(0), .string(""), .array([]), .object([]): false
        default: true
        }
    }
}
