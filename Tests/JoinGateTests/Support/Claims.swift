import JoinGate
import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import TokenEndpoint

/// The claims of a token, ada's for `stage-1` unless a test changes them; a claim that is `nil` is left out.
struct Claims {
    var issuer = "APIgolden"
    var subject: String? = identity("ada")
    var tokenID: String? = "5f0c2a9e-3b1d-4c8f-8e7a-6d5b4c3a2918"
    var expiry: Int64? = NumericDate.sample.seconds + 300
    var notBefore: Int64? = NumericDate.sample.seconds - 10
    /// The members of `video` as they stand there, but for `room`.
    var video: KeyValuePairs<String, String> = ["roomJoin": "true", "canSubscribe": "true", "canPublish": "false"]
    /// Further members of `video`, in place of those of the same names.
    var videoMembers: [String: String]?
    var room: String? = "stage-1"
    var metadata: String? = #"{"roles":["viewer"]}"#
    /// Further members, as they stand in the payload.
    var others = ""

    /// The token that LiveKit renews it to: without `jti`.
    var renewed: Claims {
        var claims = self
        claims.tokenID = nil
        claims.others = #","identity":"\#(subject ?? "")","kind":"standard""#
        return claims
    }

    func with(_ change: (inout Claims) -> Void) -> Claims {
        var claims = self
        change(&claims)
        return claims
    }

    var json: String {
        let members = videoMembers ?? [:]
        let video =
            video.filter { members[$0.key] == nil }.map { #""\#($0.key)":\#($0.value)"# }
            + members.sorted { $0.key < $1.key }.map { #""\#($0.key)":\#($0.value)"# }
            + (room.map { [#""room":\#(Self.quoted($0))"#] } ?? [])
        let claims: [String?] = [
            #""iss":"\#(issuer)""#, subject.map { #""sub":"\#($0)""# }, tokenID.map { #""jti":"\#($0)""# },
            expiry.map { #""exp":\#($0)"# }, notBefore.map { #""nbf":\#($0)"# },
            metadata.map { #""metadata":\#(Self.quoted($0))"# }, #""video":{\#(video.joined(separator: ","))}"#,
        ]
        return "{\(claims.compactMap { $0 }.joined(separator: ","))\(others)}"
    }

    func token(by key: APIKey) -> String {
        String(decoding: JSONWebSignature.compact(signing: Array(json.utf8), with: key), as: UTF8.self)
    }

    private static func quoted(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
}

/// The identity of a user.
func identity(_ user: String) -> String {
    ParticipantIdentity(user: UTF8String(user)).text.description
}

/// The identity of a session.
func identity(_ user: String, bearer: String) -> String {
    ParticipantIdentity(user: UTF8String(user), sessionDigest: digest(bearer).bytes).text.description
}
