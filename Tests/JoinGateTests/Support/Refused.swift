import JoinGate
import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

/// A question that the gate refuses.
struct Refused: CustomTestStringConvertible {
    let testDescription: String
    let reason: JoinReason
    let status: Int
    let change: @Sendable (inout Site) -> Void

    init(_ what: String, _ reason: JoinReason, _ status: Int, _ change: @escaping @Sendable (inout Site) -> Void) {
        testDescription = what
        self.reason = reason
        self.status = status
        self.change = change
    }

    static let all = ofRequests + ofTokens + ofPeople + ofRooms + ofGrants + unknowable

    static let ofRequests = [
        Refused("no token", .tokenMissing, 401) { $0.target = "/rtc?auto_subscribe=1" },
        Refused("an empty token", .tokenMissing, 401) { $0.target = "/rtc?access_token=" },
        Refused("no query", .tokenMissing, 401) { $0.target = "/rtc" },
        Refused("another scheme", .authorizationMalformed, 401) { $0.header("Basic TOKEN") },
        Refused("a small letter, which LiveKit refuses", .authorizationMalformed, 401) { $0.header("bearer TOKEN") },
        Refused("no scheme", .authorizationMalformed, 401) { $0.header("TOKEN") },
        Refused("no token in the header", .authorizationMalformed, 401) { $0.header("Bearer ") },
        Refused("no blank", .authorizationMalformed, 401) { $0.header("Bearer") },
        Refused("an empty header", .authorizationMalformed, 401) { $0.header("") },
        Refused("two blanks", .tokenMalformed, 401) { $0.header("Bearer  TOKEN") },
        Refused("two tokens in the header", .tokenMalformed, 401) { $0.header("Bearer TOKEN, Bearer TOKEN") },
        Refused("a line break after the token", .tokenMalformed, 401) { $0.header("Bearer TOKEN\r\nX-A: b") },
        Refused("a token in both places", .tokenTwice, 401) { $0.authorization = "Bearer TOKEN" },
        Refused("two tokens in the query", .tokenTwice, 401) { $0.target = "/rtc?access_token=TOKEN&access_token=x" },
        Refused("another spelling of the name", .tokenTwice, 401) { $0.target = "/rtc?%61ccess_token=TOKEN" },
        Refused("an escape in the token", .tokenEscaped, 401) { $0.target = "/rtc?access_token=%65yJ" },
        Refused("a semicolon", .queryMalformed, 401) { $0.target = "/rtc?access_token=TOKEN;x=1" },
        Refused("two join requests", .joinRequestTwice, 401) {
            $0.target = "/rtc?access_token=TOKEN&join_request=a&join_request=b"
        },
        Refused("a second identity", .publishParameter, 403) { $0.target = "/rtc?access_token=TOKEN&publish=x" },
        Refused("a second identity, escaped", .publishParameter, 403) {
            $0.target = "/rtc?access_token=TOKEN&%70ublish="
        },
        Refused("a query that is too long with the token", .tooLong, 401) {
            $0.target = "/rtc?access_token=TOKEN&a=" + String(repeating: "b", count: Gate.maximumLength)
        },
        Refused("POST to a WebSocket", .method, 403) { $0.method = "POST" },
        Refused("a method in small letters", .method, 403) { $0.method = "get" },
        Refused("GET of a moderator's call", .method, 403) { $0.endpoint = .twirp },
        Refused("PUT to WHIP", .method, 403) {
            $0.endpoint = .whip
            $0.method = "PUT"
        },
    ]

