import Cryptography
import LiveKitToken
package import StrictJSON

extension JSONWebKey.Material {
    /// The thumbprint of the key (RFC 7638 §3, RFC 8037 §2): the SHA-256 of its required members, in base64url.
    package var thumbprint: UTF8String {
        var members = JSONWriter()
        // In the order of their names, and nothing else.
        members.object { json in for (name, value) in self.members { json.member(name, value) } }
        let digest = SHA256.digest(of: members.bytes.span)
        return UTF8String(ascii: Base64URL.encode(digest.span))
    }

    /// Writes the key as an element of a set (RFC 7517 §4), with its thumbprint as `kid`.
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("kid", thumbprint)
            json.member("use", "sig")
            for (name, value) in members { json.member(name, value) }
        }
    }

    /// The required members, in the order of their names.
    private var members: [(UTF8String, UTF8String)] {
        func text(_ octets: [UInt8]) -> UTF8String { UTF8String(ascii: Base64URL.encode(octets)) }
        return switch self {
        case .rsa(let key): [("e", text(key.exponent)), ("kty", "RSA"), ("n", text(key.modulus))]
        case .ecdsa(let key):
            [("crv", key.curve == .p256 ? "P-256" : "P-384"), ("kty", "EC"), ("x", text(key.x)), ("y", text(key.y))]
        case .ed25519(let key): [("crv", "Ed25519"), ("kty", "OKP"), ("x", text(key.octets))]
        }
    }

    /// The kind and the size of the key, for an operator.
    package var kind: String {
        switch self {
        case .rsa(let key):
            "RSA of \(key.modulus.count * 8 - (key.modulus.first?.leadingZeroBitCount ?? 0)) bits"
        case .ecdsa(let key): key.curve == .p256 ? "P-256" : "P-384"
        case .ed25519: "Ed25519"
        }
    }
}
