import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

@Suite struct `a refusal` {
    struct Row: CustomTestStringConvertible, Sendable {
        let refusal: Refusal
        let status: Int
        let code: String
        let title: String
        let headers: [String]
        let reason: String
        let fault: String?

        init(
            _ refusal: Refusal,
            _ status: Int,
            _ code: String,
            _ title: String,
            _ headers: [String] = [],
            reason: String,
            fault: String? = nil
        ) {
            self.refusal = refusal
            self.status = status
            self.code = code
            self.title = title
            self.headers = headers
            self.reason = reason
            self.fault = fault
        }

        var testDescription: String { reason }
    }

    private static let challenge = #"WWW-Authenticate: Bearer realm="livekit""#
    private static let invalidToken = #"WWW-Authenticate: Bearer realm="livekit", error="invalid_token""#

    private static var jsonError: JSONError {
        do throws(JSONError) { _ = try JSONValue(parsing: []) } catch { return error }
        preconditionFailure("nothing is JSON")
    }

    static let rows: [Row] = [
        Row(.notFound, 404, "not_found", "Not Found", reason: "not_found"),
        Row(
            .methodNotAllowed(allow: ["POST"]),
            405,
            "method_not_allowed",
            "Method Not Allowed",
            ["Allow: POST"],
            reason: "method_not_allowed"
        ),
        Row(.bodyTooLarge, 413, "body_too_large", "Content Too Large", reason: "body_too_large"),
        Row(
            .unsupportedMediaType,
            415,
            "unsupported_media_type",
            "Unsupported Media Type",
            reason: "unsupported_media_type"
        ),
        missing(.noAuthorization, "authorization_missing"),
        missing(.otherScheme, "authorization_not_bearer"),
        missing(
            .malformedAuthorization(.character(.visible(UInt8(ascii: "|")))),
            "authorization_malformed",
            fault: "A session consists of letters, digits and - . _ ~ + /, with = at its end alone (RFC 6750), and the "
                + "one in the Authorization header has a vertical bar; send the session as Authorization: Bearer "
                + "<session>."
        ),
        missing(.placeholder, "authorization_placeholder"),
        missing(.noLogin, "login_missing", fault: "LIVEKIT_USER is empty: the web server vouches for no user"),
        invalid(
            .loginDenied,
            "login_denied",
            fault: "LIVEKIT_AUTH_STATUS is not 2xx: the site's back end says no (authStatus in nginx's access log)"
        ),
        invalid(
            .malformedParameter(.user),
            "login_malformed",
            fault: "LIVEKIT_USER must be 1 to 256 visible ASCII characters"
        ),
        missing(.noToken, "login_token_missing", fault: "LIVEKIT_JWT is empty: the web server passes no token"),
        invalid(
            .noKey,
            "session_key_missing",
            fault: "token.identity is session, and this login has nothing that tells its session from others: let it "
                + "have that, or set token.identity to user"
        ),
        token(.tooLong, "token_length"),
        token(.parts, "token_parts"),
        token(.encrypted, "token_encrypted"),
        token(.encoding, "token_encoding"),
        token(.header, "token_header"),
        token(.algorithm, "token_algorithm"),
        token(.type, "token_typ"),
        token(.headerMember, "token_header_member"),
        token(.keyIDUnknown, "token_kid_unknown"),
        token(.keyAlgorithm, "token_key_algorithm"),
        token(.keyMissing, "token_key_missing"),
        token(.signature, "token_signature"),
        token(.payload, "token_payload"),
        token(.issuer, "token_issuer"),
        token(.audience, "token_audience"),
        token(.expiryMissing, "token_exp_missing"),
        token(.time, "token_time"),
        token(.expired, "token_expired"),
        token(.notYetValid, "token_not_yet_valid"),
        token(.issuedInFuture, "token_issued_in_future"),
        token(.purpose, "token_purpose"),
        token(.events, "token_events"),
        token(.bound, "token_bound"),
        token(.required, "token_required"),
        token(.refused, "token_refused"),
        token(.user, "token_user"),
        token(.did, "token_did"),
        token(.session, "token_session"),
        keys(.missing, "key_set_missing"),
        keys(.tooOld, "key_set_too_old"),
        keys(.pending, "key_set_pending"),
        invalid(.unknown, "session_unknown"),
        invalid(.expired, "session_expired"),
        invalid(.revoked, "session_revoked"),
        invalid(.endsTooSoon, "session_ends_too_soon"),
        invalid(.userDisabled, "user_disabled"),
        malformed(.notJSON(jsonError), "body_not_json", "The body is not JSON: the text ends too early, at byte 0."),
        malformed(.notAnObject, "body_not_object", "The body must be a JSON object."),
        malformed(.wrongType("roomId"), "field_of_wrong_type", "roomId must be a string."),
        malformed(.roomMissing, "room_id_missing", "roomId is missing; name the room."),
        malformed(
            .roomNameMissing,
            "room_name_missing",
            "room_name is missing; name the room (roomName in LiveKit's SDKs)."
        ),
        malformed(
            .spelledTwice("room_name"),
            "field_spelled_twice",
            "room_name came in both of its spellings; send one."
        ),
        malformed(.lengthMismatch, "body_length_mismatch", "Content-Length must be the length of the body in bytes."),
        Row(
            .repeatedMetaVariable("CONTENT_TYPE"),
            500,
            "internal",
            "Internal Server Error",
            reason: "header_repeated",
            fault: "CONTENT_TYPE came more than once; let the web server pass it once (one fastcgi_param)"
        ),
        Row(
            .unknownField("x", known: ["a", "b"]),
            400,
            "unknown_field",
            "Bad Request",
            reason: "unknown_field",
            fault: "There is no field x; known here: a, b."
        ),
        invalidID(
            .room,
            .notAnIdentifier(.character(.space)),
            "room",
            "roomId must be 1 to 256 visible ASCII characters; it has a space."
        ),
        invalidID(.scene, .outsidePattern("a/b", from: 1), "scene", "sceneId a/b does not match rooms.pattern"),
        invalidID(.event, .outsidePattern("~", from: nil), "event", "eventId ~ does not match rooms.pattern"),
        refused(
            .notAllowed(setting: "token_source.participant_name"),
            "field_not_allowed",
            "token_source.participant_name does not allow participant_name"
        ),
        refused(
            .notAName,
            "field_not_a_name",
            "participant_name must be 1 to 256 bytes of text that can be seen, without control characters or marks "
                + "that turn its direction."
        ),
        refused(.tooLong, "field_too_long", "participant_name is too long for a token; shorten it."),
        forbidden(.unknownUser, "unknown_user"),
        forbidden(.blocked, "blocked"),
        forbidden(.unknownRoom, "unknown_room"),
        forbidden(.notAMember, "not_member"),
        forbidden(.notAMemberHere, "not_member_of_scene_or_event"),
        forbidden(.membershipExpired, "membership_expired"),
        forbidden(.unknownRole, "role_not_configured"),
        forbidden(.streamNotOpen, "stream_not_open"),
        forbidden(.streamEndsTooSoon, "stream_ends_too_soon"),
        Row(
            .claimUnreadable(.notAnObject),
            403,
            "forbidden",
            "Forbidden",
            reason: "rooms_claim_malformed",
            fault: #"what the login says of memberships must be an object of rooms and their roles, such as "#
                + #"{"stage-1": ["host"]}"#
        ),
        unavailable(.directory(DirectoryError("disk on fire")), "directory_unavailable", fault: "disk on fire"),
        unavailable(.audit, "audit_unavailable"),
        unavailable(.clock, "clock_unbelievable"),
        Row(
            .internal(.tooLong(bytes: 5000)),
            500,
            "internal",
            "Internal Server Error",
            reason: "token_too_long",
            fault: "5000 bytes, at most 4096: shorten the user's name or did"
        ),
        Row(
            .internal(.notWhatWasAsked),
            500,
            "internal",
            "Internal Server Error",
            reason: "token_not_what_was_asked"
        ),
    ]

