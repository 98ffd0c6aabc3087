/// A credential: what a request carries to prove whose session it is, unjudged.
package struct Credential: Sendable {
    private let bearer: Result<BearerToken, SessionError.Missing>
    /// What the web server says of a login.
    package let login: LoginParameters

    /// Takes the bearer token of a request, or why it has none, and the parameters of the web server.
    package init(_ bearer: Result<BearerToken, SessionError.Missing>, login: LoginParameters = LoginParameters()) {
        self.bearer = bearer
        self.login = login
    }

    /// The bearer token.
    ///
    /// - Throws: `.missing` if the request has none.
    package var bearerToken: BearerToken {
        get throws(SessionError) {
            switch bearer {
            case .success(let token): return token
            case .failure(let why): throw .missing(why)
            }
        }
    }
}

/// A bearer token: a b64token (RFC 6750 §2.1) of bounded length, which no print or dump shows.
package struct BearerToken: Sendable {
    /// In bytes, where its source of sessions has no other bound: with `Bearer ` before it 8,192, the longest header
    /// line that nginx takes as it is.
    package static let maximumLength = 8185

    /// The bytes of the token, for those who verify or digest it.
    package var bytes: ArraySlice<UInt8> { token.value }
    private let token: Redacted<ArraySlice<UInt8>>

    /// Takes a token as it is; `nil` if the bytes are not one.
    ///
    /// `b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`
    package init?(_ bytes: ArraySlice<UInt8>, atMost maximumLength: Int = BearerToken.maximumLength) {
        guard Self.fault(in: bytes, atMost: maximumLength) == nil else { return nil }
        token = Redacted(bytes)
    }

    /// What keeps bytes from being a bearer token, by the first byte that is out of place.
    package enum Fault: Equatable, Sendable {
        case empty
        case tooLong
        /// `=` elsewhere than at the end.
        case equalsSign
        case character(ForeignCharacter)
    }

    /// What keeps bytes from being a bearer token; `nil` if nothing does.
    package static func fault(
        in bytes: ArraySlice<UInt8>,
        atMost maximumLength: Int = BearerToken.maximumLength
    ) -> Fault? {
        guard bytes.count <= maximumLength else { return .tooLong }
        guard !bytes.isEmpty else { return .empty }
        let characters = bytes.prefix { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
        let rest = bytes[characters.endIndex...]
        guard let foreign = rest.first(where: { $0 != UInt8(ascii: "=") }) else {
            return characters.isEmpty ? .equalsSign : nil
        }
        return rest.first == foreign ? .character(ForeignCharacter(foreign)) : .equalsSign
    }

    /// The digest by which a directory knows the token.
    package var digest: SessionDigest { SessionDigest(bearer: bytes) }
}
