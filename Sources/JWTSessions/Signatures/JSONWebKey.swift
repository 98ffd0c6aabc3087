package import Cryptography
import LiveKitToken
package import RoomAccess
package import StrictJSON

/// A public key of a set (RFC 7517 §4), and the algorithms that it is for.
package struct JSONWebKey: Equatable, Sendable {
    package enum Material: Equatable, Sendable {
        case rsa(RSAPublicKey)
        case ecdsa(ECDSAPublicKey)
        case ed25519(Ed25519PublicKey)
    }

    /// `kid`, any text (RFC 7517 §4.5).
    package let id: UTF8String?
    /// Never empty: what the kind of the key and its `alg` allow, and the configuration too.
    package let algorithms: Set<SignatureAlgorithm>
    package let material: Material

    /// Takes a key of a set.
    ///
    /// - Parameters:
    ///   - json: an object. What is not named here is not looked at, `x5c` and its like: the set is what is trusted.
    ///   - configured: the algorithms that the deployment allows.
    /// - Throws: why it verifies nothing here, so that the set goes on without it (RFC 7517 §5).
    init(_ json: JSONValue, for configured: Set<SignatureAlgorithm>) throws(SkippedKey.Reason) {
        id = try json.optionalText("kid")
        let suitable: Set<SignatureAlgorithm>
        (material, suitable) = try Self.material(of: json)
        if let use = try json.optionalText("use"), use != "sig" { throw .unsupported("use", use) }  // RFC 7517 §4.2
        if let operations = json["key_ops"] {  // RFC 7517 §4.3
            guard case .array(let operations) = operations else { throw .malformed("key_ops") }
            guard operations.contains(.string("verify")) else { throw .notForVerifying }
        }
        // RFC 7517 §4.4; a key is for one algorithm if it says so (RFC 8725 §3.1).
        var own = suitable
        if let name = try json.optionalText("alg") {
            guard let algorithm = SignatureAlgorithm(name: name), suitable.contains(algorithm) else {
                throw .unsupported("alg", name)
            }
            own = [algorithm]
        }
        algorithms = own.intersection(configured)
        guard !algorithms.isEmpty else { throw .notConfigured(own) }
    }

    private static func material(of json: JSONValue) throws(SkippedKey.Reason) -> (Material, Set<SignatureAlgorithm>) {
        switch (try json.text("kty"), try json.optionalText("crv")) {
        case ("RSA", _):  // RFC 7518 §6.3.1
            let (n, e) = (try json.octets("n"), try json.octets("e"))
            let key = try judged { () throws(PublicKeyError) in try RSAPublicKey(modulus: n, exponent: e) }
            return (.rsa(key), [.rs256, .ps256])
        // RFC 7518 §6.2.1: a curve has one algorithm (§3.4).
        case ("EC", "P-256"): return (try point(json, on: .p256), [.es256])
        case ("EC", "P-384"): return (try point(json, on: .p384), [.es384])
        case ("OKP", "Ed25519"):  // RFC 8037 §2: the curve decides, as Ed448 goes by EdDSA too
            let x = try json.octets("x")
            let key = try judged { () throws(PublicKeyError) in try Ed25519PublicKey(x) }
            return (.ed25519(key), [.edDSA])
        case ("EC", let curve), ("OKP", let curve): throw curve.map { .unsupported("crv", $0) } ?? .malformed("crv")
        case (let kind, _): throw .unsupported("kty", kind)
        }
    }

    private static func point(_ json: JSONValue, on curve: ECDSAPublicKey.Curve) throws(SkippedKey.Reason) -> Material {
        let (x, y) = (try json.octets("x"), try json.octets("y"))
        return .ecdsa(try judged { () throws(PublicKeyError) in try ECDSAPublicKey(curve: curve, x: x, y: y) })
    }

    private static func judged<Key>(_ key: () throws(PublicKeyError) -> Key) throws(SkippedKey.Reason) -> Key {
        do {
            return try key()
        } catch {
            throw .refused(error)
        }
    }

    /// Whether the owner of this key signed that message, under one of its algorithms.
    func isValid(_ signature: Span<UInt8>, for message: Span<UInt8>, _ algorithm: SignatureAlgorithm) -> Bool {
        switch (material, algorithm) {
        case (.rsa(let key), .rs256): key.isValid(signature, for: message, padding: .pkcs1)
        case (.rsa(let key), .ps256): key.isValid(signature, for: message, padding: .pss)
        case (.ecdsa(let key), .es256) where key.curve == .p256: key.isValid(signature, for: message)
        case (.ecdsa(let key), .es384) where key.curve == .p384: key.isValid(signature, for: message)
        case (.ed25519(let key), .edDSA): key.isValid(signature, for: message)
        default: false
        }
    }
}

extension JSONValue {
    fileprivate func text(_ name: UTF8String) throws(SkippedKey.Reason) -> UTF8String {
        guard let text = self[name]?.text else { throw .malformed(name) }
        return text
    }

    fileprivate func optionalText(_ name: UTF8String) throws(SkippedKey.Reason) -> UTF8String? {
        self[name] == nil ? nil : try text(name)
    }

    /// Base64urlUInt and coordinates alike (RFC 7518 §2, §6.2.1.2): base64url in its one spelling.
    fileprivate func octets(_ name: UTF8String) throws(SkippedKey.Reason) -> [UInt8] {
        guard let octets = Base64URL.decode(try text(name).utf8) else { throw .malformed(name) }
        return octets
    }
}
