import Cryptography

/// A bearer token as a request carries it (RFC 6750 §2.1), of which nothing is kept but its digest.
package struct SessionCredential {
    /// Longer than any bearer in use; nginx refuses a header line of that size as well.
    package static let maximumLength = 8192

    package let digest: SessionDigest

    /// Reads the value of an `Authorization` header: `Bearer` in any case, spaces, and a b64token.
    ///
    /// - Throws: `.sessionMissing` if it is absent, too long, of another scheme, or has any other character in it.
    package init(authorization: Redacted<[UInt8]>?) throws(Refusal) {
        guard let header = authorization?.value else { throw .sessionMissing(.noAuthorization) }
        guard header.count <= Self.maximumLength else { throw .sessionMissing(.malformedAuthorization) }
        guard Self.isBearer(header) else { throw .sessionMissing(.otherScheme) }
        let token = header[Self.scheme.count...].drop { $0 == UInt8(ascii: " ") }
        guard Self.isB64Token(token) else { throw .sessionMissing(.malformedAuthorization) }
        digest = SessionDigest(bearer: token)
    }

    private static let scheme = Array("bearer".utf8)

    /// Whether this begins with `Bearer` as a word of its own, in any case.
    private static func isBearer(_ header: [UInt8]) -> Bool {
        let (header, scheme) = (header.span, scheme.span)
        guard header.count >= scheme.count else { return false }
        for index in scheme.indices where header[index] | 0x20 != scheme[index] { return false }
        return header.count == scheme.count || header[scheme.count] == UInt8(ascii: " ")
    }

    /// Whether this is a b64token of RFC 6750 §2.1.
    ///
    /// `b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`
    private static func isB64Token(_ token: ArraySlice<UInt8>) -> Bool {
        let characters = token.prefix { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
        return !characters.isEmpty && token[characters.endIndex...].allSatisfy { $0 == UInt8(ascii: "=") }
    }
}

/// The SHA-256 of a bearer: all that a store keeps of it.
///
/// A look-up by digest compares no secret, so its time tells nothing about one.
package struct SessionDigest: Hashable, Sendable {
    /// 32 bytes.
    package let bytes: [UInt8]

    package init(bearer: some Collection<UInt8>) {
        let digest = SHA256.digest(of: ArraySlice(bearer).span)
        bytes = [UInt8](capacity: SHA256.digestLength) { bytes in
            for index in digest.indices { bytes.append(digest[index]) }
        }
    }

    /// Takes a digest that was kept; `nil` unless it has 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == SHA256.digestLength else { return nil }
        self.bytes = bytes
    }
}

/// A value that no print, dump or interpolation shows.
package struct Redacted<Value: Sendable>: Sendable {
    package let value: Value

    package init(_ value: Value) {
        self.value = value
    }
}

extension Redacted: CustomStringConvertible, CustomReflectable {
    package var description: String { "redacted" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
