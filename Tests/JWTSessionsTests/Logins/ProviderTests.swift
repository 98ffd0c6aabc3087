import Foundation
import JWTSessions
import LiveKitToken
import RoomAccess
import StrictJSON
import Testing

/// Tokens as identity providers made them, at a second in which each was valid, against key sets as they published
/// them.
@Suite struct `A token of a provider` {
    struct Row: CustomTestStringConvertible, Sendable {
        let json: JSONValue
        let number: Int

        var testDescription: String { "\(number): \(text("token")) \(text("note"))" }

        func text(_ name: UTF8String) -> String { json[name]?.text?.description ?? "" }
    }

    private static let recorded: JSONValue = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Cases/providers.json")
        let bytes = (try? Data(contentsOf: file)).map { Array($0) } ?? []
        return (try? JSONValue(parsing: bytes, within: .token)) ?? .null
    }()

    static let rows: [Row] = {
        guard case .array(let rows)? = recorded["rows"] else { return [] }
        return rows.enumerated().map { Row(json: $1, number: $0) }
    }()

    @Test func `is one of 121`() {
        #expect(Self.rows.count == 121)
        #expect(Self.rows.count { $0.text("verdict") == "accepted" } == 69)
    }

    private func logins(_ row: Row) throws -> (JWTLogins, String) {
        let files = StubFiles()
        var secrets: [SecretFile: HMACSecret] = [:]
        var issuer = JWTIssuer.sample(UTF8String(row.text("issuer")))
        issuer.audience = .audience(UTF8String(row.text("audience")))
        if let user = row.json["user_claim"]?.text { issuer.claims.user = path(user) }
        if row.text("token").hasPrefix("supabase/") { issuer.claims.session = path("session_id") }
        for member in row.json["require"]?.members ?? [] {
            issuer.required.append(.init(claim: path(member.name), values: [member.value]))
        }
        if let secret = row.json["secret"]?.text {
            let file = SecretFile(path: "/secret", originalPath: "/secret")
            issuer.keys = .secret(file)
            issuer.algorithms = [.hs256]
            secrets[file] = HMACSecret(secret.utf8.span)
        }
        if let set = row.json["set"]?.text { files.put(try #require(Self.recorded["sets"]?[set]?.text).description) }
        let limit = row.json["limit"]?.integer.map { Int($0) } ?? 16_000
        let token = try #require(Self.recorded["tokens"]?[UTF8String(row.text("token"))]?.text).description
        let logins = JWTLogins(
            issuer,
            maximumLength: limit,
            files: files,
            secrets: secrets,
            membership: path("livekit_rooms")
        )
        return (logins, token)
    }

    @Test(arguments: rows) func `is judged as a second implementation has judged it`(_ row: Row) throws {
        let (logins, token) = try logins(row)
        let now = NumericDate(try #require(row.json["at"]?.integer))
        let verdict = logins.judge(token, at: now)
        #expect(verdict.word == row.text("verdict"), "\(verdict.problem)")
        guard let session = verdict.session else { return }
        #expect(session.user.id.text == row.json["user"]?.text)
        #expect(session.user.name == row.json["name"]?.text)
        #expect(session.endsAt?.seconds == row.json["exp"]?.integer)
        if let id = row.json["session"]?.text { #expect(session.key == SessionDigest(bearer: id.utf8).bytes) }
        if let rooms = row.json["rooms"] { #expect(session.claim == rooms) }
        // Once more, as it is remembered.
        #expect(logins.judge(token, at: now) == verdict)
    }
}
