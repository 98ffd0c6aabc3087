package import Cryptography
package import RoomAccess
package import StrictJSON

/// Why a key set is refused whole, so that the last good one stays; keys are counted from 0.
package enum KeySetError: Error, Equatable, Sendable {
    case tooLong(bytes: Int)
    case syntax(JSONError)
    /// No object with an array `keys` (RFC 7517 §5.1).
    case notASet
    /// An object of certificates by `kid`: the issuer has a key set elsewhere.
    case certificates
    case tooManyKeys(Int)
    case notAKey(Int)
    /// A member that a private key alone has: somebody published it.
    case privateMember(Int, UTF8String)
    /// A key of kind `oct`: somebody published a secret.
    case secretKey(Int)
    /// RSA of fewer than 2,048 bits.
    case weakKey(Int, bits: Int)
    /// Two keys of one `kid` and one algorithm.
    case conflict(UTF8String)
    case noUsableKey([SkippedKey])
}

/// A key of a set that verifies nothing here, and why.
package struct SkippedKey: Equatable, Sendable {
    /// Counted from 0.
    package let index: Int
    package let id: UTF8String?
    package let reason: Reason

    package enum Reason: Error, Equatable, Sendable {
        /// A value of `kty`, `crv`, `alg` or `use` with which a key verifies nothing here.
        case unsupported(UTF8String, UTF8String)
        /// A `key_ops` without `verify`.
        case notForVerifying
        /// A member that is missing, or no text, or not base64url in its one spelling.
        case malformed(UTF8String)
        case refused(PublicKeyError)
        /// Good for these algorithms, of which the configuration allows none.
        case notConfigured(Set<SignatureAlgorithm>)
        /// The same key as one before it.
        case repeated
    }
}
