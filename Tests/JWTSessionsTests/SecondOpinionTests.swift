import Foundation
import JWTSessions
import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing

/// Other people's signers, which share no code with this verifier.
@Suite struct `PyJWT and joserfc` {
    private static let python = ProcessInfo.processInfo.environment["SECOND_OPINIONS"]

    private struct Sample: Decodable {
        let library: String
        let algorithm: String
        let set: String
        let token: String
    }

    private static func samples(ofEach count: Int) throws -> [Sample] {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../SecondOpinions/signers.py"
        )
        // joserfc warns of the older of Ed25519's two names.
        let arguments = ["-W", "ignore", script.path(), String(count)]
        let process = try CompletedProcess(try #require(python), arguments)
        try #require(process.status == 0, "\(process.complaint)")
        return try JSONDecoder().decode([Sample].self, from: process.output)
    }

    @Test(.enabled(if: python != nil, "SECOND_OPINIONS must name a Python with PyJWT and joserfc"))
    func `sign under every algorithm, and what they signed is verified, with any bit changed refused`() throws {
        let samples = try Self.samples(ofEach: 4)
        #expect(samples.count == 4 * (5 + 6))
        for (index, sample) in samples.enumerated() {
            let who = "\(sample.library), \(sample.algorithm)"
            let set = try JSONWebKeySet(sample.set)
            #expect(set.keys.count == 2 && set.skipped.isEmpty, "\(who)")
            let good = try CompactJWS(sample.token)
            let payload = try good.verified(by: set).bytes
            let claims = try JSONValue(parsing: payload, within: .token)
            #expect(
                claims["iss"]?.text == "https://id.example.com" && claims["exp"]?.integer == 4_000_000_000,
                "\(who)"
            )

            // Each bit of the first of each kind, and some of the others.
            let bytes = Array(sample.token.utf8)
            let step = index.isMultiple(of: 4) ? 1 : 97
            for bit in stride(from: index % step, to: bytes.count * 8, by: step) {
                var other = bytes
                other[bit / 8] ^= 1 << UInt8(bit % 8)
                let jws = try? CompactJWS(other[...], maximumLength: maximumLength)
                #expect((try? jws?.verified(by: set)) == nil, "\(who): bit \(bit)")
            }

            // The other key of the set, and another set.
            let header = #"{"alg":"\#(sample.algorithm)","kid":"\#(try #require(set.keys[0].id))"}"#
            let rest = sample.token.drop { $0 != "." }
            #expect(verdict(base64url(header.utf8) + rest, set) == .failure(.signature), "\(who)")
            let next = samples[(index + 4) % samples.count]
            #expect((try? good.verified(by: JSONWebKeySet(next.set))) == nil, "\(who)")
        }
    }
}
