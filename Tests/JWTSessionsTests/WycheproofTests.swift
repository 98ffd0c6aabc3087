import Foundation
import JWTSessions
import LiveKitToken
import RoomAccess
import StrictJSON
import Testing

/// The lists of C2SP/wycheproof for whole signatures and keys, where WYCHEPROOF names a folder that holds them.
///
/// What is accepted is a subset of what they call valid: fewer algorithms, and the rules of RFC 8725.
@Suite struct `Wycheproof` {
    private static let folder = ProcessInfo.processInfo.environment["WYCHEPROOF"]
    private static let isAtHand = ConditionTrait.enabled(
        if: folder != nil,
        "WYCHEPROOF must name a folder that holds the lists"
    )

    private struct Outcome {
        var tokens: [Int: String] = [:]
        var accepted: Set<Int> = []
        var valid: Set<Int> = []
    }

    /// Judges each case of a list by the group's keys: their public parts, or the secret.
    private static func outcome(_ name: String) throws -> Outcome {
        let file = URL(filePath: try #require(folder)).appending(path: name)
        let list = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        var outcome = Outcome()
        for group in try #require(list["testGroups"] as? [[String: Any]]) {
            let given = try #require((group["public"] ?? group["private"]) as? [String: Any])
            let keys = given["keys"] as? [[String: Any]] ?? [given]
            for one in try #require(group["tests"] as? [[String: Any]]) {
                let id = try #require(one["tcId"] as? Int)
                let token = one["jws"] as? String ?? ""
                outcome.tokens[id] = token
                if one["result"] as? String == "valid" { outcome.valid.insert(id) }
                if try accepts(token, keys) { outcome.accepted.insert(id) }
            }
        }
        #expect(outcome.tokens.count == list["numberOfTests"] as? Int)
        return outcome
    }

    private static func accepts(_ token: String, _ keys: [[String: Any]]) throws -> Bool {
        let secrets = keys.compactMap { $0["k"] as? String }
        guard secrets.isEmpty else {
            // A deployment has one secret, and no way to say of which algorithm or purpose its bytes are.
            guard keys.count == 1, keys[0]["alg"] as? String == "HS256",
                let secret = Base64URL.decode(secrets[0].utf8).flatMap({ HMACSecret($0.span) })
            else { return false }
            return (try? CompactJWS(token).verified(by: secret)) != nil
        }
        let parts = keys.map { $0.filter { !["d", "p", "q", "dp", "dq", "qi"].contains($0.key) } }
        let set = try JSONSerialization.data(withJSONObject: ["keys": parts])
        guard let set = try? JSONWebKeySet(parsing: Array(set), for: everyAlgorithm) else { return false }
        return (try? CompactJWS(token).verified(by: set)) != nil
    }

    @Test(isAtHand) func `json_web_signature`() throws {
        let outcome = try Self.outcome("json_web_signature.json")
        #expect(outcome.tokens.count == 401)
        #expect(outcome.valid.count == 46)
        // Two that are called invalid for their padding have none: they are byte for byte one that is called valid.
        #expect(outcome.accepted.subtracting(outcome.valid) == [367, 370])
        #expect([367, 370].allSatisfy { outcome.tokens[$0] == outcome.tokens[357] } && outcome.valid.contains(357))
        // RS384, RS512, PS384, PS512 and ES512 are not taken, nor are characters outside of the alphabet.
        let others = Set(264...271).union(320...323).union(325...328).union([346, 347, 350, 351])
        #expect(outcome.valid.subtracting(outcome.accepted) == others.union([372, 373]))
    }

    @Test(isAtHand) func `json_web_key`() throws {
        let outcome = try Self.outcome("json_web_key.json")
        #expect(outcome.tokens.count == 26)
        #expect(outcome.valid.count == 5)
        // A key of a smart card whose primes can be guessed (CVE-2017-15361); no provider's software makes such a one.
        #expect(outcome.accepted.subtracting(outcome.valid) == [7])
        // A secret is one, and for HS256.
        #expect(outcome.valid.subtracting(outcome.accepted) == [2, 14, 15])
    }
}
