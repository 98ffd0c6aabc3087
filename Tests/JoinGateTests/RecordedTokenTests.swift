import Foundation
import JoinGate
import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

/// A token that livekit-server 1.13.5 renewed, as it was recorded (`Tests/Recorded/livekit/tokens`).
struct RenewedToken: CustomTestStringConvertible, Decodable {
    struct Claims: Decodable {
        let sub: String
        let video: Video
    }

    struct Video: Decodable {
        let room: String
        let roomAdmin: Bool?
        let canUpdateOwnMetadata: Bool?
    }

    private enum CodingKeys: String, CodingKey {
        case token, claims, cause
        case receivedAt = "received_unix"
    }

    let token: String
    let receivedAt: Double
    let claims: Claims
    let cause: String

    var testDescription: String { cause }

    private static let folder = URL(filePath: #filePath).appending(path: "../../Recorded/livekit/tokens").standardized

    static let all: [String: RenewedToken] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return Dictionary(
            uniqueKeysWithValues: names.filter { $0.hasSuffix(".json") }.compactMap { name in
                guard let data = try? Data(contentsOf: folder.appending(path: name)),
                    let token = try? JSONDecoder().decode(RenewedToken.self, from: data)
                else { return nil }
                return (String(name.dropLast(5)), token)
            }
        )
    }()

    /// A deployment whose user the token is of: one of the crew, in the room of the token.
    func site(role: Identifier = "crew") -> Site {
        var site = Site()
        site.now = NumericDate(Int64(receivedAt))
        site.token = token
        site.keys = [
            ("APItest", "a-long-enough-secret-for-tests-0123456789abcdef"),
            ("APItwo", "another-long-enough-secret-for-tests-fedcba98765"),
        ]
        var crew = Permissions(publishing: .anything, subscribe: true, publishData: true, updateOwnMetadata: true)
        site.roles["crew"] = Role(crew, anytime: true)
        crew.roomAdmin = true
        site.roles["chief"] = Role(crew, anytime: true)
        let user = id(String(claims.sub.dropFirst(5)))
        site.add(user)
        site.directory.sessions[digest("bearer-1")] = DirectorySession(
            user: User(id: user, did: nil, name: nil, isDisabled: false),
            expiresAt: site.now.advanced(by: 3600),
            isRevoked: false
        )
        site.directory.rooms = [
            id(claims.video.room): MemoryDirectory.Room(members: [user: [Membership(role: role, scene: "intro")]])
        ]
        return site
    }
}

@Suite struct `A recorded renewed token at the gate` {
    /// What each comes to for a member of the crew; `nil` for an admission.
    private static let reasons: [String: JoinReason?] = [
        "after_join": nil, "after_join_native": nil, "after_join_room_admin": .grantsExceeded,
        "after_permission_hidden_recorder_agent": .grantsExceeded, "after_permission_narrowed": nil,
        "after_set_metadata": nil, "after_set_name_attributes": nil, "after_update_participant_signalling": nil,
        "from_token_expired_55s_ago": nil, "join_request_metadata_attributes": nil, "periodic_300s_ttl2400": nil,
        "periodic_300s_ttl300": nil, "periodic_600s_ttl2400": nil, "periodic_600s_ttl300": nil,
        "publish_suffix": .identitySuffixed, "publish_suffix_active": .identitySuffixed,
        "two_keys_signed_by_other": .identityForeign,
    ]

    @Test func `is one of those that are judged here`() {
        #expect(Set(RenewedToken.all.keys) == Set(Self.reasons.keys))
    }

    @Test(arguments: RenewedToken.all.keys.sorted()) func `is judged by what is committed now`(name: String) throws {
        let token = try #require(RenewedToken.all[name])
        let expected = try #require(Self.reasons[name])
        let site = token.site()
        let outcome = try site.ask()
        #expect(outcome.event.refusal?.reason == expected)
        if name == "after_permission_hidden_recorder_agent" {
            #expect(outcome.event.refusal == .grantsExceeded(["agent", "hidden", "recorder"]))
        }
        guard expected == nil else { return }
        #expect(outcome.response.headers.contains { $0 == .init(name: "X-LiveKit-Token", value: token.token) })
    }

    /// The ways in which a person loses a room; the token is good for minutes.
    @Test(arguments: RenewedToken.all.keys.sorted()) func `lets nobody back in who may no longer be in`(
        name: String
    ) throws {
        let token = try #require(RenewedToken.all[name])
        let user = id(String(token.claims.sub.dropFirst(5)))
        let changes: [@Sendable (inout Site) -> Void] = [
            { $0.directory.blocks = [Block(user: user)] },
            { site in
                site.directory.users[user] = nil
                site.add("bob")
            },
            { $0.add(user, isDisabled: true) }, { $0.directory.sessions = [:] }, { $0.directory.rooms = [:] },
            { site in for room in site.directory.rooms.keys { site.directory.rooms[room]?.members = [:] } },
            { $0.roles["crew"] = nil },
            { site in
                for room in site.directory.rooms.keys {
                    site.directory.rooms[room]?.streams = []
                    site.directory.rooms[room]?.members = [user: [Membership(role: "speaker")]]
                }
            },
        ]
        for change in changes {
            var site = token.site()
            change(&site)
            #expect(try site.ask().response.status == 403)
        }
    }

    @Test func `of a moderator passes while a role makes one`() throws {
        let token = try #require(RenewedToken.all["after_join_room_admin"])
        var site = token.site(role: "chief")
        #expect(try site.reason() == nil)
        (site.endpoint, site.method) = (.twirp, "POST")
        #expect(try site.reason() == nil)
        site = token.site()
        #expect(try site.ask().event.refusal == .grantsExceeded(["roomAdmin"]))
    }

    @Test func `is good until a minute after its end, as LiveKit takes it`() throws {
        let token = try #require(RenewedToken.all["after_join"])
        var site = token.site()
        site.now = NumericDate(1_795_832_060)
        site.directory.sessions = site.directory.sessions.mapValues {
            DirectorySession(user: $0.user, expiresAt: NumericDate(1_795_900_000), isRevoked: false)
        }
        #expect(try site.reason() == nil)
        site.now = NumericDate(1_795_832_061)
        #expect(try site.reason() == .tokenExpired)
    }
}
