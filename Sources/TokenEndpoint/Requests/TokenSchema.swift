import LiveKitToken
import RoomAccess

/// The schema of a token request and its answer: the endpoint's own, or LiveKit's.
///
/// The decision in between is the same for both.
enum TokenSchema: Sendable {
    /// `POST /livekit/token`.
    case token
    /// `POST /livekit/token-source`, which LiveKit's own clients speak.
    case tokenSource(TokenSourcePolicy)

    /// Reads a body; `identity` is the one that the token will have, and `newUUID` makes a UUID for the name of a room.
    func request(
        decoding body: [UInt8],
        ids: IDPattern,
        as identity: ParticipantIdentity,
        newUUID: () -> UUID
    ) throws(Refusal) -> TokenRequest {
        switch self {
        case .token:
            try TokenRequest(decoding: body, ids: ids)
        case .tokenSource(let policy):
            try TokenSourceRequest(decoding: body)
                .request(allowedBy: policy, ids: ids, as: identity, newUUID: newUUID)
        }
    }

    func response(_ issued: IssuedToken, requestID: RequestID) -> HTTPResponse {
        switch self {
        case .token: .token(issued, requestID: requestID)
        case .tokenSource(let policy): .tokenSource(issued, server: policy.serverURL, requestID: requestID)
        }
    }
}
