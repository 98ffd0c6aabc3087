import Foundation
import JWTSessions
import LiveKitToken
import RoomAccess
import StrictJSON
import Testing

/// All that a key set can be asked for.
let everyAlgorithm: Set<SignatureAlgorithm> = [.rs256, .ps256, .es256, .es384, .edDSA]

/// The length that the design of the service allows.
let maximumLength = 16_000

func base64url(_ bytes: some Collection<UInt8>) -> String {
    String(decoding: Base64URL.encode(bytes), as: UTF8.self)
}

/// A token of a header and a payload as they are written, under any signature.
func token(_ header: String, _ payload: String = "{}", signature: [UInt8] = [0]) -> String {
    [base64url(header.utf8), base64url(payload.utf8), base64url(signature)].joined(separator: ".")
}

extension CompactJWS {
    init(_ token: String, maximumLength: Int = maximumLength) throws(TokenFault) {
        try self.init(Array(token.utf8)[...], maximumLength: maximumLength)
    }
}

extension JSONWebKeySet {
    init(_ text: String, for algorithms: Set<SignatureAlgorithm> = everyAlgorithm) throws(KeySetError) {
        try self.init(parsing: Array(text.utf8), for: algorithms)
    }
}

/// What becomes of a token: its payload, or the fault.
func verdict(_ token: String, _ set: JSONWebKeySet) -> Result<String, TokenFault> {
    Result { () throws(TokenFault) in
        String(decoding: try CompactJWS(token).verified(by: set).bytes, as: UTF8.self)
    }
}

/// A secret of base64url.
func secret(_ text: String) throws -> HMACSecret {
    try #require(Base64URL.decode(text.utf8).flatMap { HMACSecret($0.span) })
}
