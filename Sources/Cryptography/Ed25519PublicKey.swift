import CNettle

/// An Ed25519 public key (RFC 8032 §5.1), which verifies without the cofactor.
package struct Ed25519PublicKey: Equatable, Sendable {
    private static let length = 32
    private static let signatureLength = 64

    /// The 32 octets of the key.
    package let octets: [UInt8]

    /// Takes a key of 32 octets.
    ///
    /// Whether they are a point of the curve shows with the first signature, which is refused if they are not.
    package init(_ octets: [UInt8]) throws(PublicKeyError) {
        guard octets.count == Self.length else { throw .wrongLength(octets.count) }
        var y = octets
        y[Self.length - 1] &= 0x7F
        guard !Self.smallOrders.contains(y) else { throw .smallOrder }
        self.octets = octets
    }

    /// Whether the owner of this key signed that message.
    ///
    /// nettle is told no length, and would read beyond a signature of fewer than 64 octets.
    package func isValid(_ signature: Span<UInt8>, for message: Span<UInt8>) -> Bool {
        guard signature.count == Self.signatureLength else { return false }
        return unsafe octets.span.withUnsafeBufferPointer { key in
            unsafe message.withUnsafeBufferPointer { message in
                unsafe signature.withUnsafeBufferPointer { signature in
                    unsafe nettle_ed25519_sha512_verify(
                        key.baseAddress,
                        message.count,
                        message.baseAddress,
                        signature.baseAddress
                    ) == 1
                }
            }
        }
    }

    /// The little-endian y of the points of order 1, 2, 4 and 8, in each spelling that 255 bits allow.
    private static let smallOrders: Set<[UInt8]> = {
        func y(_ first: UInt8, _ rest: UInt8, _ last: UInt8) -> [UInt8] {
            [first] + [UInt8](repeating: rest, count: 30) + [last]
        }
        return [
            y(0, 0, 0), y(1, 0, 0),
            // p − 1, p and p + 1, where p = 2²⁵⁵ − 19.
            y(0xEC, 0xFF, 0x7F), y(0xED, 0xFF, 0x7F), y(0xEE, 0xFF, 0x7F),
            // Order 8.
            [
                0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0,
                0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05,
            ],
            [
                0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F,
                0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A,
            ],
        ]
    }()
}
