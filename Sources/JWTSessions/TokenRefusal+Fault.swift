import RoomAccess
import StrictJSON

extension TokenRefusal {
    /// The refusal of a bearer whose form, header or signature is at fault, in words for an operator.
    ///
    /// - Parameter issuer: the entry of the configuration; `nil` before it is known.
    init(_ fault: TokenFault, of issuer: JWTIssuer?) {
        let setting = issuer?.setting ?? "sessions.jwt"
        let names = (issuer?.algorithms.map(\.name.description) ?? []).sorted().joined(separator: ", ")
        let allowed = "\(setting).algorithms has \(names)"
        switch fault {
        case .tooLong(let bytes, let maximumLength):
            self.init(.tooLong, "the token has \(bytes) bytes, and sessions.jwt.max_length is \(maximumLength)")
        case .parts: self.init(.parts, "the bearer is no signed token, which has three parts with a dot between them")
        case .encrypted:
            self.init(.encrypted, "the bearer is an encrypted token (JWE), which its issuer alone can read")
        case .encoding(let part):
            self.init(.encoding, "the \(part.rawValue) of the token is not base64url without padding (RFC 7515)")
        case .headerSyntax(let error):
            self.init(.header, "the header of the token is not JSON: \(error.kind.rawValue) at byte \(error.offset)")
        case .headerNotObject: self.init(.header, "the header of the token is no object")
        case .keyIDNotText: self.init(.header, "kid of the header is no text")
        case .algorithmMissing: self.init(.algorithm, "the header of the token has no alg")
        case .algorithm(let name): self.init(.algorithm, "alg is \"\(name)\", and \(allowed)")
        case .type(let type):
            self.init(.type, "typ of the header is \"\(type)\"; a login has JWT, at+jwt or none (RFC 8725)")
        case .member(let name): self.init(.headerMember, "the header has \"\(name)\", which no login needs")
        case .keyIDUnknown(let id):
            let kid = TokenFault.cleaned(id)
            self.init(.keyIDUnknown, "kid is \"\(kid)\", and no key of \(setting).key_set_file has it")
        case .keyAlgorithm(let algorithm):
            self.init(.keyAlgorithm, "alg is \"\(algorithm.name)\", and the key of this kid is for another")
        case .noKey(let algorithm):
            self.init(
                .keyMissing,
                "the token has no kid, and no key of \(setting).key_set_file is for \(algorithm.name)"
            )
        case .ambiguousKey(let algorithm):
            self.init(
                .keyMissing,
                "the token has no kid, and several keys of \(setting).key_set_file are for \(algorithm.name)"
            )
        case .signature:
            self.init(.signature, "the signature is not valid: another key has signed, or the token is changed")
        }
    }
}
