import Cryptography
import JWTSessions
import LiveKitToken
import RoomAccess
import StrictJSON

/// Times what stands above hogweed on the keys and signatures of signatures.c, which come on standard input: algorithm,
/// what was timed and microseconds, a line each.
@main
struct Signatures {
    static func main() throws {
        while let line = readLine() {
            let words = line.split(separator: " ")
            let (name, key, signature) = (String(words[0]), octets(words[1]), octets(words[2]))
            guard let algorithm = SignatureAlgorithm(name: .init(name)) else { fatalError("no algorithm \(name)") }
            let header = Base64URL.encode(#"{"alg":"\#(name)"}"#.utf8)
            let message =
                header + [UInt8(ascii: ".")] + [UInt8](repeating: UInt8(ascii: "A"), count: 599 - header.count)
            let token = message + [UInt8(ascii: ".")] + Base64URL.encode(signature)
            let text = Array(#"{"keys":[\#(jwk(algorithm, key))]}"#.utf8)
            let set = try JSONWebKeySet(parsing: text, for: [algorithm])

            let verify = try verifier(algorithm, key)
            print(name, "key", microseconds { verify(signature, message) })
            print(
                name,
                "token",
                microseconds {
                    (try? CompactJWS(token[...], maximumLength: 16_000).verified(by: set)) != nil
                }
            )
            print(
                name,
                "set",
                microseconds { (try? JSONWebKeySet(parsing: text, for: [algorithm]))?.keys.count == 1 }
            )
        }
    }

    private static func verifier(
        _ algorithm: SignatureAlgorithm,
        _ key: [UInt8]
    ) throws -> (_ signature: [UInt8], _ message: [UInt8]) -> Bool {
        let half = key.count / 2
        let (x, y) = (Array(key.prefix(half)), Array(key.suffix(half)))
        switch algorithm {
        case .rs256, .ps256:
            let key = try RSAPublicKey(modulus: key, exponent: [1, 0, 1])
            return { key.isValid($0.span, for: $1.span, padding: algorithm == .rs256 ? .pkcs1 : .pss) }
        case .es256, .es384:
            let key = try ECDSAPublicKey(curve: algorithm == .es256 ? .p256 : .p384, x: x, y: y)
            return { key.isValid($0.span, for: $1.span) }
        default:
            let key = try Ed25519PublicKey(key)
            return { key.isValid($0.span, for: $1.span) }
        }
    }

    private static func jwk(_ algorithm: SignatureAlgorithm, _ key: [UInt8]) -> String {
        func text(_ octets: some Collection<UInt8>) -> String {
            String(decoding: Base64URL.encode(octets), as: UTF8.self)
        }
        let (x, y) = (text(key.prefix(key.count / 2)), text(key.suffix(key.count / 2)))
        return switch algorithm {
        case .rs256, .ps256: #"{"kty":"RSA","n":"\#(text(key))","e":"AQAB"}"#
        case .es256: #"{"kty":"EC","crv":"P-256","x":"\#(x)","y":"\#(y)"}"#
        case .es384: #"{"kty":"EC","crv":"P-384","x":"\#(x)","y":"\#(y)"}"#
        default: #"{"kty":"OKP","crv":"Ed25519","x":"\#(text(key))"}"#
        }
    }

    private static func octets(_ hexadecimal: Substring) -> [UInt8] {
        let digits = hexadecimal.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// Microseconds for one call, which has to give `true`; of many blocks of calls the shortest counts.
    private static func microseconds(_ body: () -> Bool) -> Double {
        let (repetitions, blocks) = (20, 50)
        var right = 0
        let best = (0..<blocks).map { _ in
            ContinuousClock().measure {
                for _ in 0..<repetitions where body() { right += 1 }
            }
        }.min()
        guard let best, right == repetitions * blocks else { return -1 }
        let (seconds, attoseconds) = best.components
        return (Double(seconds) * 1e6 + Double(attoseconds) / 1e12) / Double(repetitions)
    }
}
