import Configuration
import Daemon
import FastCGI
import Foundation
import JoinGate
import LiveKitToken
import RoomAccess
import SQLiteDirectory
import StrictJSON
import Synchronization
import TestSupport
import Testing
import TokenEndpoint

@testable import livekit_tokend

/// A token that somebody holds, whatever happens: as it was issued, or as LiveKit renewed it.
private struct HeldToken: Sendable {
    let user: Identifier
    /// The session whose identity it has; `nil` for the user's.
    let session: SessionDigest?
    let room: Identifier
    /// As issued, for a scene; renewed, for none.
    let isRenewed: Bool
    let scene: Identifier?
    let isModerator: Bool

    var identity: ParticipantIdentity {
        session.map { ParticipantIdentity(user: user.text, sessionDigest: $0.bytes) }
            ?? ParticipantIdentity(user: user.text)
    }

    func compact(by key: APIKey) -> [UInt8] {
        let scene = scene.map { #"\"sceneId\":\"\#($0)\","# } ?? ""
        let claims = """
            {"iss":"\(key.id)","sub":"\(identity.text)",\(isRenewed ? "" : #""jti":"x","#)\
            "exp":\(ChangingWorld.now.seconds + 300),"metadata":"{\(scene)\\"roles\\":[]}",\
            "video":{"roomJoin":true,"room":"\(room)"\(isModerator ? #","roomAdmin":true"# : "")}}
            """
        return JSONWebSignature.compact(signing: Array(claims.utf8), with: key)
    }
}

/// How a deployment identifies people, and which of them it lets in.
private enum Deployment: String, CaseIterable, CustomTestStringConvertible {
    case users = ""
    case sessions = "token: {identity: session}\n"
    case anybody = "sessions: {source: nginx, users: any}\n"

    var testDescription: String { self == .users ? "identities of users" : rawValue }

    /// Every token that somebody can hold here.
    var tokens: [HeldToken] {
        let devices: [Int?] = self == .sessions ? Array(0..<ChangingWorld.devices) : [nil]
        return ChangingWorld.people.flatMap { user in
            devices.flatMap { device in
                ChangingWorld.places.flatMap { room in
                    [(true, nil), (true, nil), (false, nil), (false, "intro")].enumerated().map { index, kind in
                        HeldToken(
                            user: user,
                            session: device.map { ChangingWorld.device($0, of: user) },
                            room: room,
                            isRenewed: kind.0,
                            scene: kind.1,
                            isModerator: index == 0
                        )
                    }
                }
            }
        }
    }

    /// Whether a token lets in, by the rules, one naming after the other: who it is by one state of the directory, what
    /// the person may do by the same, or by a later one.
    func admits(_ token: HeldToken, _ known: ChangingWorld, _ world: ChangingWorld, _ join: JoinPolicy) -> Bool {
        func isBlocked(_ room: Identifier?) -> Bool {
            guard let end = world.blocks[.init(identity: identity(token.user), room: room)] else { return false }
            return end.map { ChangingWorld.now < $0 } ?? true
        }
        let holder =
            token.session.map { digest in known.sessions[digest].map(\.user) }
            ?? known.users.keys.first { identity($0) == token.identity }
        let isStranger = holder.map { world.users[$0] == nil } ?? true
        guard !isBlocked(nil), !isBlocked(token.room), self == .anybody || !isStranger else { return false }
        if let holder, let isDisabled = world.users[holder] {
            func isOpen(_ session: ChangingWorld.Opened) -> Bool {
                !session.isRevoked && ChangingWorld.now < session.end
            }
            guard !isDisabled else { return false }
            switch self {
            case .users where !world.sessions.values.contains { $0.user == holder && isOpen($0) }: return false
            case .sessions where !(token.session.flatMap { world.sessions[$0] }.map(isOpen) ?? false): return false
            default: break
            }
        }
        guard let access = world.rooms[token.room] else { return false }
        let streams = world.streams.values.filter { $0.room == token.room }
        let entry = RoomEntry(
            access: access,
            memberships: holder.flatMap { isStranger ? nil : world.members[token.room]?[$0] } ?? [],
            isScheduled: !streams.isEmpty,
            streamSessions: streams.map(\.session)
        )
        let scenes: [Identifier?] = token.isRenewed ? [nil] + ChangingWorld.scenes : [token.scene]
        let events: [Identifier?] = token.isRenewed ? [nil] + ChangingWorld.events : [nil]
        return scenes.contains { scene in
            events.contains { event in
                let admission = try? join.admit(to: entry, scene: scene, event: event, at: ChangingWorld.now)
                return admission.map { $0.permissions.roomAdmin || !token.isModerator } ?? false
            }
        }
    }
}

/// A gate over a directory in a file, with the index of the service, and a writer beside it.
private final class RealSite: Sendable {
    let settings: JoinPolicy
    let gate: Gate
    let path: String
    let key: APIKey
    private let folder: URL

