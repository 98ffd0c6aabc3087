import CNettle
import Cryptography
import JWTSessions
import LiveKitToken
import RoomAccess
import StrictJSON

/// Tokens of strangers: what is accepted was signed by a key of the set, byte for byte.
///
/// An input that begins with a byte below 0x80 is a token as it is. Of any other, what follows the first byte is a
/// header and, after a byte of 0xFF, a payload, which a key of the set signs: it is accepted exactly where another
/// reading of the header's rules accepts it, and not with a bit changed.
enum CompactSignature {
    private static let key = SigningKey(1)
    private static let set: JSONWebKeySet = {
        let text = #"{"keys":[\#(key.jwk(#","kid":"k""#)),\#(Known.rsa),\#(Known.p256)]}"#
        guard let set = try? JSONWebKeySet(parsing: Array(text.utf8), for: Set(SignatureAlgorithm.allCases)) else {
            finding("no key set")
        }
        return set
    }()

    static func check(_ bytes: [UInt8]) {
        if bytes.first ?? 0 < 0x80 { whole(bytes) } else { signed(bytes.dropFirst()) }
    }

    private static func whole(_ bytes: [UInt8]) {
        guard let jws = try? CompactJWS(bytes[...], maximumLength: 512) else { return }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        want(bytes.count <= 512 && parts.count == 3, "\(parts.count) parts")
        want(Base64URL.encode(jws.unverifiedPayload) == Array(parts[1]), "two spellings of a payload")
        guard let header = Base64URL.decode(parts[0]).flatMap({ try? JSONValue(parsing: $0) }) else {
            finding("a header that cannot be read")
        }
        want(header["alg"]?.text == jws.algorithmName && header["kid"]?.text == jws.keyID, "another header")
        guard let payload = try? jws.verified(by: set) else { return }
        want(payload.bytes == jws.unverifiedPayload, "another payload")
        let input = Array(bytes[..<parts[1].endIndex])
        let isOurs = Base64URL.encode(key.signature(of: input)) == Array(parts[2])
        want(isOurs || Known.tokens.contains(bytes), "nobody signed \(String(decoding: bytes, as: UTF8.self))")
    }

    private static func signed(_ bytes: ArraySlice<UInt8>) {
        let parts = bytes.split(separator: 0xFF, maxSplits: 1, omittingEmptySubsequences: false)
        let token = key.token(Array(parts[0]), parts.count > 1 ? Array(parts[1]) : [])
        want(isAccepted(token) == isGood(header: Array(parts[0])), "two readings of a header")
        guard !token.isEmpty, let place = bytes.last else { return }
        var other = token
        other[(Int(place) * 7) % token.count] ^= 1 << (place & 7)
        want(!isAccepted(other), "a changed token is accepted")
    }

    private static func isAccepted(_ token: [UInt8]) -> Bool {
        (try? CompactJWS(token[...], maximumLength: 16_000).verified(by: set)) != nil
    }

    private static func isGood(header: [UInt8]) -> Bool {
        guard case .object(let members) = try? JSONValue(parsing: header) else { return false }
        var algorithm = ""
        for member in members {
            let text = member.value.text?.description
            switch member.name.description {
            case "alg": algorithm = text ?? ""
            case "kid": if text.map({ Array($0.utf8) }) != Array("k".utf8) { return false }
            case "typ":
                guard let text, text.utf8.allSatisfy({ $0 < 0x80 }) else { return false }
                let type = text.lowercased()
                if type != "jwt" && type != "at+jwt" && type != "application/at+jwt" { return false }
            case "crit", "b64", "zip", "jwk", "jku", "x5u", "x5c": return false
            default: continue
            }
        }
        return algorithm == "EdDSA" || algorithm == "Ed25519"
    }
}

