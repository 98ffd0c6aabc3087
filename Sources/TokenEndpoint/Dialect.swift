import LiveKitToken
import StrictJSON

/// How a client speaks: how its body becomes a `TokenRequest`, and how a token becomes an answer.
///
/// What lies in between, the decision, is the same for all.
enum Dialect {
    /// `POST /livekit/token`.
    case token
    /// `POST /livekit/token-source`, which LiveKit's own clients speak.
    case tokenSource(TokenSourcePolicy)

    /// Reads a body; the identity is the one that the caller will have, `nil` if that is a new one each time.
    func request(
        decoding body: [UInt8],
        ids: IDPattern,
        as identity: () -> ParticipantIdentity?
    ) throws(Refusal) -> TokenRequest {
        switch self {
        case .token:
            try TokenRequest(decoding: body, ids: ids)
        case .tokenSource(let policy):
            try TokenSourceRequest(decoding: body).request(allowedBy: policy, ids: ids, as: identity())
        }
    }

    func answer(_ token: AccessToken, _ record: AuditEvent.Issuance, requestID: RequestID) -> HTTPResponse {
        switch self {
        case .token: .token(token, expiresAt: record.expiresAt, requestID: requestID)
        case .tokenSource(let policy): .tokenSource(token, record, server: policy.serverURL, requestID: requestID)
        }
    }
}
