import CNettle

/// SHA-1 (FIPS 180-4 §6.1), which resists no attacker: for names of version 5 (RFC 9562 §5.5) and nothing else.
package enum SHA1 {
    /// 20 bytes.
    package typealias Digest = InlineArray<20, UInt8>

    /// The digest of a message of any length.
    package static func digest(of message: Span<UInt8>) -> Digest {
        var digest = Digest(repeating: 0)
        var digestSpan = digest.mutableSpan
        unsafe digestSpan.withUnsafeMutableBufferPointer { digest in
            unsafe message.withUnsafeBufferPointer { message in
                unsafe withWipedMemory(for: sha1_ctx.self) { context in
                    unsafe nettle_sha1_init(context)
                    unsafe nettle_sha1_update(context, message.count, message.baseAddress)
                    unsafe cnettle_sha1_digest(context, digest.baseAddress)
                }
            }
        }
        return digest
    }
}
