package import Cryptography

/// A file of public keys in PEM: SubjectPublicKeyInfo (RFC 5280 §4.1, RFC 7468 §13), RSAPublicKey (RFC 8017 §A.1.1), or
/// X.509 certificates, of which the key alone counts.
package struct PublicKeyFile: Sendable {
    /// In bytes; a chain of certificates has less.
    package static let maximumLength = 65_536

    /// The keys, in their order: at least one.
    package let keys: [JSONWebKey.Material]

    /// Reads a file.
    package init(_ bytes: [UInt8]) throws(PublicKeyFileError) {
        var keys: [JSONWebKey.Material] = []
        let blocks = try PEMBlock.blocks(of: bytes)
        for block in blocks {
            // The whole file, even where a public key stands beside it: it is to be kept from other eyes.
            if block.label.hasSuffix("PRIVATE KEY") { throw .privateKey }
        }
        for block in blocks {
            do {
                keys.append(try Self.key(block))
            } catch let error as PublicKeyFileError {
                throw error
            } catch let error as PublicKeyError {
                throw .refused(error)
            } catch {
                throw .der(block.label)
            }
        }
        guard !keys.isEmpty else {
            throw bytes.first == DERReader.Tag.sequence.rawValue ? .binary : .noKey
        }
        self.keys = keys
    }

    private static func key(_ block: PEMBlock) throws -> JSONWebKey.Material {
        var reader = DERReader(block.contents)
        let key: JSONWebKey.Material
        switch block.label {
        case "PUBLIC KEY": key = try subjectPublicKeyInfo(&reader)
        case "RSA PUBLIC KEY": key = try rsa(&reader)
        case "CERTIFICATE": key = try certificate(&reader)
        default: throw PublicKeyFileError.label(block.label)
        }
        try reader.end()
        return key
    }

    /// `Certificate`: its `tbsCertificate` has the key as its seventh part, or as the sixth without a version.
    private static func certificate(_ reader: inout DERReader) throws -> JSONWebKey.Material {
        var certificate = try reader.sequence()
        var toBeSigned = try certificate.sequence()
        if toBeSigned.isNext(.version) { try toBeSigned.skip() }
        _ = try toBeSigned.contents(of: .integer)
        // Signature algorithm, issuer, validity, subject.
        for _ in 0..<4 { _ = try toBeSigned.contents(of: .sequence) }
        return try subjectPublicKeyInfo(&toBeSigned)
    }

    /// Object identifiers: RFC 3279 §2.3.1, RFC 5480 §2.1.1, RFC 8410 §3.
    private enum Identifier {
        static let rsa: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]
        static let rsaPSS: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A]
        static let ec: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
        static let p256: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
        static let p384: [UInt8] = [0x2B, 0x81, 0x04, 0x00, 0x22]
        static let ed25519: [UInt8] = [0x2B, 0x65, 0x70]
    }

    private static func subjectPublicKeyInfo(_ reader: inout DERReader) throws -> JSONWebKey.Material {
        var info = try reader.sequence()
        var algorithm = try info.sequence()
        let identifier = Array(try algorithm.contents(of: .objectIdentifier))
        let octets: ArraySlice<UInt8>
        switch identifier {
        case Identifier.rsa:
            guard try algorithm.contents(of: .null).isEmpty else { throw DERReader.Malformed() }
            octets = try info.octetsOfBits()
        case Identifier.ec:
            // Parameters that are written out in place of a name are not taken (RFC 5480 §2.1.1).
            guard algorithm.isNext(.objectIdentifier) else { throw PublicKeyFileError.unsupported }
            let curve = Array(try algorithm.contents(of: .objectIdentifier))
            try algorithm.end()
            octets = try info.octetsOfBits()
            try info.end()
            switch curve {
            case Identifier.p256: return try ecdsa(.p256, octets)
            case Identifier.p384: return try ecdsa(.p384, octets)
            default: throw PublicKeyFileError.unsupported
            }
        case Identifier.ed25519:
            octets = try info.octetsOfBits()
        case Identifier.rsaPSS: throw PublicKeyFileError.pssOnly
        default: throw PublicKeyFileError.unsupported
        }
        try algorithm.end()
        try info.end()
        if identifier == Identifier.ed25519 { return .ed25519(try Ed25519PublicKey(Array(octets))) }
        var key = DERReader(octets)
        let material = try rsa(&key)
        try key.end()
        return material
    }

    /// `RSAPublicKey`: the modulus and the exponent.
    private static func rsa(_ reader: inout DERReader) throws -> JSONWebKey.Material {
        var key = try reader.sequence()
        let (modulus, exponent) = (try key.unsigned(), try key.unsigned())
        try key.end()
        return .rsa(try RSAPublicKey(modulus: Array(modulus), exponent: Array(exponent)))
    }

    /// A point, uncompressed: 4, x and y (RFC 5480 §2.2).
    private static func ecdsa(_ curve: ECDSAPublicKey.Curve, _ octets: ArraySlice<UInt8>) throws -> JSONWebKey.Material
    {
        guard octets.first == 4 else { throw PublicKeyFileError.compressed }
        let (x, y) = (
            Array(octets.dropFirst().prefix(curve.coordinateLength)),
            Array(octets.dropFirst(1 + curve.coordinateLength))
        )
        return .ecdsa(try ECDSAPublicKey(curve: curve, x: x, y: y))
    }
}

/// Why a file is not one of public keys.
package enum PublicKeyFileError: Error, Equatable, Sendable {
    /// No block of PEM.
    case noKey
    /// DER without PEM around it.
    case binary
    /// A block that does not end, or whose text is not base64.
    case pem
    case privateKey
    /// A block of another kind.
    case label(String)
    /// Contents that are not DER of the form that the label says.
    case der(String)
    /// A kind of key, or a curve, that is not verified here.
    case unsupported
    /// An RSA key that is for RSASSA-PSS alone (RFC 4055 §1.2).
    case pssOnly
    /// A point of a curve in its short form.
    case compressed
    case refused(PublicKeyError)

    /// What is wrong, for an operator: a predicate.
    package var problem: String {
        switch self {
        case .noKey: "holds no public key in PEM, which begins with -----BEGIN PUBLIC KEY-----"
        case .binary: "is DER; make PEM of it: openssl pkey -pubin -inform DER -in FILE"
        case .pem: "is not whole: a block of PEM does not end, or is not base64"
        case .privateKey:
            "holds a private key, which stays with the one who signs; make the public one of it there: "
                + "openssl pkey -in FILE -pubout"
        case .label(let label): "holds a block of another kind, \(label); of keys only public ones are taken"
        case .der(let label): "holds a \(label) that is not well formed"
        case .unsupported: "holds a key that is neither RSA, nor of the curves P-256 and P-384, nor Ed25519"
        case .pssOnly:
            "holds an RSA key that is for PSS alone; make a key of kind rsaEncryption, which allows PS256 too"
        case .compressed:
            "holds a point in its short form; write it whole: openssl ec -pubin -in FILE -conv_form uncompressed"
        case .refused(let error): "holds a key that \(error.problem)"
        }
    }
}
