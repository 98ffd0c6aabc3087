import CNettle

/// An integer of GMP that is not negative, for as long as a body runs.
///
/// - Parameter octets: its big-endian octets, zeros in front of them allowed.
func withInteger<Result>(
    _ octets: Span<UInt8>,
    _ body: (UnsafePointer<__mpz_struct>) -> Result
) -> Result {
    var integer = unsafe mpz_t()
    unsafe __gmpz_init(&integer)
    defer { unsafe __gmpz_clear(&integer) }
    unsafe set(&integer, to: octets)
    return unsafe body(&integer)
}

/// Sets an integer that has been initialized to the value of big-endian octets.
func set(_ integer: UnsafeMutablePointer<__mpz_struct>, to octets: Span<UInt8>) {
    unsafe octets.withUnsafeBufferPointer { octets in
        // Words of one octet, the most significant first.
        unsafe __gmpz_import(integer, octets.count, 1, 1, 1, 0, octets.baseAddress)
    }
}