/// Key sets of strangers: keys within the rules, or a refusal that a terminal can show.
///
/// An input that begins with a byte below 0x80 is a set as it is. Any other chooses keys, and is held to a second
/// reading of the rules for kids and algorithms: which sets are refused, and which key a token is verified by.
enum KeySet {
    static func check(_ bytes: [UInt8]) {
        if bytes.first ?? 0 < 0x80 { whole(bytes) } else { chosen(bytes.dropFirst()) }
    }

    private static func whole(_ bytes: [UInt8]) {
        let set: JSONWebKeySet
        do throws(KeySetError) {
            set = try JSONWebKeySet(parsing: bytes, for: [.rs256, .es256, .es384, .edDSA])
        } catch {
            want(isShowable(error.problem), "it quotes: \(error.problem.debugDescription)")
            return
        }
        guard case .array(let elements) = (try? JSONValue(parsing: bytes, within: .token))?["keys"] else {
            finding("no array of keys")
        }
        want(bytes.count <= 65_536 && elements.count <= 64, "beyond the bounds")
        want(set.keys.count + set.skipped.count == elements.count && !set.keys.isEmpty, "a key that is lost")
        for member in elements.flatMap({ $0.members ?? [] }) {
            want(!["d", "p", "q", "dp", "dq", "qi", "oth", "k"].contains(member.name), "a private key")
        }
        for key in set.skipped { want(isShowable(key.problem), "it quotes: \(key.problem.debugDescription)") }
        for (index, key) in set.keys.enumerated() {
            want(!key.algorithms.isEmpty && key.algorithms.isSubset(of: set.algorithms), "a key for nothing")
            let octets =
                switch key.material {
                case .rsa(let rsa): [rsa.modulus, rsa.exponent]
                case .ecdsa(let point): [point.x, point.y]
                case .ed25519(let key): [key.octets]
                }
            let spelled = octets.map { JSONValue.string(UTF8String(ascii: Base64URL.encode($0))) }
            let isThere = elements.contains { element in
                spelled.allSatisfy { text in (element.members ?? []).contains { $0.value == text } }
            }
            want(isThere, "a key that does not stand there")
            for other in set.keys[..<index] where other.id == key.id && key.id != nil {
                want(other.algorithms.isDisjoint(with: key.algorithms), "two keys of one kid")
            }
        }
    }

