import CNettle

/// An RSA public key (RFC 8017 §3.1) of 2,048 to 8,192 bits, which verifies signatures over SHA-256.
package struct RSAPublicKey: Sendable {
    /// The sizes that are taken: NIST SP 800-131A and RFC 7518 §3.3 ask for the lower, processor time for the upper.
    package static let bits = 2048...8192

    /// How a signature pads the digest.
    package enum Padding: Sendable {
        /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
        case pkcs1
        /// RSASSA-PSS (RFC 8017 §8.1), the mask by SHA-256 too, with 32 bytes of salt, neither more nor fewer.
        case pss
    }

    /// The modulus, big-endian; as many octets as a signature has.
    package let modulus: [UInt8]
    /// The exponent, big-endian.
    package let exponent: [UInt8]
    private let key: PreparedKey

    /// Takes a key whose modulus and exponent are minimal big-endian octets.
    package init(modulus: [UInt8], exponent: [UInt8]) throws(PublicKeyError) {
        guard modulus.first != 0, exponent.first != 0 else { throw .leadingZero }
        let bits = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 0)
        guard bits >= Self.bits.lowerBound else { throw .tooShort(bits: bits) }
        guard bits <= Self.bits.upperBound else { throw .tooLong(bits: bits) }
        guard modulus.last.map({ $0 & 1 }) == 1 else { throw .evenModulus }
        // Without zeros in front, and odd: at least 3 unless it is 1.
        guard (1...4).contains(exponent.count), exponent.last.map({ $0 & 1 }) == 1, exponent != [1] else {
            throw .exponent
        }
        guard let key = PreparedKey(modulus: modulus.span, exponent: exponent.span) else { throw .evenModulus }
        (self.modulus, self.exponent, self.key) = (modulus, exponent, key)
    }

    /// Whether the owner of this key signed that message.
    ///
    /// A signature has as many octets as the modulus (RFC 8017 §8.1.2, §8.2.2): nettle sees an integer alone, and would
    /// take one with zeros in front.
    package func isValid(_ signature: Span<UInt8>, for message: Span<UInt8>, padding: Padding) -> Bool {
        guard signature.count == modulus.count else { return false }
        let digest = SHA256.digest(of: message)
        return key.verifies(signature, digest: digest.span, padding)
    }
}

extension RSAPublicKey: Equatable {
    package static func == (one: RSAPublicKey, other: RSAPublicKey) -> Bool {
        one.modulus == other.modulus && one.exponent == other.exponent
    }
}

/// A key as nettle holds it, at an address that never changes.
///
/// It is unchecked because of the pointer. What it points to is written before the initializer returns and read only
/// from then on.
@safe
private final class PreparedKey: @unchecked Sendable {
    private let key: UnsafeMutablePointer<rsa_public_key>

    /// Sets up a key; `nil` for a modulus that nettle refuses.
    init?(modulus: Span<UInt8>, exponent: Span<UInt8>) {
        unsafe key = .allocate(capacity: 1)
        unsafe nettle_rsa_public_key_init(key)
        unsafe set(&key.pointee.n, to: modulus)
        unsafe set(&key.pointee.e, to: exponent)
        guard unsafe nettle_rsa_public_key_prepare(key) == 1 else { return nil }
    }

    deinit {
        unsafe nettle_rsa_public_key_clear(key)
        unsafe key.deallocate()
    }

    func verifies(_ signature: Span<UInt8>, digest: Span<UInt8>, _ padding: RSAPublicKey.Padding) -> Bool {
        unsafe withInteger(signature) { signature in
            unsafe digest.withUnsafeBufferPointer { digest in
                switch padding {
                case .pkcs1: unsafe nettle_rsa_sha256_verify_digest(key, digest.baseAddress, signature) == 1
                case .pss:
                    unsafe nettle_rsa_pss_sha256_verify_digest(key, digest.count, digest.baseAddress, signature) == 1
                }
            }
        }
    }
}
