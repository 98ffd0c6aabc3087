import LiveKitToken
import RoomAccess
import StrictJSON
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
        missing(.malformedAuthorization, "authorization_malformed"),
        invalid(.unknown, "session_unknown"),
        invalid(.expired, "session_expired"),
        invalid(.revoked, "session_revoked"),
        invalid(.endsTooSoon, "session_ends_too_soon"),
        invalid(.userDisabled, "user_disabled"),
        malformed(.notJSON(jsonError), "body_not_json"),
        malformed(.notAnObject, "body_not_object"),
        malformed(.wrongType("roomId"), "field_of_wrong_type"),
        malformed(.roomMissing, "room_id_missing"),
        malformed(.roomNameMissing, "room_name_missing"),
        malformed(.spelledTwice("room_name"), "field_spelled_twice"),
        malformed(.lengthMismatch, "body_length_mismatch"),
        malformed(.repeatedMetaVariable, "header_repeated"),
        Row(.unknownField("x"), 400, "unknown_field", "Bad Request", reason: "unknown_field"),
        Row(.invalidID(.room), 400, "invalid_room_id", "Bad Request", reason: "invalid_room_id"),
        Row(.invalidID(.scene), 400, "invalid_scene_id", "Bad Request", reason: "invalid_scene_id"),
        Row(.invalidID(.event), 400, "invalid_event_id", "Bad Request", reason: "invalid_event_id"),
        refused(.notAllowed, "field_not_allowed"),
        refused(.tooLong, "field_too_long"),
        forbidden(.unknownUser, "unknown_user"),
        forbidden(.unknownRoom, "unknown_room"),
        forbidden(.notAMember, "not_member"),
        forbidden(.notAMemberHere, "not_member_of_scene_or_event"),
        forbidden(.membershipExpired, "membership_expired"),
        forbidden(.unknownRole, "role_not_configured"),
        forbidden(.streamNotOpen, "stream_not_open"),
        forbidden(.streamEndsTooSoon, "stream_ends_too_soon"),
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

    private static func missing(_ why: SessionError.Missing, _ reason: String) -> Row {
        Row(.sessionMissing(why), 403, "session_missing", "Forbidden", [challenge], reason: reason)
    }

    private static func invalid(_ why: SessionError.Invalid, _ reason: String) -> Row {
        Row(.sessionInvalid(why), 403, "session_invalid", "Forbidden", [invalidToken], reason: reason)
    }

    private static func malformed(_ why: Refusal.Malformation, _ reason: String) -> Row {
        Row(.malformedRequest(why), 400, "malformed_request", "Bad Request", reason: reason)
    }

    private static func refused(_ why: Refusal.FieldRefusal, _ reason: String) -> Row {
        Row(.fieldRefused("participant_name", why), 422, "field_refused", "Unprocessable Content", reason: reason)
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
        #expect(json.members?.map(\.name) == ["type", "title", "status", "code", "detail", "requestId"])
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
        #expect(reply.event?.isFault == (row.status >= 500))
        if let fault = row.fault { #expect(!reply.body.contains(fault)) }
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
        for code in ["session_missing", "session_invalid", "forbidden", "unavailable", "internal"] {
            let answers = Self.rows.filter { $0.code == code }.map { $0.refusal.problem(unauthenticatedStatus: 403) }
            #expect(answers.count > 1)
            #expect(answers.allSatisfy { $0 == answers.first })
        }
    }

    @Test func `no two refusals have the same reason, and each reason has its refusal`() {
        #expect(Set(Self.rows.map(\.reason)).count == Self.rows.count)
        #expect(Set(Self.rows.map(\.reason)) == Set(Reason.allCases.map(\.rawValue)))
    }
}