    private static func isShowable(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    /// A key as an input chooses it: one of six, with members.
    private struct Choice {
        let material: Int
        let kid: String?
        let algorithm: String?
        let isForVerifying: Bool
        let text: String

        init(from input: inout Input) {
            let (first, second) = (input.byte(), input.byte())
            material = Int(first % 6)
            kid = [nil, "", "a", "b"][Int(first / 6 % 4)]
            algorithm =
                [nil, nil, nil, "RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519", "RS512"][
                    Int(second % 10)
                ]
            let purposes = ["", #","use":"sig""#, #","use":"enc""#, #","key_ops":["verify"]"#, #","key_ops":["sign"]"#]
            let purpose = purposes[Int(second / 10 % 5)]
            isForVerifying = !purpose.contains("enc") && !purpose.contains("sign")
            let members =
                (kid.map { #","kid":"\#($0)""# } ?? "") + (algorithm.map { #","alg":"\#($0)""# } ?? "") + purpose
            let keys = [
                Known.rsa, Known.otherRSA, Known.p256, Known.p384, KeySet.keys[0].jwk(""), KeySet.keys[1].jwk(""),
            ]
            text = keys[material].dropLast() + members + "}"
        }

        /// The names of the algorithms, Ed25519's older one for both.
        var algorithms: Set<String> {
            let own: Set = [["RS256", "PS256"], ["ES256"], ["ES384"], ["EdDSA"]][[0, 0, 1, 2, 3, 3][material]]
            guard isForVerifying else { return [] }
            return algorithm.map { own.intersection([$0 == "Ed25519" ? "EdDSA" : $0]) } ?? own
        }
    }

    private static let keys = [SigningKey(1), SigningKey(2)]

    private static func chosen(_ bytes: ArraySlice<UInt8>) {
        var input = Input(Array(bytes))
        let choices = (0..<input.byte() % 6).map { _ in Choice(from: &input) }
        let usable = choices.filter { !$0.algorithms.isEmpty }
        let isAmbiguous = usable.contains { one in
            usable.contains {
                one.kid != nil && one.kid == $0.kid && one.material != $0.material
                    && !one.algorithms.isDisjoint(with: $0.algorithms)
            }
        }
        let text = #"{"keys":[\#(choices.map(\.text).joined(separator: ","))]}"#
        let set = try? JSONWebKeySet(parsing: Array(text.utf8), for: Set(SignatureAlgorithm.allCases))
        want((set != nil) == (!usable.isEmpty && !isAmbiguous), "two readings of \(text)")
        guard let set else { return }
        for kid in [nil, "", "a", "b", "c"] {
            // Which of the keys of Ed25519 the header means: all of them the same, or none.
            let meant = usable.filter { $0.material >= 4 && (kid == nil || $0.kid == kid) }
            let isOne = kid == nil ? Set(meant.map { "\($0.material) \($0.kid ?? "-")" }).count == 1 : !meant.isEmpty
            let header = #"{"alg":"EdDSA"\#(kid.map { #","kid":"\#($0)""# } ?? "")}"#
            for (index, key) in keys.enumerated() {
                let token = key.token(Array(header.utf8), [])
                let isAccepted = (try? CompactJWS(token[...], maximumLength: 16_000).verified(by: set)) != nil
                want(isAccepted == (isOne && meant[0].material == 4 + index), "\(header) by \(index) under \(text)")
            }
        }
    }
}

/// A key that signs under Ed25519, of a seed.
private struct SigningKey {
    private let secret: [UInt8]
    private let publicKey: [UInt8]

    init(_ seed: UInt8) {
        secret = [UInt8](repeating: seed, count: 32)
        var publicKey = [UInt8](repeating: 0, count: 32)
        unsafe nettle_ed25519_sha512_public_key(&publicKey, secret)
        self.publicKey = publicKey
    }

    func jwk(_ members: String) -> String {
        let x = String(decoding: Base64URL.encode(publicKey), as: UTF8.self)
        return #"{"kty":"OKP","crv":"Ed25519","x":"\#(x)"\#(members)}"#
    }

    func signature(of message: [UInt8]) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: 64)
        unsafe nettle_ed25519_sha512_sign(publicKey, secret, message.count, message, &signature)
        return signature
    }

    func token(_ header: [UInt8], _ payload: [UInt8]) -> [UInt8] {
        let input = Base64URL.encode(header) + [UInt8(ascii: ".")] + Base64URL.encode(payload)
        return input + [UInt8(ascii: ".")] + Base64URL.encode(signature(of: input))
    }
}

/// The keys of RFC 7515 A.2 and A.3, and what they signed there.
private enum Known {
    static let rsa = key(e: "AQAB")
    static let otherRSA = key(e: "Aw")
    static let p256 =
        #"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","#
        + #""y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#
    static let p384 =
        #"{"kty":"EC","crv":"P-384","x":"qofKIr6LBTeOscce8yCtdG4dO2KLp5uYWfdB4IJUKjhVAvJdv1UpbDpUXjhydgq3","#
        + #""y":"NhfeSpYmLG9dnpi_kpLcKfj0Hb0omhR86doxE7XwuMAKYLHOHX6BnXpDHXyQ6g5f"}"#

    static let tokens: Set<[UInt8]> = [
        Array(
            ("eyJhbGciOiJSUzI1NiJ9.\(claims)."
                + "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9"
                + "uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB"
                + "_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rq"
                + "Vt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw").utf8
        ),
        Array(
            ("eyJhbGciOiJFUzI1NiJ9.\(claims)."
                + "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q").utf8
        ),
    ]

    private static let claims =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

    private static func key(e: String) -> String {
        #"{"kty":"RSA","e":"\#(e)","n":""#
            + "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR"
            + "T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXB"
            + "dQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9ia"
            + #"GNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}"#
    }
}