    /// - Parameter isInMemory: whether commits wait for no disk.
    init(_ deployment: Deployment, isInMemory: Bool = false) throws {
        let files = FileManager.default
        let memory = URL(filePath: "/dev/shm")
        let parent = isInMemory && files.isWritableFile(atPath: memory.path) ? memory : files.temporaryDirectory
        folder = parent.appending(path: Foundation.UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        path = folder.appending(path: "directory.sqlite").path
        key = try .sample()
        let settings = try Settings(
            yaml: Array(
                """
                \(deployment.rawValue)directory: {url: 'sqlite:\(path)'}
                gate: on
                roles:
                  host: {publish: true, subscribe: true, data: true, anytime: true}
                  speaker: {publish: true, subscribe: true, data: true}
                  viewer: {subscribe: true}
                  moderator: {subscribe: true, data: true, room_admin: true}
                """.utf8
            ),
            file: "config.yaml",
            on: LinuxSystem(variables: [:])
        )
        self.settings = settings.rooms.join
        let directory = try settings.openDirectory(readers: 4, .migrate)
        // Somebody who stays: what a directory without users does not know is never a no.
        try SQLiteDirectoryWriter(path: path).addUser("caretaker", at: ChangingWorld.now)
        let subject = try #require(settings.identitiesAtGate)
        let rows = try #require(settings.directory.url.identityRows(of: subject))
        let index = DirectoryIdentityIndex(rows, of: subject, patience: amplePatience, reserve: WorkerReserve()) { _ in
        }
        index.start()
        gate = try #require(Gate(settings, keys: KeyRing([key]), directory: directory, identities: index))
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func request(_ token: HeldToken) -> GateRequest {
        var generator = KernelRandomness()
        return GateRequest(
            endpoint: .rtc,
            method: "GET",
            target: Redacted(Array("/rtc?access_token=".utf8) + token.compact(by: key)),
            client: "192.0.2.7",
            id: RequestID(using: &generator)
        )
    }

    func answer(_ request: GateRequest) -> JoinOutcome { gate.answer(request, at: ChangingWorld.now) }
}

@Suite struct `The gate over a directory that changes` {
    /// One change, committed, and then the people at the door: 10,500 times in all.
    @Test(arguments: Deployment.allCases)
    private func `lets in exactly those who may be in after each commit`(_ deployment: Deployment) throws {
        let site = try RealSite(deployment, isInMemory: true)
        let writer = try SQLiteDirectoryWriter(path: site.path)
        let tokens = deployment.tokens.map { ($0, site.request($0)) }
        var generator = SeededGenerator(seed: UInt64(deployment.rawValue.utf8.count))
        var world = ChangingWorld()
        var kinds: [ChangingWorld.Kind: Int] = [:]
        var (admitted, refused) = (0, 0)
        for step in 0..<3500 {
            let (kind, change) = world.change(using: &generator)
            try writer.make(change)
            world.apply(change)
            kinds[kind, default: 0] += 1
            for _ in 0..<4 {
                let (token, request) = generator.pick(tokens)
                let isExpected = deployment.admits(token, world, world, site.settings)
                let answer = site.answer(request)
                #expect(
                    answer.response.status == (isExpected ? 204 : 403),
                    "\(String(describing: answer.event.refusal)), after \(change), step \(step): \(token)"
                )
                if isExpected { admitted += 1 } else { refused += 1 }
            }
        }
        #expect(ChangingWorld.Kind.allCases.allSatisfy { kinds[$0, default: 0] >= 20 }, "\(kinds)")
        #expect(admitted > 500 && refused > 1000, "\(admitted), \(refused)")
    }

    /// A question and its answer, with the commits that were over before it began, and those that had begun by its end.
    private struct Answered: Sendable {
        let token: Int
        let status: Int
        let first: Int
        let last: Int
    }

    /// A writer, and three who ask as fast as they can: each answer is that of a state of the directory between the
    /// last commit before the question began, and the last that began before it ended.
    ///
    /// The writer waits for three answers for each change, however busy the machine is.
    @Test(arguments: Deployment.allCases)
    private func `obeys each commit from the moment when it is over`(_ deployment: Deployment) throws {
        let site = try RealSite(deployment)
        let requests = deployment.tokens.map { site.request($0) }
        var generator = SeededGenerator(seed: 77)
        var states = [ChangingWorld()]
        var changes: [ChangingWorld.Change] = []
        for _ in 0..<1500 {
            var world = states[states.count - 1]
            let (_, change) = world.change(using: &generator)
            world.apply(change)
            changes.append(change)
            states.append(world)
        }
        let begun = Atomic(0)
        let ended = Atomic(0)
        let answered = Atomic(0)
        let answers = Mutex<[Answered]>([])
        let failures = Mutex<[String]>([])
        let turn = Atomic(0)
        let made = changes
        inThreads(4) {
            let number = turn.add(1, ordering: .sequentiallyConsistent).oldValue
            if number == 0 {
                do {
                    let writer = try SQLiteDirectoryWriter(path: site.path)
                    for (index, change) in made.enumerated() {
                        while answered.load(ordering: .relaxed) < 3 * index { usleep(50) }
                        begun.add(1, ordering: .sequentiallyConsistent)
                        try writer.make(change)
                        ended.add(1, ordering: .sequentiallyConsistent)
                    }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
                // The askers end.
                ended.store(made.count, ordering: .sequentiallyConsistent)
                return
            }
            var generator = SeededGenerator(seed: UInt64(number))
            var own: [Answered] = []
            while ended.load(ordering: .sequentiallyConsistent) < made.count {
                let token = Int.random(in: 0..<requests.count, using: &generator)
                let first = ended.load(ordering: .sequentiallyConsistent)
                let status = site.answer(requests[token]).response.status
                let last = begun.load(ordering: .sequentiallyConsistent)
                // On a machine that is busy with other things the index may be late, and the gate then says so.
                if status == 503 { continue }
                own.append(Answered(token: token, status: status, first: first, last: last))
                answered.add(1, ordering: .relaxed)
            }
            answers.withLock { $0 += own }
        }
        #expect(failures.withLock { $0 }.isEmpty)
        let all = answers.withLock { $0 }
        var overlapping = 0
        for answer in all {
            if answer.first != answer.last { overlapping += 1 }
            let token = deployment.tokens[answer.token]
            let span = answer.first...answer.last
            func isRight(_ known: Int, _ judged: Int) -> Bool {
                let isAdmitted = deployment.admits(token, states[known], states[judged], site.settings)
                return answer.status == (isAdmitted ? 204 : 403)
            }
            // Who it is was found in a state that is no newer than the one by which it is judged.
            let isObeyed =
                span.contains { isRight($0, $0) }
                || span.contains { known in (known...answer.last).contains { isRight(known, $0) } }
            #expect(isObeyed, "\(answer.status), \(token), commits \(span)")
        }
        #expect(overlapping > 100, "\(overlapping) of \(all.count)")
        #expect(Set(all.map(\.status)) == [204, 403])
    }
}
