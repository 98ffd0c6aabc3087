import LiveKitToken
import StrictJSON
import TestSupport
import Testing

@Suite struct `an access token` {
    @Test(arguments: GoldenToken.all)
    func `equal claims give the bytes of another implementation`(_ golden: GoldenToken) throws {
        let token = try AccessToken(signing: golden.claims, with: .sample())
        let signed = try JSONWebSignature(compact: token.compact.utf8)
        #expect(String(decoding: signed.payload, as: UTF8.self) == golden.payload)
        #expect(token.compact.description == golden.compact)
        #expect(signed.isSigned(by: try .sample()))
    }

    /// LiveKit takes an absent `canPublish` or `canSubscribe` for `true`.
    @Test func `every permission is written out, also those that nobody has`() throws {
        #expect(
            try grant(of: Permissions())
                == #"{"room":"stage-1","roomJoin":true,"canPublish":false,"canSubscribe":false,"canPublishData":false,"#
                + #""canUpdateOwnMetadata":false}"#
        )
    }

    @Test func `a limit on sources is written in one order, whatever the order of the set`() throws {
        let all = Set(TrackSource.allCases.shuffled())
        let grant = try grant(of: Permissions(publishing: .only(all)))
        #expect(grant.contains(#""canPublish":true"#))
        #expect(grant.contains(#""canPublishSources":["camera","microphone","screen_share","screen_share_audio"]"#))
    }

    @Test func `roles are sorted by their bytes`() {
        let metadata = ParticipantMetadata(sceneID: nil, eventID: nil, roles: ["b", "a", "B", "aa", "_"], did: nil)
        #expect(metadata.roles == ["B", "_", "a", "aa", "b"])
    }

    @Test func `no text of a claim can break out of it`() throws {
        let nasty: UTF8String = "\",\"roomAdmin\":true,\"x\":\"\\\u{2028}\r\n\0</script>"
        let claims = ClaimGrants(
            issuer: nasty,
            identity: ParticipantIdentity(.sampleUser),
            tokenID: .sampleToken,
            issuedAt: .sample,
            expiresAt: NumericDate.sample.advanced(by: 60),
            name: nasty,
            metadata: ParticipantMetadata(sceneID: nasty, eventID: nasty, roles: [nasty], did: nasty),
            video: VideoGrant(room: nasty, permissions: Permissions())
        )
        let read = try claimSet(of: AccessToken(signing: claims, with: .sample()))
        let metadata = try JSONValue(parsing: #require(read["metadata"]?.text).utf8)
        let video = try #require(read["video"])
        for text in [
            read["iss"], read["name"], metadata["sceneId"], metadata["eventId"], metadata["did"], video["room"],
        ] {
            #expect(text == .string(nasty))
        }
        #expect(metadata["roles"] == .array([.string(nasty)]))
        #expect(
            video.members?.map(\.name)
                == ["room", "roomJoin", "canPublish", "canSubscribe", "canPublishData", "canUpdateOwnMetadata"]
        )
    }

    /// 3,011 bytes of claims are 4,015 characters, and with header and signature 4,096.
    @Test func `a token has at most 4,096 bytes, and one more is refused with the number`() throws {
        let empty = try AccessToken(signing: .sample(name: ""), with: .sample())
        let room = try 3011 - JSONWebSignature(compact: empty.compact.utf8).payload.count
        let longest = try AccessToken(signing: .sample(name: name(of: room)), with: .sample())
        #expect(longest.compact.utf8.count == 4096)
        #expect(throws: AccessTokenError.tooLong(bytes: 4097)) {
            try AccessToken(signing: .sample(name: name(of: room + 1)), with: .sample())
        }
        #expect(throws: AccessTokenError.tooLong(bytes: 4099)) {
            try AccessToken(signing: .sample(name: name(of: room + 2)), with: .sample())
        }
    }

    private func name(of length: Int) -> UTF8String {
        UTF8String(String(repeating: "x", count: length))
    }

    private func claimSet(of token: AccessToken) throws -> JSONValue {
        try JSONValue(parsing: JSONWebSignature(compact: token.compact.utf8).payload)
    }

    /// The `video` claim as it stands in the token, which ends with it.
    private func grant(of permissions: Permissions) throws -> String {
        let token = try AccessToken(signing: .sample(permissions: permissions), with: .sample())
        let payload = String(decoding: try JSONWebSignature(compact: token.compact.utf8).payload, as: UTF8.self)
        let start = try #require(payload.firstRange(of: #""video":"#))
        return String(payload[start.upperBound...].dropLast())
    }
}