    static let ofTokens = [
        Refused("no compact serialization", .tokenMalformed, 401) { $0.token = "a.b" },
        Refused("no signature, as alg: none has it", .tokenAlgorithm, 401) {
            $0.token = "eyJhbGciOiJub25lIn0.e30.YQ"
        },
        Refused("a key that LiveKit has not", .tokenKeyUnknown, 401) { $0.claims.issuer = "APIother" },
        Refused("the signature of another key", .tokenSignature, 401) { $0.claims.issuer = "APItwo" },
        Refused("a claim twice", .tokenPayload, 401) { $0.claims.others = #","sub":"x""# },
        Refused("Sub", .tokenClaimCase, 401) { $0.claims.others = #","Sub":"x""# },
        Refused("no exp, with which LiveKit lets in for ever", .tokenExpiryMissing, 401) { $0.claims.expiry = nil },
        Refused("61 seconds after exp", .tokenExpired, 401) { $0.claims.expiry = NumericDate.sample.seconds - 61 },
        Refused("61 seconds before nbf", .tokenNotYetValid, 401) {
            $0.claims.notBefore = NumericDate.sample.seconds + 61
        },
        Refused("no sub", .tokenSubjectMissing, 401) { $0.claims.subject = nil },
    ]

    static let ofPeople = [
        Refused("a second identity of LiveKit's", .identitySuffixed, 403) {
            $0.claims.subject = identity("ada") + "#x"
        },
        Refused("an agent", .identityForeign, 403) { $0.claims.subject = "agent-AJ_1" },
        Refused("an identity in capitals", .identityForeign, 403) {
            $0.claims.subject = "user-018F3A52-7C1B-7D2E-9A3F-0123456789AB"
        },
        Refused("somebody unknown", .unknownUser, 403) { $0.claims.subject = identity("bob") },
        Refused("a disabled user", .userDisabled, 403) { $0.add("ada", isDisabled: true) },
        Refused("a blocked user", .blocked, 403) { $0.directory.blocks = [Block(user: "ada", room: "stage-1")] },
        Refused("a user blocked everywhere", .blocked, 403) { $0.directory.blocks = [Block(user: "ada")] },
        Refused("a blocked user, by sessions' identities", .blocked, 403) {
            $0.identifySessions()
            $0.directory.blocks = [Block(user: "ada")]
        },
        Refused("somebody unknown who is blocked", .blocked, 403) {
            $0.letInAnybody()
            $0.directory.blocks = [Block(user: "bob")]
        },
        Refused("somebody unknown who is blocked, and could not get in anyway", .blocked, 403) {
            $0.claims.subject = identity("bob")
            $0.directory.blocks = [Block(user: "bob")]
        },
        Refused("no open session", .noOpenSession, 403) { $0.directory.sessions = [:] },
        Refused("revoked sessions alone", .noOpenSession, 403) { $0.open("bearer-1", of: "ada", isRevoked: true) },
        Refused("ended sessions alone", .noOpenSession, 403) { $0.open("bearer-1", of: "ada", lasting: 0) },
        Refused("a session revoked, though another is open", .sessionRevoked, 403) {
            $0.identifySessions()
            $0.open("bearer-1", of: "ada", isRevoked: true)
            $0.open("bearer-2", of: "ada")
        },
        Refused("a session that has ended", .sessionExpired, 403) {
            $0.identifySessions()
            $0.open("bearer-1", of: "ada", lasting: 0)
        },
        Refused("a session that the directory has no more", .sessionUnknown, 403) {
            $0.identifySessions()
            $0.directory.sessions = [:]
            $0.directory.remembered = IdentityHolder(user: "ada", session: digest("bearer-1"))
        },
        Refused("a session that another user has now", .sessionUnknown, 403) {
            $0.identifySessions()
            $0.directory.remembered = IdentityHolder(user: "ada", session: digest("bearer-1"))
            $0.open("bearer-1", of: "bob")
        },
        Refused("a user's identity where sessions have theirs", .unknownUser, 403) {
            $0.identifySessions()
            $0.claims.subject = identity("ada")
        },
    ]

    static let ofRooms = [
        Refused("no room", .roomMissing, 403) { $0.claims.room = nil },
        Refused("the empty room", .roomMissing, 403) { $0.claims.room = "" },
        Refused("a room that is no id", .unknownRoom, 403) { $0.claims.room = "stage 1" },
        Refused("a room that was removed", .unknownRoom, 403) { $0.directory.rooms = [:] },
        Refused("no membership", .notAMember, 403) { $0.memberships = [] },
        Refused("a membership of another scene", .notAMemberHere, 403) {
            $0.memberships = [Membership(role: "viewer", scene: "finale")]
            $0.claims.metadata = #"{"sceneId":"intro","roles":["viewer"]}"#
        },
        Refused("a membership of a scene, and a token of none", .notAMemberHere, 403) {
            $0.memberships = [Membership(role: "viewer", scene: "finale")]
        },
        Refused("a membership of another event", .notAMemberHere, 403) {
            $0.memberships = [Membership(role: "viewer", event: "gala")]
            $0.claims.metadata = #"{"eventId":"fair","roles":["viewer"]}"#
        },
        Refused("a scene that no request can name", .notAMemberHere, 403) {
            $0.claims.metadata = #"{"sceneId":"in tro","roles":["viewer"]}"#
        },
        Refused("a membership that has ended", .membershipExpired, 403) {
            $0.memberships = [Membership(role: "viewer", expiresAt: .sample)]
        },
        Refused("a role that the configuration has no more", .unknownRole, 403) {
            $0.memberships = [Membership(role: "wizard")]
        },
        Refused("a stream session that has closed", .streamNotOpen, 403) { $0.stage.streams = [] },
        Refused("a stream session of another scene", .streamNotOpen, 403) {
            $0.stage.streams = [StreamSession(scene: "finale")]
            $0.claims.metadata = #"{"sceneId":"intro","roles":["viewer"]}"#
        },
    ]

    static let ofGrants = [
        Refused("a moderator's token at the door", .grantMissing, 403) {
            $0.memberships = [Membership(role: "moderator")]
            $0.claims.video = ["roomAdmin": "true"]
        },
        Refused("a viewer's call of a moderator", .grantMissing, 403) {
            $0.endpoint = .twirp
            $0.method = "POST"
        },
        Refused("roomAdmin of a role that was taken away", .grantsExceeded, 403) {
            $0.claims.video = ["roomJoin": "true", "roomAdmin": "true"]
        },
        Refused("a call of a moderator who was one", .grantsExceeded, 403) {
            $0.endpoint = .twirp
            $0.method = "POST"
            $0.claims.video = ["roomJoin": "true", "roomAdmin": "true"]
        },
        Refused("a participant that hides", .grantsExceeded, 403) {
            $0.claims.video = ["roomJoin": "true", "hidden": "true"]
        },
    ]

    /// What the gate cannot know is never a 403: that is final for a client.
    static let unknowable = [
        Refused("a word for the endpoint that is unknown", .parametersUnusable, 503) { $0.endpoint = nil },
        Refused("a parameter twice", .parametersUnusable, 503) { $0.repeated = "LIVEKIT_GATE" },
        Refused("a clock before this program was made", .clockUnbelievable, 503) {
            $0.now = NumericDate(1_700_000_000)
        },
        Refused("an index that is late", .indexNotInTime, 503) { $0.directory.isIndexLate = true },
        Refused("a directory without an index", .directoryUnavailable, 503) { $0.directory.failing = .identity },
        Refused("a directory without users", .directoryUnavailable, 503) { $0.directory.failing = .user },
        Refused("a directory without blocks", .directoryUnavailable, 503) { $0.directory.failing = .block },
        Refused("a directory without open sessions", .directoryUnavailable, 503) {
            $0.directory.failing = .openSession
        },
        Refused("a directory without sessions", .directoryUnavailable, 503) {
            $0.identifySessions()
            $0.directory.failing = .session
        },
        Refused("a directory that cannot say whether it has users", .directoryUnavailable, 503) {
            $0.claims.subject = identity("bob")
            $0.directory.failing = .users
        },
        Refused("a directory without rooms", .directoryUnavailable, 503) { $0.directory.failing = .room },
    ]
}

extension Site {
    /// A token in the header alone.
    mutating func header(_ value: String) {
        target = "/rtc?auto_subscribe=1"
        authorization = value
    }

    /// Bob, whom the directory does not know, may enter rooms that are open, by logins elsewhere.
    mutating func letInAnybody() {
        admitsUnknownUsers = true
        sessions = .none
        stage.access = .open
        claims.subject = identity("bob")
    }
}
