import Configuration
import Daemon
import JWTSessions
import LiveKitToken
import RoomAccess
import SQLiteDirectory
import StrictJSON
import TokenEndpoint

// What the settings describe, put together: the one place that knows all parts.

extension Settings {
    /// The directory for look-ups, made where it is missing.
    func openDirectory(readers: Int, _ upkeep: SchemaUpkeep) throws(Failure) -> any Directory {
        do throws(DirectoryError) {
            switch directory.url {
            case .sqlite(let path): return try SQLiteDirectoryReader(path: path, readers: readers, upkeep)
            case .absent: return NoDirectory()
            }
        } catch {
            throw Failure(.unavailable, "directory.url: \(error.reason)")
        }
    }

    /// The directory of the service, brought up to date, for so many threads with a connection for each: when one first
    /// needs it, descriptors may be short.
    func openDirectory(threads: Int) throws(Failure) -> any Directory {
        let directory = try openDirectory(readers: threads, .migrate)
        // Any question opens the connection of a snapshot; all at once open as many.
        let (snapshots, subject) = ((0..<threads).map { _ in directory.snapshot() }, Identifier("livekit-tokend"))
        do throws(DirectoryError) {
            for snapshot in snapshots { _ = try subject.map { (id) throws(DirectoryError) in try snapshot.user(id) } }
        } catch {
            throw Failure(.unavailable, "directory.url: \(error.reason)")
        }
        for snapshot in snapshots { snapshot.end() }
        return directory
    }

    /// The directory for changes, made where it is missing.
    func openDirectoryForChanges(_ upkeep: SchemaUpkeep) throws(Failure) -> any DirectoryWriter {
        do throws(DirectoryError) {
            switch directory.url {
            case .sqlite(let path): return try SQLiteDirectoryWriter(path: path, upkeep)
            case .absent:
                throw DirectoryError(
                    "this deployment has no directory (directory.url: none); logins say who their users are, and "
                        + "explain says what they may"
                )
            }
        } catch {
            throw Failure(.unavailable, error.reason)
        }
    }
}

extension DirectoryURL {
    /// The users or sessions, for the service's index of identities; `nil` without a directory.
    func identityRows(of subject: IdentitySubject) -> sending (any IdentityRows)? {
        switch self {
        case .sqlite(let path): SQLiteIdentityRows(path: path, of: subject, .migrate)
        case .absent: nil
        }
    }
}

extension Settings {
    /// The source of sessions.
    ///
    /// - Parameter tokens: the logins by token, where `sessions.source` is `jwt`.
    fileprivate func sessionSource(_ tokens: JWTLogins?) -> any SessionSource {
        switch sessions.source {
        case .directory: return DirectorySessions()
        case .jwt:
            guard let tokens else { preconditionFailure("settings of this source have issuers") }
            return VouchedSessions(tokens, users: sessions.users)
        case .nginx:
            return VouchedSessions(ParameterLogins(memberships: memberships.ofParameters), users: sessions.users)
        }
    }

    /// The source of sessions as a command asks it, which tells no event, and asks for no fetch.
    ///
    /// - Throws: `.configuration` where the secret of an issuer cannot be read.
    func sessionSource(beside key: APIKey) throws(Failure) -> any SessionSource {
        sessionSource(JWTLogins(self, secrets: try loadSharedSecrets(beside: key), after: nil) { _ in })
    }

    /// The source of memberships.
    var membershipSource: any MembershipSource {
        switch memberships.source {
        case .directory: DirectoryMemberships(templates: rooms.templates)
        case .claims: ClaimMemberships(templates: rooms.templates)
        case .groups: GroupMemberships(memberships.groups, templates: rooms.templates)
        }
    }
}

extension JWTLogins {
    /// The logins by token that the settings describe; `nil` if `sessions.source` is another.
    convenience init?(
        _ settings: Settings,
        secrets: [SecretFile: HMACSecret],
        after predecessor: JWTLogins?,
        report: @escaping @Sendable (LoginEvent) -> Void
    ) {
        guard let jwt = settings.sessions.jwt else { return nil }
        self.init(
            jwt,
            secrets: secrets,
            files: LinuxKeySetFiles(),
            membership: settings.memberships.claim,
            predecessor: predecessor,
            report: report
        )
    }
}

extension Endpoint {
    /// The endpoint that the settings describe.
    ///
    /// - Parameter identities: the index of the gate; `nil` where that is off.
    init(
        _ settings: Settings,
        key: APIKey,
        directory: any Directory,
        tokens: JWTLogins?,
        identities: (any IdentityIndex)?,
        metrics page: MetricsPage
    ) {
        self.init(
            routes: Route.all(
                tokenSource: settings.tokenSource,
                metrics: .init(type: PrometheusText.contentType) { Array(page.text(at: $0).utf8) }
            ),
            sessions: settings.sessionSource(tokens),
            directory: directory,
            issuer: Issuer(settings, key: key, identities: identities),
            policy: Policy(
                ids: settings.rooms.ids,
                unauthenticatedStatus: settings.http.unauthenticatedStatus,
                earliestTime: WallClock.earliest
            )
        )
    }
}

extension Issuer {
    /// The issuer that the settings describe.
    init(_ settings: Settings, key: APIKey, identities: (any IdentityIndex)? = nil) {
        self.init(
            key: key,
            policy: settings.token,
            join: settings.rooms.join,
            memberships: settings.membershipSource,
            identities: identities
        ) {
            var generator = KernelRandomness()
            return .random(using: &generator)
        }
    }
}

extension Log {
    /// The log that the settings describe.
    ///
    /// - Parameter operations: where everything but the audit goes, and the audit too unless it has a file.
    init(_ settings: Settings, operations: LineSink) throws(Failure) {
        self.operations = operations
        guard let path = settings.audit.path else {
            audit = operations
            return
        }
        do throws(LineSink.Failure) {
            audit = try LineSink(appendingTo: path)
        } catch {
            throw Failure(auditFile: path, error)
        }
    }
}

extension Settings {
    /// Makes sure that this process may append to `audit.file`, or make it; it touches nothing.
    func requireAppendableAudit() throws(Failure) {
        guard let path = audit.path else { return }
        do throws(LineSink.Failure) {
            try LineSink.requireAppendable(path)
        } catch {
            throw Failure(auditFile: path, error)
        }
    }
}

extension Failure {
    fileprivate init(auditFile path: String, _ error: LineSink.Failure) {
        self.init(
            .configuration,
            "audit.file: \(path) cannot be appended to: \(error); livekit-tokend check says what the log needs"
        )
    }
}