    private static func missing(_ why: SessionError.Missing, _ reason: String, fault: String? = nil) -> Row {
        Row(.sessionMissing(why), 403, "session_missing", "Forbidden", [challenge], reason: reason, fault: fault)
    }

    private static func invalidID(
        _ field: TokenRequest.Field,
        _ why: Refusal.IDFault,
        _ name: String,
        _ fault: String
    ) -> Row {
        let code = "invalid_\(name)_id"
        return Row(.invalidID(field, why), 400, code, "Bad Request", reason: code, fault: fault)
    }

    private static func invalid(_ why: SessionError.Invalid, _ reason: String, fault: String? = nil) -> Row {
        Row(.sessionInvalid(why), 403, "session_invalid", "Forbidden", [invalidToken], reason: reason, fault: fault)
    }

    private static func token(_ kind: TokenRefusal.Kind, _ reason: String) -> Row {
        invalid(.token(TokenRefusal(kind, "what was found")), reason, fault: "what was found")
    }

    private static func keys(_ kind: KeysUnavailable.Kind, _ reason: String) -> Row {
        Row(
            .unavailable(.keys(KeysUnavailable(kind, "what is wrong"))),
            503,
            "unavailable",
            "Service Unavailable",
            ["Retry-After: 5"],
            reason: reason,
            fault: "what is wrong"
        )
    }

