import Configuration
import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

@testable import livekit_tokend

extension ExplainedState {
    private static let groups = ["", "crew", "crew,staff", "guests", "nobody", "staff,guests,crew"]

    /// A session of the directory, or a login that the web server vouches for.
    fileprivate init(ofDirectoryOrWebServerUsing generator: inout SeededGenerator) {
        self.init(using: &generator)
        let isDirectory = generator.pick([true, false, false])
        let memberships = isDirectory ? "directory" : generator.pick(["directory", "claims", "groups"])
        var lines = ["peers: []"] + Self.sections(isDirectory: memberships == "directory", using: &generator)
        lines.append(
            "sessions: {source: \(isDirectory ? "directory" : "nginx")"
                + (isDirectory ? "}" : ", users: \(generator.pick(["known", "any"]))}")
        )
        let separator = memberships == "groups" ? ", groups_separator: ',', rooms: \(Self.rooms)" : ""
        lines.append("memberships: {source: \(memberships)\(separator)}")
        yaml = lines.joined(separator: "\n") + "\n"

        let isDisabled = generator.pick([true, false, false, false])
        let known = User(id: user, did: "did:web:a", name: "Ada", isDisabled: isDisabled)
        if generator.pick([true, true, false]) { directory.users[user] = known }
        if isDirectory {
            bearer = Array("bearer-1".utf8)
            let end = Self.time(using: &generator) ?? .sample.advanced(by: 3600)
            let session = DirectorySession(user: known, expiresAt: end, isRevoked: false)
            if generator.pick([true, true, true, false]) { directory.sessions[digest("bearer-1")] = session }
        } else {
            parameters[.user] = user.description
            parameters[.name] = generator.pick([nil, "Ada L.", "\u{202E}"])
            parameters[.session] = generator.pick([nil, "session-1"])
            parameters[.sessionEnd] = Self.time(using: &generator).map { "\($0.seconds)" }
            parameters[.rooms] = generator.pick(Self.claims)
            parameters[.groups] = generator.pick(Self.groups)
        }
    }
}

/// Whatever the source of memberships: what `explain` says is what the endpoint does.
@Suite struct `An explanation` {
    @Test func `is what the endpoint does, of a session of the directory or a login at the web server`() throws {
        var generator = SeededGenerator(seed: 14)
        var admitted = 0
        for _ in 0..<1000 {
            let state = ExplainedState(ofDirectoryOrWebServerUsing: &generator)
            let deployment = try ExplainedDeployment(state)
            let account = deployment.explained
            try deployment.expect(account, toBe: deployment.outcome)
            if case .success = account.decision { admitted += 1 }
        }
        // A good part of each.
        #expect((100...900).contains(admitted), "\(admitted)")
    }

    /// A user by id has no session: what the endpoint refuses for its end, or lets end by it, is not of the question.
    @Test func `of a user by id is what the endpoint does for a session without an end`() throws {
        var generator = SeededGenerator(seed: 15)
        for _ in 0..<500 {
            var state = ExplainedState(ofDirectoryOrWebServerUsing: &generator)
            guard state.bearer == nil else { continue }
            state.parameters[.sessionEnd] = nil
            state.parameters[.name] = nil
            let deployment = try ExplainedDeployment(state)
            // Of the identity of one session a user alone knows nothing.
            guard deployment.settings.token.identity != .session else { continue }
            try deployment.expect(deployment.explainedByID, toBe: deployment.outcome)
        }
    }
}
