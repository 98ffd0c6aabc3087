import Foundation
import JWTSessions
import RoomAccess
import StrictJSON
import Testing

/// Malformed and hostile tokens, keys and sets, each with the verdict that a careful reader comes to.
@Suite struct `A hostile case` {
    struct Case: Decodable, CustomTestStringConvertible, Sendable {
        let kind: String
        let name: String
        let verdict: String
        let set: Data
        let token: Data

        var testDescription: String { "\(kind): \(name)" }

        static let all: [Case] = {
            let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases/cases.json")
            return (try? JSONDecoder().decode([Case].self, from: Data(contentsOf: file))) ?? []
        }()

        /// Those of the cases that are ours to choose which we accept.
        static let chosen: Set = [
            "ed-alg-Ed25519", "empty-kid", "header-number-1e30", "header-number--0", "payload-empty",
        ]

        var isAccepted: Bool {
            guard let set = try? JSONWebKeySet(parsing: Array(set), for: everyAlgorithm),
                let token = try? CompactJWS(Array(token)[...], maximumLength: maximumLength)
            else { return false }
            return (try? token.verified(by: set)) != nil
        }
    }

    @Test func `is one of 162`() {
        #expect(Case.all.count == 162)
        #expect(Set(Case.all.map(\.verdict)) == ["accepted", "refused", "either"])
    }

    @Test(arguments: Case.all) func `is judged as it has to be`(_ one: Case) {
        let isRight = one.verdict == "accepted" || (one.verdict == "either" && Case.chosen.contains(one.name))
        #expect(one.isAccepted == isRight)
    }
}