    private static func malformed(_ why: Refusal.Malformation, _ reason: String, _ fault: String) -> Row {
        Row(.malformedRequest(why), 400, "malformed_request", "Bad Request", reason: reason, fault: fault)
    }

    private static func refused(_ why: Refusal.FieldRefusal, _ reason: String, _ fault: String) -> Row {
        Row(
            .fieldRefused("participant_name", why),
            422,
            "field_refused",
            "Unprocessable Content",
            reason: reason,
            fault: fault
        )
    }

    private static func forbidden(_ why: Denial, _ reason: String) -> Row {
        Row(.forbidden(why), 403, "forbidden", "Forbidden", reason: reason)
    }

    private static func unavailable(_ why: Refusal.Unavailability, _ reason: String, fault: String? = nil) -> Row {
        let headers = ["Retry-After: 1"]
        return Row(.unavailable(why), 503, "unavailable", "Service Unavailable", headers, reason: reason, fault: fault)
    }

    @Test(arguments: rows)
    func `each has its status, code, headers and reason`(_ row: Row) throws {
        let (endpoint, _, _) = try Fixture().endpoint()
        let reply = Reply(endpoint.refuse(.token(), with: row.refusal))
        #expect(reply.status == row.status)
        #expect(
            reply.response.headers.map { "\($0.name): \($0.value)" }
                == [
                    "Content-Type: application/problem+json", "Cache-Control: no-store",
                    "X-Request-Id: 0123456789abcdef0123456789abcdef",
                ] + row.headers
        )
        let json = try #require(reply.json)
        let retryAfter: [UTF8String] = row.status == 503 ? ["retryAfter"] : []
        #expect(
            json.members?.map(\.name) == ["type", "title", "status", "code", "detail"] + retryAfter + ["requestId"]
        )
        #expect(json["retryAfter"]?.integer.map { "\($0)" } == reply.header("Retry-After").first)
        #expect(json["type"]?.text == "about:blank")
        #expect(json["title"]?.text?.description == row.title)
        #expect(json["status"]?.integer == Int64(row.status))
        #expect(json["code"]?.text?.description == row.code)
        #expect(json["detail"]?.text?.utf8.isEmpty == false)
        #expect(json["requestId"]?.text == "0123456789abcdef0123456789abcdef")

        let line = try JSONValue(parsing: Array(reply.line.utf8))
        #expect(line["status"]?.integer == Int64(row.status))
        #expect(line["code"]?.text?.description == row.code)
        #expect(line["reason"]?.text?.description == row.reason)
        #expect(line["fault"]?.text?.description == row.fault)
        // A key that is about to be fetched is no fault.
        #expect(reply.event?.isFault == (row.status >= 500 && row.reason != "key_set_pending"))
        if let fault = row.fault, row.status >= 500 { #expect(!reply.body.contains(fault)) }
    }

    @Test(arguments: rows)
    func `where 401 is configured, the session's refusals alone turn into it (RFC 6750 §3.1)`(_ row: Row) throws {
        var fixture = Fixture()
        fixture.unauthenticatedStatus = 401
        let (endpoint, _, _) = try fixture.endpoint()
        let reply = Reply(endpoint.refuse(.token(), with: row.refusal))
        let isAboutTheSession = row.code == "session_missing" || row.code == "session_invalid"
        #expect(reply.status == (isAboutTheSession ? 401 : row.status))
        #expect(reply.json?["status"]?.integer == Int64(reply.status))
        #expect(reply.json?["title"]?.text?.description == (isAboutTheSession ? "Unauthorized" : row.title))
        #expect(reply.header("WWW-Authenticate").count == (isAboutTheSession ? 1 : 0))
    }

    @Test func `one code has one answer, so that the reason stays with the operator`() {
        for code in ["session_invalid", "forbidden", "unavailable", "internal"] {
            let answers = Self.rows.filter { $0.code == code }.map { $0.refusal.problem(unauthenticatedStatus: 403) }
            #expect(answers.count > 1)
            // Key sets take longer to come back than all else.
            let first = answers.first
            #expect(answers.allSatisfy { $0.status == first?.status && $0.detail == first?.detail })
            #expect(answers.allSatisfy { $0.headers == first?.headers })
        }
    }

    @Test func `no two refusals have the same reason, and each reason has its refusal`() {
        #expect(Set(Self.rows.map(\.reason)).count == Self.rows.count)
        #expect(Set(Self.rows.map(\.reason)) == Set(Reason.allCases.map(\.rawValue)))
    }
}
