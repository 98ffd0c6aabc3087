package import RoomAccess
package import StrictJSON
package import TokenEndpoint

/// A parameter by which nginx asks the gate: a meta-variable of its own (RFC 3875 §4.1.18).
///
/// Its name does not begin with `HTTP_`, so that no header of a client becomes one.
package enum GateParameter: Int, CaseIterable, Sendable {
    /// The endpoint of LiveKit that the client wants. Without it nobody asks the gate.
    case endpoint
    case method
    /// The request target as the client sent it.
    case target
    /// The `Authorization` header; absent where the client sent none.
    case authorization

    /// The name on the wire.
    package var variable: String {
        switch self {
        case .endpoint: "LIVEKIT_GATE"
        case .method: "LIVEKIT_GATE_METHOD"
        case .target: "LIVEKIT_GATE_URI"
        case .authorization: "LIVEKIT_GATE_AUTHORIZATION"
        }
    }
}

/// An endpoint of LiveKit behind the gate: the word that nginx passes, in the log and in metrics.
package enum GateEndpoint: String, CaseIterable, Sendable {
    /// `/rtc` and `/rtc/v1`: the WebSocket by which a participant joins.
    case rtc
    /// `/rtc/validate` and `/rtc/v1/validate`: why a join failed.
    case validate
    /// `/twirp/livekit.RoomService/`: calls of a moderator.
    case twirp
    /// `/whip/v1`: a WebRTC publisher over HTTP (RFC 9725).
    case whip

    /// The name of nginx's location that leads there, for the gate's yes.
    var location: String { "@livekit_\(rawValue)" }

    /// The methods of requests that it takes.
    var methods: [UTF8String] {
        switch self {
        case .rtc, .validate: ["GET"]
        case .twirp: ["POST"]
        case .whip: ["POST", "PATCH", "DELETE"]
        }
    }
}

/// A question of nginx to the gate.
package struct GateRequest: Sendable {
    /// The path of the route, which no client can reach.
    package static let path: UTF8String = "/livekit/gate"

    /// `nil` for a word that this program does not know.
    package let endpoint: GateEndpoint?
    package let method: UTF8String
    package let target: Redacted<[UInt8]>
    package let authorization: Redacted<[UInt8]>?
    /// The address of the client, for the log alone.
    package let client: UTF8String
    package let id: RequestID
    /// The name of a meta-variable that came more than once.
    package let repeatedMetaVariable: String?

    package init(
        endpoint: GateEndpoint?,
        method: UTF8String,
        target: Redacted<[UInt8]>,
        authorization: Redacted<[UInt8]>? = nil,
        client: UTF8String,
        id: RequestID,
        repeatedMetaVariable: String? = nil
    ) {
        self.endpoint = endpoint
        self.method = method
        self.target = target
        self.authorization = authorization
        self.client = client
        self.id = id
        self.repeatedMetaVariable = repeatedMetaVariable
    }
}
