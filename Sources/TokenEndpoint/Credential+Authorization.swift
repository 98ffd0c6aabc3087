package import RoomAccess

extension Credential {
    /// Reads the value of an `Authorization` header (RFC 6750 §2.1): `Bearer` in any case, spaces, and a b64token.
    package init(authorization: Redacted<[UInt8]>?) {
        self.init(Result { () throws(SessionError.Missing) in try Self.bearerToken(in: authorization?.value) })
    }

    private static func bearerToken(in header: [UInt8]?) throws(SessionError.Missing) -> BearerToken {
        guard let header else { throw .noAuthorization }
        guard header.count <= scheme.count + 1 + BearerToken.maximumLength else { throw .malformedAuthorization }
        guard isBearer(header) else { throw .otherScheme }
        let bytes = header[scheme.count...].drop { $0 == UInt8(ascii: " ") }
        guard let token = BearerToken(bytes) else { throw .malformedAuthorization }
        return token
    }

    private static let scheme = Array("bearer".utf8)

    /// Whether a header begins with `Bearer` as a word of its own, in any case.
    private static func isBearer(_ header: [UInt8]) -> Bool {
        let (header, scheme) = (header.span, scheme.span)
        guard header.count >= scheme.count else { return false }
        for index in scheme.indices where header[index] | 0x20 != scheme[index] { return false }
        return header.count == scheme.count || header[scheme.count] == UInt8(ascii: " ")
    }
}
