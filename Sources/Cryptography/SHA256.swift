import CNettle

/// SHA-256 (FIPS 180-4 §6.2).
package enum SHA256 {
    /// The length of a digest in bytes.
    package static let digestLength = 32

    /// 32 bytes.
    package typealias Digest = InlineArray<32, UInt8>

    /// The digest of a message of any length; the context, which holds the last block of it, is wiped.
    package static func digest(of message: Span<UInt8>) -> Digest {
        var digest = Digest(repeating: 0)
        var digestSpan = digest.mutableSpan
        unsafe digestSpan.withUnsafeMutableBufferPointer { digest in
            unsafe message.withUnsafeBufferPointer { message in
                unsafe withWipedMemory(for: sha256_ctx.self) { context in
                    unsafe nettle_sha256_init(context)
                    unsafe nettle_sha256_update(context, message.count, message.baseAddress)
                    unsafe cnettle_sha256_digest(context, digest.baseAddress)
                }
            }
        }
        return digest
    }
}
