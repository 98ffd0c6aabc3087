import Foundation
import LiveKitToken
import RoomAccess
import SQLiteDirectory
import StrictJSON
import Synchronization
import TestSupport
@testable import livekit_tokend
import FastCGI

/// A directory in a folder of its own, with an index of it.
final class IdentityFixture: Sendable {
    let folder: String
    let events = Mutex<[IdentityReader.Event]>([])

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("identities-\(Foundation.UUID())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        folder = url.path
        _ = try writer()
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var path: String { folder + "/directory.sqlite" }

    /// How many readings have succeeded.
    var readings: Int { events.withLock { $0.count { if case .read = $0 { true } else { false } } } }
    /// The errors of those that failed.
    var failures: [DirectoryError] {
        events.withLock { $0.compactMap { if case .failed(let error) = $0 { error } else { nil } } }
    }

    func writer() throws -> SQLiteDirectoryWriter { try SQLiteDirectoryWriter(path: path) }

    func index(
        of subject: IdentitySubject = .users,
        reserve: WorkerReserve = WorkerReserve()
    ) -> DirectoryIdentityIndex {
        DirectoryIdentityIndex(
            rows(of: subject),
            of: subject,
            patience: amplePatience,
            reserve: reserve
        ) { [self] event in
            events.withLock { $0.append(event) }
        }
    }

    func rows(of subject: IdentitySubject) -> sending any IdentityRows {
        SQLiteIdentityRows(path: path, of: subject, .migrate)
    }

    /// Runs SQL as a site's scripts do, in a process of its own.
    func shell(_ sql: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
        process.arguments = [path, sql]
        try process.run()
        process.waitUntilExit()
    }

    func rename(_ name: String, to other: String) throws {
        guard unsafe Foundation.rename(folder + "/" + name, folder + "/" + other) == 0 else { throw POSIXError(.EIO) }
    }
}

/// An hour, in nanoseconds: more than any reading takes, however busy the machine is.
let amplePatience: Int64 = 3_600_000_000_000

func identity(_ user: String) -> ParticipantIdentity { ParticipantIdentity(user: UTF8String(user)) }

func identity(_ user: String, session bearer: String) -> ParticipantIdentity {
    ParticipantIdentity(user: UTF8String(user), sessionDigest: digest(bearer).bytes)
}

/// The outcome of a question, to compare as a whole.
enum Found: Equatable {
    case holder(IdentityHolder)
    case nobody
    case unknown(IdentityIndexError)

    static func user(_ id: String) -> Found { .holder(IdentityHolder(user: TestSupport.id(id))) }
}

extension IdentityIndex {
    func ask(_ identity: ParticipantIdentity) -> Found {
        do throws(IdentityIndexError) {
            return try holder(of: identity).map { .holder($0) } ?? .nobody
        } catch {
            return .unknown(error)
        }
    }
}

/// A list that many threads add to.
final class SharedList: Sendable {
    private let entries = Mutex<[String]>([])

    var all: [String] { entries.withLock(\.self) }

    func append(_ entry: String) { entries.withLock { $0.append(entry) } }
}
