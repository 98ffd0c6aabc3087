package import StrictJSON

/// A JSON Web Signature in compact serialization (RFC 7515 §7.1), under HS256 and nothing else.
///
/// The algorithm is never taken from the token (RFC 8725 §3.1): a header that names another one is refused.
package struct JSONWebSignature {
    /// `{"alg":"HS256","typ":"JWT"}`, encoded.
    private static let encodedHeader = Base64URL.encode(#"{"alg":"HS256","typ":"JWT"}"#.utf8)

    /// The 32 bytes of HMAC-SHA256, encoded.
    private static let encodedSignatureLength = 43

    /// The parameters of the header (RFC 7515 §4), each name once.
    package let header: [JSONMember]
    /// The payload, of any media type.
    package let payload: [UInt8]
    private let signingInput: ArraySlice<UInt8>
    private let signature: [UInt8]

    /// Signs a payload; the same payload and key give the same bytes.
    package static func compact(signing payload: [UInt8], with key: APIKey) -> [UInt8] {
        var compact = encodedHeader
        compact.reserveCapacity(encodedHeader.count + payload.count * 4 / 3 + 48)
        compact.append(UInt8(ascii: "."))
        compact.append(contentsOf: Base64URL.encode(payload))
        let code = key.authenticationCode(for: compact.span)
        compact.append(UInt8(ascii: "."))
        compact.append(contentsOf: Base64URL.encode(code.span))
        return compact
    }

    /// The length in bytes of the compact serialization of a payload of so many bytes.
    static func compactLength(ofPayload count: Int) -> Int {
        encodedHeader.count + 1 + (count * 4 + 2) / 3 + 1 + encodedSignatureLength
    }

    /// Takes a compact serialization apart; its signature is not checked yet.
    ///
    /// - Throws: `.malformed` unless it has exactly three parts of canonical base64url and a header that is strict
    ///   JSON; `.unsupportedAlgorithm` unless that header says `HS256`, or if it has `crit` (RFC 7515 §4.1.11).
    package init(compact: [UInt8]) throws(JSONWebSignatureError) {
        // Of three parts these are the two points; of more, a part has one, which is no character of base64url.
        guard let (first, last) = Self.points(of: compact),
            let payload = Base64URL.decode(compact[(first + 1)..<last]),
            let signature = Base64URL.decode(compact[(last + 1)...])
        else { throw .malformed }
        let encoded = compact[..<first]
        header = encoded.elementsEqual(Self.encodedHeader) ? Self.ownHeader : try Self.accept(header: encoded)
        self.payload = payload
        self.signature = signature
        signingInput = compact[..<last]
    }

    /// The payload of what `compact(signing:with:)` gave; `nil` if it is not there.
    static func payload(of compact: [UInt8]) -> [UInt8]? {
        guard let (first, last) = points(of: compact) else { return nil }
        return Base64URL.decode(compact[(first + 1)..<last])
    }

    /// The first and the last point of a text that has at least two.
    private static func points(of compact: [UInt8]) -> (first: Int, last: Int)? {
        guard let first = compact.firstIndex(of: UInt8(ascii: ".")),
            let last = compact.lastIndex(of: UInt8(ascii: ".")),
            first < last
        else { return nil }
        return (first, last)
    }

    /// The header that this program writes.
    private static let ownHeader = [
        JSONMember(name: "alg", value: .string("HS256")), JSONMember(name: "typ", value: .string("JWT")),
    ]

    /// Accepts a header in another spelling than this program's.
    private static func accept(header encoded: ArraySlice<UInt8>) throws(JSONWebSignatureError) -> [JSONMember] {
        guard let bytes = Base64URL.decode(encoded), let header = try? JSONValue(parsing: bytes) else {
            throw .malformed
        }
        guard header["alg"] == .string("HS256"), header["crit"] == nil else { throw .unsupportedAlgorithm }
        return header.members ?? []
    }

    /// Whether this key made the signature; the time it takes does not depend on the signature.
    package func isSigned(by key: APIKey) -> Bool {
        key.isValidAuthenticationCode(signature.span, for: signingInput.span)
    }
}

/// Why bytes are not a signature that this program accepts.
package enum JSONWebSignatureError: Error, Equatable {
    case malformed
    case unsupportedAlgorithm
}
