/// Why octets are not a public key that verifies here.
///
/// nettle itself takes an RSA key of any size and exponent, and of an Ed25519 key neither length nor order: these rules
/// are the only ones.
package enum PublicKeyError: Error, Equatable, Sendable {
    /// A modulus or an exponent that begins with a zero octet, so that one key would have many spellings.
    case leadingZero
    /// A modulus of fewer than 2,048 bits (RFC 7518 §3.3).
    case tooShort(bits: Int)
    /// A modulus of more than 8,192 bits, which would take a millisecond and more for each signature.
    case tooLong(bits: Int)
    /// A modulus that is even: no product of two large primes.
    case evenModulus
    /// An exponent that is not an odd number from 3 to 2³² − 1: under 1 every signature is the message itself, and a
    /// long one takes half a second for each signature.
    case exponent
    /// A coordinate or a key of that many octets, in place of the one number that its curve has.
    case wrongLength(Int)
    /// Coordinates that are no point of the curve.
    case notOnCurve
    /// A point of small order, under which one signature is valid for many messages, or for all.
    case smallOrder
}
