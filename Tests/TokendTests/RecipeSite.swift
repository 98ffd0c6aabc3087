import Configuration
import Foundation
import JWTSessions
import LiveKitToken
import RoomAccess
import StrictJSON
import Testing
import TokenEndpoint

@testable import livekit_tokend

/// A service with the configuration of a recipe and an empty directory, whose clock is the caller's.
final class RecipeSite {
    private let endpoint: Endpoint
    private let place: JWTSettings.Place
    private let folder: URL

    /// - Parameter provider: whose recorded key set it has, and whose `iss` the tokens have; `nil` for none.
    convenience init(_ recipe: String, tokens provider: String?) throws {
        try self.init(configuration: #require(Recipes.configurations[recipe]), tokens: provider)
    }

    init(configuration: String, tokens provider: String?) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "recipe-\(Foundation.UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        var text =
            configuration
            .replacing(/key_set_file: .*/, with: "key_set_file: \(folder.path)/keys.json")
            .replacing(/secret_file: .*/, with: "secret_file: secret")
        if let provider {
            let issuer = try #require(IssuedTokens.all.issuers[provider])
            text.replace(/issuer: .*/, with: "issuer: \(issuer)")
            let keys = try #require(IssuedTokens.all.sets[provider])
            let file = folder.appending(path: "keys.json").path
            try keys.write(toFile: file, atomically: true, encoding: .utf8)
            // Fetched before any of the tokens came.
            let first = try #require(IssuedTokens.all.tokens.values.map(\.validAt).min())
            let fetched = Date(timeIntervalSince1970: TimeInterval(first - 60))
            try FileManager.default.setAttributes([.modificationDate: fetched], ofItemAtPath: file)
        }
        text = "livekit: {key_file: keys.yaml}\ndirectory: {url: 'sqlite:\(folder.path)/directory.sqlite'}\n\(text)"
        let file = folder.appending(path: "config.yaml").path
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        for (name, content) in [("keys.yaml", "APIrecipe: \(Self.secret)\n"), ("secret", Self.other)] {
            let path = folder.appending(path: name).path
            try content.write(toFile: path, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
        let settings = try Settings.load(from: file)
        let key = try settings.liveKit.keySource.load()
        place = settings.sessions.jwt?.place ?? .header
        endpoint = Endpoint(
            routes: Route.all(tokenSource: nil, metrics: .init(type: "text/plain") { _ in [] }),
            sessions: VouchedSessions(try Self.logins(settings, key), users: settings.sessions.users),
            directory: NoDirectory(),
            issuer: Issuer(settings, key: key),
            policy: .init(ids: settings.rooms.ids, unauthenticatedStatus: 403, earliestTime: NumericDate(0))
        )
    }

    private static func logins(_ settings: Settings, _ key: APIKey) throws -> any LoginSource {
        guard let tokens = settings.sessions.jwt else {
            return ParameterLogins(memberships: settings.memberships.ofParameters)
        }
        return JWTLogins(
            tokens,
            secrets: try settings.loadSharedSecrets(beside: key),
            files: LinuxKeySetFiles(),
            membership: settings.memberships.claim,
            report: { _ in }
        )
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    private static let secret = "of-the-recipes-test-alone-0123456789-abcdef"
    private static let other = "another-one-of-the-recipes-test-0123456789-abcdef"

    func outcome(of token: String, in room: String, at second: Int64) throws -> Verdict {
        var login = LoginParameters()
        if place == .parameter { login[.jwt] = Array(token.utf8) }
        let body = Array("{\"roomId\":\"\(room)\"}".utf8)
        let request = HTTPRequest(
            method: "POST",
            path: "/livekit/token",
            contentType: "application/json",
            contentLength: UTF8String("\(body.count)"),
            authorization: place == .header ? Redacted(Array("Bearer \(token)".utf8)) : nil,
            login: login,
            body: body,
            client: "127.0.0.1",
            id: try #require(RequestID("0123456789abcdef0123456789abcdef"))
        )
        let answer = endpoint.respond(to: request, at: NumericDate(second))
        switch try #require(answer.event).result {
        case .issued(let token):
            return .granted(
                user: "\(token.user.id)",
                name: token.name.map { "\($0)" },
                roles: token.roles.map { "\($0)" }.sorted()
            )
        case .refused(let refusal, _):
            return .refused(refusal.reason.rawValue)
        }
    }
}

/// The configurations of nginx/logins.md, by recipe.
enum Recipes {
    static let configurations: [String: String] = {
        guard let text = try? String(contentsOf: root.appending(path: "nginx/logins.md"), encoding: .utf8) else {
            preconditionFailure("nginx/logins.md cannot be read")
        }
        var found: [String: String] = [:]
        for match in text.matches(of: /(?m)^```yaml ([\w-]+)\n((?:(?!```).*\n)*)```$/) {
            found[String(match.1)] = String(match.2)
        }
        return found
    }()

    static let root = URL(filePath: #filePath).appending(path: "../../..").standardized
}

/// What providers have issued.
struct IssuedTokens: Decodable {
    struct Token: Decodable {
        let token: String
        /// A second in which it was valid.
        let validAt: Int64

        /// Its `exp`.
        var end: Int64 {
            get throws {
                let parts = token.split(separator: ".").map { String($0) }
                let base64 = parts[1].replacing("-", with: "+").replacing("_", with: "/")
                let padding = String(repeating: "=", count: (4 - base64.count % 4) % 4)
                let payload = try #require(Data(base64Encoded: base64 + padding))
                return try JSONDecoder().decode(Claims.self, from: payload).exp
            }
        }
    }

    private struct Claims: Decodable {
        let exp: Int64
    }

    /// The `iss` of each provider's tokens.
    let issuers: [String: String]
    /// The key sets as they were sent, by provider.
    let sets: [String: String]
    let tokens: [String: Token]

    static let all: IssuedTokens = {
        let file = Recipes.root.appending(path: "Tests/Recorded/logins/tokens.json")
        do {
            return try JSONDecoder().decode(IssuedTokens.self, from: Data(contentsOf: file))
        } catch {
            preconditionFailure("\(file.path): \(error)")
        }
    }()
}
