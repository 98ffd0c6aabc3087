import JoinGate
import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing
import TokenEndpoint

/// The fields of a line, in their order.
private func line(_ outcome: JoinOutcome) -> String {
    let bytes = JSONWriter.object(capacity: 256) {
        outcome.event.write(to: &$0, status: outcome.response.status, micros: 51)
    }
    return String(decoding: bytes, as: UTF8.self)
}

@Suite struct `An event of the gate` {
    private let ada = identity("ada")

    @Test func `of an admission says who entered which room`() throws {
        let outcome = try Site().ask()
        #expect(outcome.event.name == "join.admitted" && !outcome.event.isFault)
        #expect(
            line(outcome) == """
                {"requestId":"5f0c2a9e3b1d4c8f8e7a6d5b4c3a2918","endpoint":"rtc","userId":"ada","identity":"\(ada)",\
                "roomId":"stage-1","tokenId":"5f0c2a9e-3b1d-4c8f-8e7a-6d5b4c3a2918","apiKey":"APIgolden",\
                "client":"192.0.2.7","micros":51}
                """
        )
    }

    @Test func `of a session's identity says which session, as the line of its token did`() throws {
        var site = Site()
        site.identifySessions()
        site.endpoint = .validate
        let label = Session(
            user: User(id: "ada", did: nil, name: nil, isDisabled: false),
            endsAt: nil,
            key: digest("bearer-1").bytes
        ).label
        #expect(try line(site.ask()).contains(#""userId":"ada","session":"\#(try #require(label))","identity":"#))
        #expect(try line(site.ask()).contains(#""endpoint":"validate""#))
    }

    @Test func `of a renewed token says no token id`() throws {
        var site = Site()
        site.claims = site.claims.renewed
        let text = try line(site.ask())
        #expect(text.contains(#""roomId":"stage-1","apiKey""#) && !text.contains("tokenId"))
    }

    @Test func `of a refusal says why, and as much as was known by then`() throws {
        var site = Site()
        site.memberships = []
        var outcome = try site.ask()
        #expect(outcome.event.name == "join.refused" && !outcome.event.isFault)
        #expect(
            line(outcome) == """
                {"requestId":"5f0c2a9e3b1d4c8f8e7a6d5b4c3a2918","endpoint":"rtc","status":403,"reason":"not_member",\
                "userId":"ada","identity":"\(ada)","roomId":"stage-1",\
                "tokenId":"5f0c2a9e-3b1d-4c8f-8e7a-6d5b4c3a2918","apiKey":"APIgolden","client":"192.0.2.7","micros":51}
                """
        )
        site.claims.subject = identity("bob")
        outcome = try site.ask()
        #expect(
            line(outcome) == """
                {"requestId":"5f0c2a9e3b1d4c8f8e7a6d5b4c3a2918","endpoint":"rtc","status":403,\
                "reason":"unknown_user","identity":"\(identity("bob"))","roomId":"stage-1",\
                "tokenId":"5f0c2a9e-3b1d-4c8f-8e7a-6d5b4c3a2918","apiKey":"APIgolden","client":"192.0.2.7","micros":51}
                """
        )
        site.endpoint = nil
        outcome = try site.ask()
        #expect(outcome.event.isFault)
        #expect(
            line(outcome) == """
                {"requestId":"5f0c2a9e3b1d4c8f8e7a6d5b4c3a2918","endpoint":"unknown","status":503,\
                "reason":"parameters_unusable","client":"192.0.2.7","micros":51}
                """
        )
    }

    @Test func `of exceeding grants names them, and of a directory its fault`() throws {
        var site = Site()
        site.claims.video = ["roomJoin": "true", "roomAdmin": "true", "hidden": "true"]
        #expect(try line(site.ask()).contains(#""reason":"grants_exceeded","grants":["hidden","roomAdmin"],"#))
        site.directory.failing = .block
        #expect(
            try line(site.ask()).contains(
                #""reason":"directory_unavailable","fault":"the disk is gone","userId":"ada""#
            )
        )
    }

    /// An unverified token says nothing: what it names may be made up.
    @Test func `of a token that was not verified names nobody`() throws {
        for refused in Refused.ofRequests + Refused.ofTokens {
            var site = Site()
            refused.change(&site)
            let text = try line(site.ask())
            #expect(
                text == """
                    {"requestId":"5f0c2a9e3b1d4c8f8e7a6d5b4c3a2918","endpoint":"\(site.endpoint?.rawValue ?? "")",\
                    "status":\(refused.status),"reason":"\(refused.reason.rawValue)","client":"192.0.2.7","micros":51}
                    """,
                "\(refused.testDescription)"
            )
        }
    }

    /// Neither the token, nor a part of it, nor the query, wherever they stood.
    @Test(arguments: Refused.all.map(Optional.some) + [nil]) func `never has a token`(_ refused: Refused?) throws {
        for isInHeader in [false, true] {
            var site = Site()
            if isInHeader { site.header("Bearer TOKEN") }
            refused?.change(&site)
            let text = try line(site.ask())
            #expect(!text.contains("eyJ") && !text.contains("auto_subscribe") && !text.contains("access_token"))
            for part in try site.claims.token(by: .sample()).split(separator: ".") { #expect(!text.contains(part)) }
        }
    }

    @Test func `prints no token either`() throws {
        let site = Site()
        let token = try site.claims.token(by: .sample())
        var printed = ""
        dump(try site.request(), to: &printed)
        dump(try site.ask().event, to: &printed)
        #expect(!printed.contains(token) && !printed.contains("auto_subscribe"))
    }
}
