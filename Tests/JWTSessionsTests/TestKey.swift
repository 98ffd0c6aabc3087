import CNettle
import Cryptography
import JWTSessions
import LiveKitToken
import RoomAccess

/// A key that signs under Ed25519, so that a test can sign any header: what is refused then is refused for that header.
struct TestKey {
    private let secret: [UInt8]
    let publicKey: [UInt8]

    /// The key of a seed, the same on each machine.
    init(_ seed: UInt8) {
        secret = [UInt8](repeating: seed, count: 32)
        var publicKey = [UInt8](repeating: 0, count: 32)
        unsafe nettle_ed25519_sha512_public_key(&publicKey, secret)
        self.publicKey = publicKey
    }

    /// A token of a header and a payload as they are written.
    func token(_ header: String, _ payload: String = #"{"sub":"ada"}"#) -> String {
        token(Array(header.utf8), Array(payload.utf8))
    }

    func token(_ header: [UInt8], _ payload: [UInt8]) -> String {
        let input = "\(base64url(header)).\(base64url(payload))"
        return "\(input).\(base64url(signature(of: Array(input.utf8))))"
    }

    /// A token of a header that asks for no key by its name.
    var token: String { token(#"{"alg":"EdDSA"}"#) }

    func signature(of message: [UInt8]) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: 64)
        unsafe nettle_ed25519_sha512_sign(publicKey, secret, message.count, message, &signature)
        return signature
    }

    /// The key as a set has it, with more members.
    func jwk(_ members: String = "") -> String {
        #"{"kty":"OKP","crv":"Ed25519","x":"\#(base64url(publicKey))"\#(members.isEmpty ? "" : "," + members)}"#
    }
}

/// A set of these keys.
func keySet(_ keys: [String], for algorithms: Set<SignatureAlgorithm> = everyAlgorithm) throws(KeySetError)
    -> JSONWebKeySet
{
    try JSONWebKeySet(#"{"keys":[\#(keys.joined(separator: ","))]}"#, for: algorithms)
}
