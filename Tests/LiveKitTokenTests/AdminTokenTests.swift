import StrictJSON
import TestSupport
import Testing

@testable import LiveKitToken

@Suite struct `A token for LiveKit's API` {
    private let key: APIKey
    private let claims = AdminToken.Claims(
        issuer: "APItest",
        room: "stage-1",
        tokenID: UUID(high: 0x0123_4567_89ab_4cde, low: 0x8f01_2345_6789_abcd),
        issuedAt: NumericDate(1_795_831_077),
        expiresAt: NumericDate(1_795_831_107)
    )

    init() throws {
        key = try APIKey(id: "APItest", secret: Array("a-long-enough-secret-for-tests-0123456789abcdef".utf8))
    }

    @Test func `administers one room, and lets its holder into none`() throws {
        let token = AdminToken(signing: claims, with: key)
        let signature = try JSONWebSignature(compact: token.compact.utf8)
        #expect(signature.isSigned(by: key))
        #expect(
            String(decoding: signature.payload, as: UTF8.self)
                == #"{"iss":"APItest","sub":"admin-01234567-89ab-4cde-8f01-23456789abcd","#
                + #""jti":"01234567-89ab-4cde-8f01-23456789abcd","iat":1795831077,"nbf":1795831067,"exp":1795831107,"#
                + #""video":{"room":"stage-1","roomAdmin":true}}"#
        )
    }

    /// The gate looks a holder up by it.
    @Test func `has the identity of no participant`() {
        #expect(ParticipantIdentity(claims.subject) == nil)
    }

    @Test func `prints as no secret`() {
        let token = AdminToken(signing: claims, with: key)
        var dumped = ""
        dump(token, to: &dumped)
        #expect("\(token) \(String(reflecting: token)) \(dumped)".contains("eyJ") == false)
    }
}
