import Cryptography

/// A secret that a provider shares, for HS256 (RFC 7518 §3.2) and nothing else.
///
/// It holds the keyed state of HMAC in place of the secret, in memory that is wiped on release; nothing prints it.
package struct HMACSecret: Sendable {
    /// In bytes: the output size of SHA-256, below which a key is weaker than the algorithm (RFC 7518 §3.2).
    package static let minimumLength = 32

    private let key: HMACSHA256

    /// Takes the bytes of a secret, which stay the caller's to wipe; `nil` for fewer than `minimumLength`.
    package init?(_ secret: Span<UInt8>) {
        guard secret.count >= Self.minimumLength else { return nil }
        key = HMACSHA256(key: secret)
    }

    func isValid(_ signature: Span<UInt8>, for message: Span<UInt8>) -> Bool {
        key.isValid(signature, for: message)
    }
}
