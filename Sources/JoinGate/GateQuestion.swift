import LiveKitToken
import RoomAccess
import StrictJSON

/// A question that was read: one token, of one place, and the query for LiveKit.
///
/// Both go back to the web server in headers, so that neither has a byte that is not visible ASCII.
struct GateQuestion {
    let endpoint: GateEndpoint
    let token: [UInt8]
    let query: [UInt8]

    /// Reads a request.
    ///
    /// - Throws: the first fault: of the web server's parameters, the method, the query, the token's place, the length.
    init(_ request: GateRequest) throws(JoinRefusal) {
        guard let endpoint = request.endpoint, request.repeatedMetaVariable == nil else {
            throw .unavailable(.parameters)
        }
        guard endpoint.methods.contains(request.method) else { throw .method }
        let query: SignallingQuery
        do throws(SignallingQueryFault) {
            query = try SignallingQuery(ofTarget: request.target.value)
        } catch {
            throw .query(error)
        }
        let bearer = try request.authorization.map { (header) throws(JoinRefusal) in try Self.bearer(header.value) }
        guard bearer == nil || query.token == nil else { throw .tokenTwice }
        guard let token = bearer ?? query.token else { throw .tokenMissing }
        guard token.count + query.rewritten.count <= Gate.maximumLength else { throw .tooLong }
        guard query.rewritten.allSatisfy(Self.isVisible) else { throw .query(.malformed) }
        guard token.allSatisfy(Self.isVisible) else { throw .token(.malformed) }
        self.endpoint = endpoint
        self.token = token
        self.query = query.rewritten
    }

    /// The token of a header, as LiveKit takes it: after `Bearer` and one space, in this spelling alone.
    private static func bearer(_ header: [UInt8]) throws(JoinRefusal) -> [UInt8] {
        let scheme = Array("Bearer ".utf8)
        guard header.starts(with: scheme), header.count > scheme.count else { throw .authorizationMalformed }
        return Array(header.dropFirst(scheme.count))
    }

    private static func isVisible(_ byte: UInt8) -> Bool { (0x21...0x7E).contains(byte) }
}
