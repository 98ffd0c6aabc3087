import Foundation
import LiveKitToken
import RoomAccess
import StrictJSON
import Testing
import TokenEndpoint
import YAML

/// The files that describe the interface to others: `nginx/openapi.yaml`, and nginx's table of its own answers.
private struct Description {
    let document: [String: Any]
    /// Code by status, for the answers that nginx makes itself.
    let nginxCodes: [Int: String]

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        let yaml = try Data(contentsOf: root.appending(path: "nginx/openapi.yaml"))
        document = try #require(Self.value(of: try YAMLNode(parsing: Array(yaml))) as? [String: Any])
        let nginx = try String(
            contentsOf: root.appending(path: "nginx/snippets/http.conf"),
            encoding: .utf8
        )
        let map = try #require(nginx.split(separator: "map $status $livekit_code {").last?.split(separator: "}").first)
        var codes: [Int: String] = [:]
        for line in map.split(separator: "\n") {
            let words = line.split(whereSeparator: { " \";".contains($0) })
            if words.count == 2, let status = Int(words[0]) { codes[status] = String(words[1]) }
        }
        nginxCodes = codes
    }

    /// Whole numbers, texts and what is made of them: no more is asked for.
    private static func value(of node: YAMLNode?) -> Any? {
        switch node?.content {
        case .scalar(let text, let isPlain)?: isPlain ? Int(text) ?? text : text
        case .sequence(let elements)?: elements.compactMap(value)
        case .mapping(let pairs)?:
            Dictionary(pairs.map { ("\(value(of: $0.key) ?? "")", value(of: $0.value)) }) { first, _ in first }
        case nil: nil
        }
    }

    /// What stands at a path of keys; `nil` if nothing does.
    func at(_ path: String...) -> [String: Any]? {
        var value: Any? = document
        for key in path { value = (value as? [String: Any])?[key] }
        return value as? [String: Any]
    }

    /// The problem examples: status, code and title.
    var examples: Set<Answer> {
        let examples = at("components", "examples") ?? [:]
        return Set(
            examples.values.compactMap { example in
                guard let value = (example as? [String: Any])?["value"] as? [String: Any] else { return nil }
                return Answer(value["status"] as? Int, value["code"] as? String, value["title"] as? String)
            }
        )
    }

    /// The codes that the response of a status may have, by the schema of the one that all operations share.
    func codes(of status: Int) -> [String] {
        for response in (at("components", "responses") ?? [:]).values {
            let content = (response as? [String: Any])?["content"] as? [String: Any]
            let problem = content?["application/problem+json"] as? [String: Any]
            let parts = (problem?["schema"] as? [String: Any])?["allOf"] as? [[String: Any]]
            let properties = parts?.compactMap { $0["properties"] as? [String: [String: Any]] }.first
            if properties?["status"]?["const"] as? Int == status {
                return properties?["code"]?["enum"] as? [String] ?? []
            }
        }
        return []
    }

    func statuses(of path: String) -> Set<Int> {
        Set((at("paths", path, "post", "responses") ?? [:]).keys.compactMap { Int($0) })
    }

    struct Answer: Hashable {
        let status: Int
        let code: String
        let title: String

        init?(_ status: Int?, _ code: String?, _ title: String?) {
            guard let status, let code, let title else { return nil }
            self.status = status
            self.code = code
            self.title = title
        }
    }
}

@Suite struct `the description for programs` {
    /// What the endpoint answers, with either status for callers without a session.
    private static var ours: Set<Description.Answer> {
        Set(
            `a refusal`.rows.flatMap { row in
                [403, 401].compactMap { status in
                    let answer = row.refusal.problem(unauthenticatedStatus: status)
                    return Description.Answer(answer.status, answer.code, HTTPResponse.title(of: answer.status))
                }
            }
        )
    }

    @Test func `has every answer of the endpoint's, with an example`() throws {
        let description = try Description()
        #expect(description.examples.isSuperset(of: Self.ours))
        for answer in Self.ours {
            #expect(description.codes(of: answer.status).contains(answer.code), "\(answer)")
        }
    }

    @Test func `has every answer of nginx's, with an example`() throws {
        let description = try Description()
        #expect(description.nginxCodes.count > 10)
        for (status, code) in description.nginxCodes {
            #expect(description.codes(of: status).contains(code), "\(status) \(code)")
            #expect(description.examples.contains { $0.status == status && $0.code == code }, "\(status) \(code)")
        }
    }

    @Test func `has no answer that nobody gives`() throws {
        let description = try Description()
        for example in description.examples where !Self.ours.contains(example) {
            #expect(description.nginxCodes[example.status] == example.code, "\(example)")
        }
    }

    @Test func `lists them all for both endpoints, but for what only one of them answers`() throws {
        let description = try Description()
        let all = Set(Self.ours.map(\.status)).union(description.nginxCodes.keys)
        #expect(description.statuses(of: "/livekit/token") == all.subtracting([404, 422]).union([200]))
        #expect(description.statuses(of: "/livekit/token-source") == all.union([201]))
    }

    @Test func `has every route but the metrics, with its methods`() throws {
        let description = try Description()
        let policy = TokenSourcePolicy(serverURL: "wss://livekit.example.com")
        for route in Route.all(tokenSource: policy, metrics: .init(type: "text/plain") { _ in [] })
        where route.path != "/livekit/metrics" {
            let methods = Set((description.at("paths", "\(route.path)") ?? [:]).keys.map { $0.uppercased() })
            #expect(methods == Set(route.methods.map(\.description)), "\(route.path)")
        }
    }

    @Test func `names the fields and the limits of the code`() throws {
        let description = try Description()
        let fields = try #require(description.at("components", "schemas", "TokenRequest", "properties"))
        #expect(Set(fields.keys) == Set(TokenRequest.Field.allCases.map(\.rawValue)))
        let name = description.at("components", "schemas", "TokenSourceRequest", "properties", "participant_name")
        #expect(name?["maxLength"] as? Int == TokenRequest.maximumNameLength)
        #expect(description.at("components", "schemas", "JWT")?["maxLength"] as? Int == AccessToken.maximumLength)
    }

    /// Does not compile once there is a refusal that this does not know, and fails if the table of refusals lacks one.
    @Test func `is held against a table that has every refusal`() {
        func number(_ refusal: Refusal) -> Int {
            switch refusal {
            case .notFound: 0
            case .methodNotAllowed: 1
            case .bodyTooLarge: 2
            case .unsupportedMediaType: 3
            case .sessionMissing: 4
            case .sessionInvalid: 5
            case .malformedRequest: 6
            case .unknownField: 7
            case .invalidID: 8
            case .fieldRefused: 9
            case .forbidden: 10
            case .unavailable: 11
            case .internal: 12
            case .repeatedMetaVariable: 13
            case .claimUnreadable: 14
            }
        }
        #expect(Set(`a refusal`.rows.map { number($0.refusal) }) == Set(0...14))
    }
}
