import Cryptography
import TestSupport

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

extension SeededGenerator {
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

extension RSAPublicKey {
    func isValid(_ signature: [UInt8], _ message: [UInt8], _ padding: Padding) -> Bool {
        isValid(signature.span, for: message.span, padding: padding)
    }
}

extension ECDSAPublicKey {
    func isValid(_ signature: [UInt8], _ message: [UInt8]) -> Bool {
        isValid(signature.span, for: message.span)
    }
}

extension Ed25519PublicKey {
    func isValid(_ signature: [UInt8], _ message: [UInt8]) -> Bool {
        isValid(signature.span, for: message.span)
    }
}
