import Cryptography

/// Times `Cryptography` as digests.c times nettle itself, and prints the same lines: digest, bytes, nanoseconds.
@main
struct Digests {
    static let sizes = [43, 600, 2000]
    static let repetitions = 100_000

    static func main() {
        let secret = [UInt8](repeating: 0x73, count: 43)
        let key = HMACSHA256(key: secret.span)
        for size in sizes {
            let nanoseconds = time(size) { message in SHA256.digest(of: message)[0] }
            print("SHA-256 \(size) \(nanoseconds)")
        }
        for size in sizes {
            let nanoseconds = time(size) { message in key.code(for: message)[0] }
            print("HMAC-SHA-256 \(size) \(nanoseconds)")
        }
    }

    /// Nanoseconds for one digest of so many bytes.
    ///
    /// The digest before decides the next message: none can be left out.
    private static func time(_ size: Int, _ digest: (Span<UInt8>) -> UInt8) -> Double {
        var message = [UInt8](repeating: 0x6d, count: size)
        let duration = ContinuousClock().measure {
            for _ in 0..<repetitions { message[0] = digest(message.span) }
        }
        let (seconds, attoseconds) = duration.components
        return (Double(seconds) * 1e9 + Double(attoseconds) / 1e9) / Double(repetitions)
    }
}
