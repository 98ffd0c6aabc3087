import LiveKitToken
import StrictJSON
import TestSupport
import Testing

@Suite struct `The permissions of an access token` {
    private func permissions(_ members: String) throws -> Permissions {
        try SignedClaims.verdict(SignedClaims.video(members)).get().permissions
    }

    @Test func `are LiveKit's where none is written`() throws {
        let all = Permissions(publishing: .anything, subscribe: true, publishData: true)
        #expect(try SignedClaims.verdict(SignedClaims.payload()).get().permissions == all)
        #expect(try permissions(#""canPublish":null,"canSubscribe":null,"canPublishData":null"#) == all)
    }

    @Test(arguments: [
        (#""canPublish":false"#, Permissions(subscribe: true)),
        (#""canPublish":false,"canPublishData":true"#, Permissions(subscribe: true, publishData: true)),
        (#""canPublish":true,"canPublishData":false"#, Permissions(publishing: .anything, subscribe: true)),
        (#""canPublish":false,"canSubscribe":false"#, Permissions()),
        (#""canPublish":false,"canPublishSources":["camera"]"#, Permissions(subscribe: true)),
        (
            #""canPublishSources":["camera","camera"],"canSubscribe":false"#,
            Permissions(publishing: .only([.camera]), publishData: true)
        ),
        (#""canPublishSources":[]"#, Permissions(publishing: .anything, subscribe: true, publishData: true)),
        (
            #""canPublish":false,"canUpdateOwnMetadata":true,"roomAdmin":true"#,
            Permissions(subscribe: true, updateOwnMetadata: true, roomAdmin: true)
        ),
    ])
    func `are what is written, with LiveKit's meaning of the rest`(_ members: String, _ expected: Permissions) throws {
        #expect(try permissions(members) == expected)
    }

    @Test func `are none without a video grant`() throws {
        for video in [nil, "null"] as [String?] {
            let token = try SignedClaims.verdict(SignedClaims.payload(["video": video])).get()
            #expect(token.permissions == Permissions() && !token.mayJoin && token.room == nil)
        }
    }

    static let rooms: [(String, String?, Bool)] = [
        ("{}", nil, false), (#"{"room":"a"}"#, "a", false), (#"{"room":"","roomJoin":true}"#, nil, true),
        (#"{"room":null,"roomJoin":null}"#, nil, false), (#"{"roomJoin":true}"#, nil, true),
        (#"{"room":"a","roomJoin":false}"#, "a", false),
        (#"{"room":"K\u212a","roomJoin":true}"#, "K\u{212A}", true),
    ]

    @Test(arguments: rooms)
    func `are for a room where it names one`(_ video: String, _ room: String?, _ mayJoin: Bool) throws {
        let token = try SignedClaims.verdict(SignedClaims.payload(["video": video])).get()
        #expect(token.room == room.map { UTF8String($0) } && token.mayJoin == mayJoin)
    }
}

@Suite struct `A grant that no role can give` {
    private func grants(_ payload: String) throws -> [UTF8String] {
        try SignedClaims.verdict(payload).get().foreignGrants
    }

    @Test(arguments: LiveKitClaims.VideoFlag.allCases)
    func `is a flag of the video grant that no permission writes`(_ flag: LiveKitClaims.VideoFlag) throws {
        let everything = Permissions(
            publishing: .only(Set(TrackSource.allCases)),
            subscribe: true,
            publishData: true,
            updateOwnMetadata: true,
            roomAdmin: true
        )
        var json = JSONWriter()
        json.object { VideoGrant(room: "stage-1", permissions: everything).write(to: &$0) }
        let written = try JSONValue(parsing: json.bytes)
        #expect((written[flag.name] != nil) == flag.isOfARole)
        // Once: `roomJoin` is in the rest.
        let video = #"{"room":"stage-1","\#(flag.rawValue)":true}"#
        #expect(try grants(SignedClaims.payload(["video": video])) == (flag.isOfARole ? [] : [flag.name]))
        for value in ["false", "null"] {
            let video = #"{"room":"stage-1","\#(flag.rawValue)":\#(value)}"#
            #expect(try grants(SignedClaims.payload(["video": video])) == [])
        }
    }

    @Test(arguments: [
        (#""destinationRoom":"b""#, ["destinationRoom"]), (#""destinationRoom":"""#, []),
        (#""canPublishSources":["camera","unknown"]"#, ["canPublishSources"]),
        (#""canPublishSources":["Camera"]"#, ["canPublishSources"]),
        (#""canPublishSources":[""]"#, ["canPublishSources"]),
        (#""later":true"#, ["later"]), (#""later":"x""#, ["later"]), (#""later":1"#, ["later"]),
        (#""later":{"a":0}"#, ["later"]), (#""later":[0]"#, ["later"]), (#""later":-0.0"#, ["later"]),
        (#""later":false,"latest":0,"last":"","more":[],"most":{},"none":null"#, []),
        (#""recorder":true,"hidden":true,"agent":true"#, ["agent", "hidden", "recorder"]),
    ])
    func `is what the video grant says besides`(_ members: String, _ expected: [UTF8String]) throws {
        #expect(try grants(SignedClaims.video(members)) == expected)
    }

    static let claims: [(String, String, [UTF8String])] = [
        ("kind", #""agent""#, ["kind"]), ("kind", #""Standard""#, ["kind"]), ("kind", #""later""#, ["kind"]),
        ("kind", #""standard""#, []), ("kind", #""""#, []), ("kind", "null", []),
        ("kindDetails", #"["cloud_agent"]"#, ["kindDetails"]), ("kindDetails", "[]", []),
        ("roomPreset", #""big""#, ["roomPreset"]), ("roomPreset", #""""#, []),
        ("sip", #"{"admin":true,"call":true}"#, ["sip.admin", "sip.call"]), ("sip", #"{"admin":false}"#, []),
        ("sip", #"{"later":"x"}"#, ["sip.later"]), ("sip", "{}", []), ("sip", "null", []),
        ("agent", #"{"admin":true}"#, ["agent.admin"]), ("inference", #"{"perform":true}"#, ["inference.perform"]),
        ("observability", #"{"write":true}"#, ["observability.write"]),
        ("agentEndpoint", #"{"names":["a"]}"#, ["agentEndpoint.names"]),
        ("agentThread", #"{"x":1}"#, ["agentThread.x"]),
        ("roomConfig", #"{"agents":[{"agentName":"a","metadata":"m","deployment":"staging"}]}"#, []),
        ("roomConfig", #"{"agents":[{"agent_name":"b"},{}]}"#, []),
        ("roomConfig", #"{"agents":[{"agentName":"a","attributes":{"a":"b"}}]}"#, ["roomConfig.agents.attributes"]),
        ("roomConfig", #"{"agents":[{"restart_policy":1}]}"#, ["roomConfig.agents.restart_policy"]),
        ("roomConfig", #"{"egress":{"room":{}},"tags":{"a":"b"}}"#, ["roomConfig.egress", "roomConfig.tags"]),
        ("roomConfig", #"{"maxParticipants":2,"emptyTimeout":0}"#, ["roomConfig.maxParticipants"]),
        ("roomConfig", #"{"name":"x","later":true}"#, ["roomConfig.later", "roomConfig.name"]),
        ("roomConfig", "{}", []), ("roomConfig", "null", []),
        ("later", #"{"admin":true}"#, ["later.admin"]), ("later", "[0]", ["later"]), ("later", "true", ["later"]),
        ("later", #"{"admin":false}"#, []), ("later", #""x""#, []), ("later", "1", []), ("later", "1.5", []),
        ("sha256", #""x""#, []), ("aud", #"["x"]"#, []), ("attributes", #"{"a":"b"}"#, []), ("name", #""Ada""#, []),
    ]

    @Test(arguments: claims)
    func `is what other claims give`(_ name: String, _ value: String, _ expected: [UTF8String]) throws {
        #expect(try grants(SignedClaims.payload([name: value])) == expected)
    }
}

@Suite struct `The metadata of an access token` {
    private func metadata(_ text: String) throws -> TokenMetadata {
        let quoted = JSONWriter.object { $0.member("metadata", UTF8String(text)) }
        let value = String(decoding: quoted.dropFirst(#"{"metadata":"#.utf8.count).dropLast(), as: UTF8.self)
        return try SignedClaims.verdict(SignedClaims.payload(["metadata": value])).get().metadata
    }

    @Test func `is read as the issuer writes it`() throws {
        #expect(try metadata(#"{"roles":[]}"#) == TokenMetadata())
        #expect(try metadata(#"{"sceneId":"a","roles":["x","y"]}"#) == TokenMetadata(sceneID: "a", roles: ["x", "y"]))
        #expect(
            try metadata(#"{"sceneId":"a","eventId":"b","roles":["x"],"did":"did:x:y"}"#)
                == TokenMetadata(sceneID: "a", eventID: "b", roles: ["x"])
        )
    }

    @Test(arguments: [
        "", "x", "{}", "[]", "null", #"{"sceneId":"a"}"#, #"{"sceneId":1,"roles":[]}"#, #"{"roles":"x"}"#,
        #"{"sceneId":"a","roles":[1]}"#, #"{"sceneId":"a","roles":["x"],"more":1}"#, #"{"sceneId":null,"roles":["x"]}"#,
        #"{"sceneId":"a","sceneId":"b","roles":["x"]}"#, #"{"sceneId":"a","roles":["x"]} x"#, #"{"forged":1}"#,
        #"{"SceneId":"a","roles":["x"]}"#, #"{"roles":["x"],"did":{}}"#, "\u{0}", #"{"roles":[["x"]]}"#,
    ])
    func `is empty where it is another program's, and bars nobody`(_ text: String) throws {
        #expect(try metadata(text) == TokenMetadata())
    }
}
