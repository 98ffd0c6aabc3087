import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

@Suite struct `A person who is blocked` {
    /// Ada, a host of `stage-1` who is blocked there.
    private static func fixture(_ block: Block = Block(user: "ada", room: "stage-1", why: "spam")) -> Fixture {
        var fixture = Fixture()
        fixture.directory.blocks = [block]
        return fixture
    }

    /// The same where the web server vouches for users.
    private static func loginFixture(_ block: Block, _ users: VouchedSessions.Users) -> Fixture {
        var fixture = fixture(block)
        fixture.sessions = VouchedSessions(ParameterLogins(memberships: .none), users: users)
        return fixture
    }

    @Test(arguments: ParticipantIdentity.Policy.allCases)
    func `gets no token, whatever identities the tokens have`(_ policy: ParticipantIdentity.Policy) throws {
        var fixture = Self.fixture()
        fixture.identity = policy
        let reply = try fixture.ask()
        #expect((reply.status, reply.code, reply.reason) == (403, "forbidden", "blocked"))
        #expect(reply.calls.last == .block(ParticipantIdentity(user: "ada"), "stage-1"))
    }

    @Test func `is told no more than one who is no member, and the log not the operator's words`() throws {
        let reply = try Self.fixture().ask()
        var stranger = Fixture()
        stranger.stage.members = [:]
        #expect(try reply.response == stranger.ask().response)
        #expect(!reply.body.contains("block") && !reply.body.contains("spam"))
        #expect(reply.line.contains(#""code":"forbidden","reason":"blocked","userId":"ada""#))
        #expect(!reply.line.contains("spam"))
    }

    @Test func `gets a token in other rooms, and others get one`() throws {
        var fixture = Self.fixture(Block(user: "ada", room: "stage-2"))
        #expect(try fixture.ask().status == 200)
        fixture.directory.blocks = [Block(user: "Ada"), Block(user: "bob")]
        #expect(try fixture.ask().status == 200)
    }

    @Test func `is refused in an open room, too`() throws {
        var fixture = Self.fixture(Block(user: "ada"))
        fixture.stage = StubDirectory.RoomRow(access: .open)
        #expect(try fixture.ask().reason == "blocked")
    }

    @Test func `is refused in LiveKit's own schema in the same way`() throws {
        let body = #"{"room_name":"stage-1"}"#
        let reply = try Self.fixture().askTokenSource(body)
        #expect((reply.status, reply.code, reply.reason) == (403, "forbidden", "blocked"))
        #expect(try Fixture().askTokenSource(body).status == 201)
    }

    /// For whom the directory need not know anybody.
    @Test(arguments: [VouchedSessions.Users.known, .any])
    func `is refused as a login that the web server vouches for`(_ users: VouchedSessions.Users) throws {
        let fixture = Self.loginFixture(Block(user: "ada"), users)
        let reply = try fixture.ask { request in
            request.authorization = nil
            request.login[.user] = Array("ada".utf8)
        }
        #expect((reply.status, reply.code, reply.reason) == (403, "forbidden", "blocked"))
    }

    @Test(arguments: [
        ("auth0|eve", "auth0|eve"), ("0F8FAD5B-D9CB-469F-A165-70867728950E", "0f8fad5b-d9cb-469f-a165-70867728950e"),
    ])
    func `is refused as one whom only the login knows`(login: String, blocked: String) throws {
        var fixture = Self.loginFixture(Block(user: id(blocked)), .any)
        fixture.stage.access = .open
        func ask(_ fixture: Fixture) throws -> Reply {
            try fixture.ask { request in
                request.authorization = nil
                request.login[.user] = Array(login.utf8)
            }
        }
        #expect(try ask(fixture).reason == "blocked")
        fixture.directory.blocks = []
        #expect(try ask(fixture).status == 200)
    }

    @Test func `is not let in where the directory does not say whether`() throws {
        var fixture = Fixture()
        fixture.directory.blocksFail = DirectoryError("a row of blocks holds what the schema rules out")
        let reply = try fixture.ask()
        #expect((reply.status, reply.code, reply.reason) == (503, "unavailable", "directory_unavailable"))
    }

    @Test func `is explained with the block, also where another rule would keep the person out`() throws {
        var fixture = Self.fixture()
        fixture.stage.members = [:]
        let (_, issuer, stub) = try fixture.endpoint()
        let session = Session(user: fixture.ada, endsAt: nil, key: nil)
        let explanation = try issuer.explain(for: session, TokenRequest(room: "stage-1"), in: stub, at: fixture.now)
        #expect(explanation.block == fixture.directory.blocks.first)
        #expect(explanation.decision == .failure(.forbidden(.blocked)))
        #expect(explanation.room != nil)
    }
}
