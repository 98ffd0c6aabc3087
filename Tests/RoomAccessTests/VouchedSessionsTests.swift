import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing

/// A source that knows one login, or has an error in its place.
private struct OneLogin: LoginSource {
    var result: Result<Session, SessionError>
    var missing: SessionError.Missing?

    func examine(_ credential: Credential) throws(SessionError) {
        if let missing { throw .missing(missing) }
    }

    func login(for credential: Credential, at now: NumericDate) throws(SessionError) -> Session {
        try result.get()
    }
}

/// A directory that knows one user, or none, or does not answer.
private final class Users: DirectorySnapshot {
    private let user: Result<User?, DirectoryError>

    init(_ user: Result<User?, DirectoryError>) {
        self.user = user
    }

    func session(_ digest: SessionDigest) -> DirectorySession? { nil }
    func room(_ room: Identifier, user: Identifier, at now: NumericDate) -> RoomEntry? { nil }
    func end() {}

    func user(_ id: Identifier) throws(DirectoryError) -> User? {
        let user = try user.get()
        return user?.id == id ? user : nil
    }
}

@Suite struct `a session of a login elsewhere` {
    private static let credential = Credential(.failure(.noAuthorization))

    private static func session(
        _ id: Identifier = "ada",
        did: UTF8String? = nil,
        name: UTF8String? = nil,
        isDisabled: Bool = false,
        isNameDropped: Bool = false
    ) -> Session {
        Session(
            user: User(id: id, did: did, name: name, isDisabled: isDisabled),
            endsAt: noon(60),
            key: [1, 2, 3],
            claim: .string("rooms"),
            isNameDropped: isNameDropped
        )
    }

    private func vouched(
        _ users: VouchedSessions.Users,
        _ user: Result<User?, DirectoryError>,
        of login: Session = session()
    ) throws -> Session {
        try VouchedSessions(OneLogin(result: .success(login)), users: users)
            .session(for: Self.credential, in: Users(user), at: noon)
    }

    // MARK: - Which users get in

    @Test(arguments: VouchedSessions.Users.allCases)
    func `is one where the directory knows the user, whichever users get in`(users: VouchedSessions.Users) throws {
        let user = User(id: "ada", did: nil, name: nil, isDisabled: false)
        #expect(try vouched(users, .success(user)) == Self.session())
    }

    @Test func `is one of a user whom the directory does not know only where any gets in`() throws {
        #expect(try vouched(.any, .success(nil)) == Self.session())
        #expect(throws: SessionError.unknownUser(of: Self.session())) { try vouched(.known, .success(nil)) }
    }

    /// Bytes decide: an id that looks the same is another.
    @Test(arguments: ["Ada", "ADA", "ada."] as [Identifier])
    func `is of no user but the one of that id`(id: Identifier) {
        let user = User(id: "ada", did: nil, name: nil, isDisabled: false)
        #expect(throws: SessionError.unknownUser(of: Self.session(id))) {
            try vouched(.known, .success(user), of: Self.session(id))
        }
    }

    /// The caller refuses disabled users (`SessionSource`).
    @Test(arguments: VouchedSessions.Users.allCases)
    func `says that the user is disabled where the directory has them so`(users: VouchedSessions.Users) throws {
        let user = User(id: "ada", did: nil, name: nil, isDisabled: true)
        #expect(try vouched(users, .success(user)) == Self.session(isDisabled: true))
    }

    @Test(arguments: VouchedSessions.Users.allCases)
    func `is neither good nor bad where the directory does not answer`(users: VouchedSessions.Users) {
        let down = DirectoryError("down")
        #expect(throws: SessionError.unavailable(down)) { try vouched(users, .failure(down)) }
    }

    @Test func `is possible without a directory, where any user gets in`() throws {
        let sessions = VouchedSessions(OneLogin(result: .success(Self.session())), users: .any)
        let snapshot = NoDirectory().snapshot()
        #expect(try sessions.session(for: Self.credential, in: snapshot, at: noon) == Self.session())
    }

    // MARK: - Name and DID

    @Test(
        arguments: [
            (nil, nil, nil), (nil, "elsewhere", "elsewhere"), ("here", nil, "here"), ("here", "elsewhere", "here"),
        ] as [(UTF8String?, UTF8String?, UTF8String?)]
    )
    func `has the directory's name and DID, and the login's where it has none`(
        here: UTF8String?,
        elsewhere: UTF8String?,
        counts: UTF8String?
    ) throws {
        let user = User(id: "ada", did: here, name: here, isDisabled: false)
        #expect(
            try vouched(.known, .success(user), of: Self.session(did: elsewhere, name: elsewhere))
                == Self.session(did: counts, name: counts)
        )
    }

    @Test func `keeps the login's name and DID of a user whom the directory does not know`() throws {
        let login = Self.session(did: "did:web:a", name: "Ada")
        #expect(try vouched(.any, .success(nil), of: login) == login)
    }

    @Test func `remembers a name that was dropped`() throws {
        let user = User(id: "ada", did: nil, name: "Ada", isDisabled: false)
        let session = try vouched(.known, .success(user), of: Self.session(isNameDropped: true))
        #expect(session == Self.session(name: "Ada", isNameDropped: true))
    }

    // MARK: - The source decides

    @Test func `is what the source throws, and the directory is not asked`() {
        for error in [SessionError.missing(.noLogin), .invalid(.expired, of: Self.session()), .invalid(.unknown)] {
            let sessions = VouchedSessions(OneLogin(result: .failure(error)), users: .any)
            let directory = Users(.failure(DirectoryError("asked")))
            #expect(throws: error) { try sessions.session(for: Self.credential, in: directory, at: noon) }
        }
    }

    @Test func `is examined by the source`() {
        let sessions = VouchedSessions(OneLogin(result: .success(Self.session()), missing: .noLogin), users: .any)
        #expect(throws: SessionError.missing(.noLogin)) { try sessions.examine(Self.credential) }
    }

    @Test func `needs ten seconds, since its end is another's choice`() {
        #expect(VouchedSessions(OneLogin(result: .failure(.invalid(.unknown))), users: .any).minimumRemainder == 10)
    }
}
