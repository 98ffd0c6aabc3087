import CNettle

/// Comparison of secrets.
package enum ConstantTime {
    /// Whether two sequences of bytes are equal; the time taken depends on their lengths alone.
    package static func areEqual(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
        // nettle takes one length for both.
        guard one.count == other.count else { return false }
        return unsafe one.withUnsafeBufferPointer { one in
            unsafe other.withUnsafeBufferPointer { other in
                unsafe nettle_memeql_sec(one.baseAddress, other.baseAddress, one.count) == 1
            }
        }
    }
}
