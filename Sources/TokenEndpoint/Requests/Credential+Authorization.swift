package import RoomAccess

extension Credential {
    /// Reads the value of an `Authorization` header (RFC 6750 §2.1): `Bearer` in any case, spaces, and a b64token.
    ///
    /// - Parameter maximumLength: the most bytes of the token.
    package init(
        authorization: Redacted<[UInt8]>?,
        login: LoginParameters = LoginParameters(),
        atMost maximumLength: Int = BearerToken.maximumLength
    ) {
        self.init(
            Result { () throws(SessionError.Missing) in
                try Self.bearerToken(in: authorization?.value, atMost: maximumLength)
            },
            login: login
        )
    }

    private static func bearerToken(
        in header: [UInt8]?,
        atMost maximumLength: Int
    ) throws(SessionError.Missing) -> BearerToken {
        guard let header else { throw .noAuthorization }
        guard isBearer(header) else { throw .otherScheme }
        guard header.count <= scheme.count + 1 + maximumLength else {
            throw .malformedAuthorization(.tooLong)
        }
        let bytes = header[scheme.count...].drop { $0 == UInt8(ascii: " ") }
        guard let token = BearerToken(bytes, atMost: maximumLength) else {
            throw .malformedAuthorization(BearerToken.fault(in: bytes, atMost: maximumLength) ?? .empty)
        }
        guard bytes.count > 9 || !placeholders.contains(where: { bytes.elementsEqual($0) }) else { throw .placeholder }
        return token
    }

    private static let scheme = Array("bearer".utf8)

    /// What JavaScript, Java, Python and Swift write where a variable holds nothing: at most 9 bytes.
    private static let placeholders = ["undefined", "null", "None", "nil"].map { Array($0.utf8) }

    /// Whether a header begins with `Bearer` as a word of its own, in any case.
    private static func isBearer(_ header: [UInt8]) -> Bool {
        let (header, scheme) = (header.span, scheme.span)
        guard header.count >= scheme.count else { return false }
        for index in scheme.indices where header[index] | 0x20 != scheme[index] { return false }
        return header.count == scheme.count || header[scheme.count] == UInt8(ascii: " ")
    }
}
