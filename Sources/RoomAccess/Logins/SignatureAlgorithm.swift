package import StrictJSON

/// A signature algorithm of JSON Web Algorithms (RFC 7518 §3.1, RFC 8037 §3.1) that is verified here.
package enum SignatureAlgorithm: CaseIterable, Sendable {
    case rs256
    case ps256
    case es256
    case es384
    /// Ed25519 alone, under both of its names: "EdDSA", and "Ed25519", which took its place (RFC 9864 §2.2).
    case edDSA
    /// By a secret alone: no key of a set has it.
    case hs256

    /// Takes the name of a header, a key or a setting; `nil` for every other, `none` included.
    ///
    /// Names are compared byte by byte: they are case-sensitive (RFC 7515 §4.1.1).
    package init?(name: UTF8String) {
        guard let algorithm = Self.allCases.first(where: { $0.names.contains(name) }) else { return nil }
        self = algorithm
    }

    /// The name as most have it.
    package var name: UTF8String { names[0] }

    private var names: [UTF8String] {
        switch self {
        case .rs256: ["RS256"]
        case .ps256: ["PS256"]
        case .es256: ["ES256"]
        case .es384: ["ES384"]
        case .edDSA: ["EdDSA", "Ed25519"]
        case .hs256: ["HS256"]
        }
    }
}
