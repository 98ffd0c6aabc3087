import Cryptography

/// Bytes from hexadecimal digits, two each.
func bytes(hex: String) -> [UInt8] {
    let digits = hex.utf8.map { UInt8($0 > UInt8(ascii: "9") ? $0 - UInt8(ascii: "a") + 10 : $0 - UInt8(ascii: "0")) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
}

func sha256(_ message: [UInt8]) -> [UInt8] {
    let digest = SHA256.digest(of: message.span)
    return digest.indices.map { digest[$0] }
}

func sha1(_ message: [UInt8]) -> [UInt8] {
    let digest = SHA1.digest(of: message.span)
    return digest.indices.map { digest[$0] }
}

func hmac(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    let code = HMACSHA256(key: key.span).code(for: message.span)
    return code.indices.map { code[$0] }
}

/// SplitMix64: the same numbers for the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 32) }
    }
}

// Spans do not pass through the macros of Swift Testing, arrays do.

func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    ConstantTime.areEqual(one.span, other.span)
}

extension HMACSHA256 {
    func isValid(_ code: [UInt8], _ message: [UInt8]) -> Bool {
        isValid(code.span, for: message.span)
    }

    func bytes(_ message: [UInt8]) -> [UInt8] {
        let code = code(for: message.span)
        return code.indices.map { code[$0] }
    }
}
