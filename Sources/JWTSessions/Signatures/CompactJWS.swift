import LiveKitToken
import RoomAccess
package import StrictJSON

/// A JSON Web Signature in compact serialization (RFC 7515 §7.1), taken apart and not verified yet.
///
/// Its payload comes out of `verified(by:)`, which is the one way to a `VerifiedPayload`.
package struct CompactJWS: Sendable {
    package enum Part: String, Sendable {
        case header, payload, signature
    }

    /// `alg` of the header, as it came; only a set or a secret says whether it is allowed (RFC 8725 §3.1).
    package let algorithmName: UTF8String
    /// `kid` of the header; any text, an empty one too.
    package let keyID: UTF8String?

    private let signingInput: Redacted<ArraySlice<UInt8>>
    private let payload: Redacted<[UInt8]>
    private let signature: Redacted<[UInt8]>

    /// Takes a token apart, and judges its header.
    ///
    /// - Parameters:
    ///   - token: the bytes of the bearer, whole.
    ///   - maximumLength: in bytes; the work is bounded by it.
    package init(_ token: ArraySlice<UInt8>, maximumLength: Int) throws(TokenFault) {
        guard token.count <= maximumLength else {
            throw .tooLong(bytes: token.count, maximumLength: maximumLength)
        }
        let parts = token.split(separator: UInt8(ascii: "."), maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw parts.count == 5 && !parts[0].isEmpty ? .encrypted : .parts }
        let header = try Self.decode(parts[0], .header)
        payload = Redacted(try Self.decode(parts[1], .payload))
        signature = Redacted(try Self.decode(parts[2], .signature))
        // RFC 7515 §5.1: the first two parts with the dot between them, as they came.
        signingInput = Redacted(token[..<parts[1].endIndex])
        (algorithmName, keyID) = try Self.judge(header: header)
    }

    private static func decode(_ part: ArraySlice<UInt8>, _ name: Part) throws(TokenFault) -> [UInt8] {
        guard let bytes = Base64URL.decode(part) else { throw .encoding(name) }
        return bytes
    }

    /// Members that RFC 7515 §4.1 and its successors define and that no provider needs to send: `crit`, `b64` (RFC
    /// 7797) and `zip` (RFC 7516 §4.1.3) change what is signed, the others are keys that the sender chose (RFC 8725
    /// §3.10).
    private static let refusedMembers: [UTF8String] = ["crit", "b64", "zip", "jwk", "jku", "x5u", "x5c"]

    /// Values of `typ`, in lower case: of a JWT (RFC 7519 §5.1) and of an access token, in both forms (RFC 9068 §2.1).
    private static let types = ["jwt", "at+jwt", "application/at+jwt"].map { Array($0.utf8) }

    private static func judge(header: [UInt8]) throws(TokenFault) -> (UTF8String, UTF8String?) {
        let value: JSONValue
        do throws(JSONError) {
            // No name occurs twice (RFC 7515 §4).
            value = try JSONValue(parsing: header)
        } catch {
            throw .headerSyntax(error)
        }
        guard value.members != nil else { throw .headerNotObject }
        if let member = refusedMembers.first(where: { value[$0] != nil }) { throw .member(member) }
        guard let algorithm = value["alg"]?.text else { throw .algorithmMissing }
        if let type = value["typ"] {
            let text = type.text?.utf8.map(\.lowercase)
            guard let text, types.contains(text) else { throw .type(TokenFault.cleaned(type.text)) }
        }
        guard let keyID = value["kid"] else { return (algorithm, nil) }
        guard let text = keyID.text else { throw .keyIDNotText }
        return (algorithm, text)
    }

    /// The payload, which anybody may have written: it may choose by whose keys the token is to be verified, as its
    /// issuer does, and decide nothing else.
    package var unverifiedPayload: [UInt8] { payload.value }

    /// The payload, once the one key of a set that the header asks for has verified the signature.
    ///
    /// One key is tried, whatever comes of it: the key that the `kid` names, if it is for the algorithm, or without a
    /// `kid` the only one that is.
    package func verified(by set: JSONWebKeySet) throws(TokenFault) -> VerifiedPayload {
        let algorithm = try algorithm(of: set.algorithms)
        let key = try set.key(for: algorithm, id: keyID)
        guard key.isValid(signature.value.span, for: signingInput.value.span, algorithm) else { throw .signature }
        return VerifiedPayload(payload)
    }

    /// The payload, once a secret has verified the signature; a `kid` is not looked at.
    package func verified(by secret: HMACSecret) throws(TokenFault) -> VerifiedPayload {
        _ = try algorithm(of: [.hs256])
        guard secret.isValid(signature.value.span, for: signingInput.value.span) else { throw .signature }
        return VerifiedPayload(payload)
    }

    private func algorithm(of allowed: Set<SignatureAlgorithm>) throws(TokenFault) -> SignatureAlgorithm {
        guard let algorithm = SignatureAlgorithm(name: algorithmName), allowed.contains(algorithm) else {
            throw .algorithm(TokenFault.cleaned(algorithmName))
        }
        return algorithm
    }
}

/// The payload of a token whose signature is valid; only `CompactJWS.verified(by:)` makes one.
package struct VerifiedPayload: Sendable {
    package var bytes: [UInt8] { payload.value }
    private let payload: Redacted<[UInt8]>

    fileprivate init(_ payload: Redacted<[UInt8]>) {
        self.payload = payload
    }
}
