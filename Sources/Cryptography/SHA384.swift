import CNettle

/// SHA-384 (FIPS 180-4 §6.5), for ECDSA with P-384.
package enum SHA384 {
    /// 48 bytes.
    package typealias Digest = InlineArray<48, UInt8>

    /// The digest of a message of any length; the context, which holds the last block of it, is wiped.
    package static func digest(of message: Span<UInt8>) -> Digest {
        var digest = Digest(repeating: 0)
        var digestSpan = digest.mutableSpan
        unsafe digestSpan.withUnsafeMutableBufferPointer { digest in
            unsafe message.withUnsafeBufferPointer { message in
                unsafe withWipedMemory(for: sha512_ctx.self) { context in
                    unsafe nettle_sha384_init(context)
                    unsafe nettle_sha512_update(context, message.count, message.baseAddress)
                    unsafe cnettle_sha384_digest(context, digest.baseAddress)
                }
            }
        }
        return digest
    }
}
