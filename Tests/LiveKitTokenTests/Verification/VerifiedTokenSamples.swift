import Cryptography
import LiveKitToken
import StrictJSON
import TestSupport

/// A claim set in the text of JSON, signed by a key of the tests.
struct SignedClaims {
    static let key: APIKey = {
        guard let key = try? APIKey.sample() else { preconditionFailure("no key") }
        return key
    }()
    static let ring = KeyRing([key])
    static let now = NumericDate.sample

    /// The members of a claim set that is good; `nil` leaves one out.
    static let good: [(String, String)] = [
        ("iss", #""APIgolden""#), ("sub", #""user-a""#), ("nbf", "1795473630"), ("exp", "1795473930"),
        ("video", #"{"room":"stage-1","roomJoin":true}"#),
    ]

    /// The good claim set with some members written in another way.
    static func payload(_ changes: KeyValuePairs<String, String?> = [:]) -> String {
        var members = good.map { ($0.0, Optional($0.1)) }
        for (name, value) in changes {
            if let index = members.firstIndex(where: { $0.0 == name }) {
                members[index].1 = value
            } else {
                members.append((name, value))
            }
        }
        return "{" + members.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }.joined(separator: ",")
            + "}"
    }

    /// The good claim set with another `video`.
    static func video(_ members: String) -> String {
        payload(["video": #"{"room":"stage-1","roomJoin":true,\#(members)}"#])
    }

    static func verdict(
        _ payload: String,
        by ring: KeyRing = ring,
        at now: NumericDate = now
    ) -> Result<VerifiedAccessToken, AccessTokenFault> {
        verdict(on: JSONWebSignature.compact(signing: Array(payload.utf8), with: key), by: ring, at: now)
    }

    static func verdict(
        on compact: [UInt8],
        by ring: KeyRing = ring,
        at now: NumericDate = now
    ) -> Result<VerifiedAccessToken, AccessTokenFault> {
        Result { () throws(AccessTokenFault) in try VerifiedAccessToken(verifying: compact, by: ring, at: now) }
    }

    /// A token whose header is another one, signed as well.
    static func compact(header: String, payload: String) -> [UInt8] {
        let input = Base64URL.encode(header.utf8) + [UInt8(ascii: ".")] + Base64URL.encode(payload.utf8)
        let code = HMACSHA256(key: Array("golden-secret-of-the-tests-0123456789".utf8).span).code(for: input.span)
        return input + [UInt8(ascii: ".")] + Base64URL.encode(code.indices.map { code[$0] })
    }
}

extension Result<VerifiedAccessToken, AccessTokenFault> {
    var token: VerifiedAccessToken? { try? get() }
    var fault: AccessTokenFault? {
        if case .failure(let fault) = self { fault } else { nil }
    }
}
