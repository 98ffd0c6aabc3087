import LiveKitToken
import StrictJSON
import TestSupport
import Testing

/// Claims, and the token that they are: made with Python's `json`, `base64` and `hmac`.
struct GoldenToken: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let claims: ClaimGrants
    let payload: String
    let compact: String
}

extension GoldenToken {
    static let all: [GoldenToken] = [
        GoldenToken(
            testDescription: "a viewer",
            claims: .sample(
                lifetime: 300,
                name: nil,
                metadata: ParticipantMetadata(sceneID: nil, eventID: nil, roles: ["viewer"], did: nil),
                permissions: Permissions(subscribe: true)
            ),
            payload:
                ##"{"iss":"APIgolden","sub":"user-018f3a52-7c1b-7d2e-9a3f-0123456789ab","jti":"5f0c2a9e-3b1d-4c"##
                + ##"8f-8e7a-6d5b4c3a2918","iat":1795473630,"nbf":1795473620,"exp":1795473930,"metadata":"{\"role"##
                + ##"s\":[\"viewer\"]}","video":{"room":"stage-1","roomJoin":true,"canPublish":false,"canSubscrib"##
                + ##"e":true,"canPublishData":false,"canUpdateOwnMetadata":false}}"##,
            compact:
                "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJBUElnb2xkZW4iLCJzdWIiOiJ1c2VyLTAxOGYzYTUyLTdjMWI"
                + "tN2QyZS05YTNmLTAxMjM0NTY3ODlhYiIsImp0aSI6IjVmMGMyYTllLTNiMWQtNGM4Zi04ZTdhLTZkNWI0YzNhMjkxOCIsIml"
                + "hdCI6MTc5NTQ3MzYzMCwibmJmIjoxNzk1NDczNjIwLCJleHAiOjE3OTU0NzM5MzAsIm1ldGFkYXRhIjoie1wicm9sZXNcIjp"
                + "bXCJ2aWV3ZXJcIl19IiwidmlkZW8iOnsicm9vbSI6InN0YWdlLTEiLCJyb29tSm9pbiI6dHJ1ZSwiY2FuUHVibGlzaCI6ZmF"
                + "sc2UsImNhblN1YnNjcmliZSI6dHJ1ZSwiY2FuUHVibGlzaERhdGEiOmZhbHNlLCJjYW5VcGRhdGVPd25NZXRhZGF0YSI6ZmF"
                + "sc2V9fQ.53_w5MME2SnIq5uVt1NpFOhpi5GMo5Df-Ygk_55FD44"
        ),
        GoldenToken(
            testDescription: "a host with a name",
            claims: .sample(
                lifetime: 300,
                name: "Ada",
                metadata: ParticipantMetadata(sceneID: nil, eventID: nil, roles: ["host"], did: nil),
                permissions: Permissions(
                    publishing: .anything,
                    subscribe: true,
                    publishData: true,
                    updateOwnMetadata: true
                )
            ),
            payload:
                ##"{"iss":"APIgolden","sub":"user-018f3a52-7c1b-7d2e-9a3f-0123456789ab","jti":"5f0c2a9e-3b1d-4c"##
                + ##"8f-8e7a-6d5b4c3a2918","iat":1795473630,"nbf":1795473620,"exp":1795473930,"name":"Ada","metad"##
                + ##"ata":"{\"roles\":[\"host\"]}","video":{"room":"stage-1","roomJoin":true,"canPublish":true,"c"##
                + ##"anSubscribe":true,"canPublishData":true,"canUpdateOwnMetadata":true}}"##,
            compact:
                "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJBUElnb2xkZW4iLCJzdWIiOiJ1c2VyLTAxOGYzYTUyLTdjMWI"
                + "tN2QyZS05YTNmLTAxMjM0NTY3ODlhYiIsImp0aSI6IjVmMGMyYTllLTNiMWQtNGM4Zi04ZTdhLTZkNWI0YzNhMjkxOCIsIml"
                + "hdCI6MTc5NTQ3MzYzMCwibmJmIjoxNzk1NDczNjIwLCJleHAiOjE3OTU0NzM5MzAsIm5hbWUiOiJBZGEiLCJtZXRhZGF0YSI"
                + "6IntcInJvbGVzXCI6W1wiaG9zdFwiXX0iLCJ2aWRlbyI6eyJyb29tIjoic3RhZ2UtMSIsInJvb21Kb2luIjp0cnVlLCJjYW5"
                + "QdWJsaXNoIjp0cnVlLCJjYW5TdWJzY3JpYmUiOnRydWUsImNhblB1Ymxpc2hEYXRhIjp0cnVlLCJjYW5VcGRhdGVPd25NZXR"
                + "hZGF0YSI6dHJ1ZX19.rZiWfSi5weHzqqWRMFIoMYcswk_QFa5vQap63sxaGns"
        ),
        GoldenToken(
            testDescription: "a role that limits sources",
            claims: .sample(
                lifetime: 300,
                name: nil,
                metadata: ParticipantMetadata(sceneID: nil, eventID: nil, roles: ["talker"], did: nil),
                permissions: Permissions(publishing: .only([.screenShareAudio, .microphone]), subscribe: true)
            ),
            payload:
                ##"{"iss":"APIgolden","sub":"user-018f3a52-7c1b-7d2e-9a3f-0123456789ab","jti":"5f0c2a9e-3b1d-4c"##
                + ##"8f-8e7a-6d5b4c3a2918","iat":1795473630,"nbf":1795473620,"exp":1795473930,"metadata":"{\"role"##
                + ##"s\":[\"talker\"]}","video":{"room":"stage-1","roomJoin":true,"canPublish":true,"canSubscribe"##
                + ##"":true,"canPublishData":false,"canUpdateOwnMetadata":false,"canPublishSources":["microphone""##
                + ##","screen_share_audio"]}}"##,
            compact:
                "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJBUElnb2xkZW4iLCJzdWIiOiJ1c2VyLTAxOGYzYTUyLTdjMWI"
                + "tN2QyZS05YTNmLTAxMjM0NTY3ODlhYiIsImp0aSI6IjVmMGMyYTllLTNiMWQtNGM4Zi04ZTdhLTZkNWI0YzNhMjkxOCIsIml"
                + "hdCI6MTc5NTQ3MzYzMCwibmJmIjoxNzk1NDczNjIwLCJleHAiOjE3OTU0NzM5MzAsIm1ldGFkYXRhIjoie1wicm9sZXNcIjp"
                + "bXCJ0YWxrZXJcIl19IiwidmlkZW8iOnsicm9vbSI6InN0YWdlLTEiLCJyb29tSm9pbiI6dHJ1ZSwiY2FuUHVibGlzaCI6dHJ"
                + "1ZSwiY2FuU3Vic2NyaWJlIjp0cnVlLCJjYW5QdWJsaXNoRGF0YSI6ZmFsc2UsImNhblVwZGF0ZU93bk1ldGFkYXRhIjpmYWx"
                + "zZSwiY2FuUHVibGlzaFNvdXJjZXMiOlsibWljcm9waG9uZSIsInNjcmVlbl9zaGFyZV9hdWRpbyJdfX0.wfg7TJ9jEit2Fww"
                + "aGoGnvZJPxU4J_2CJ4sYjILppxvc"
        ),
        GoldenToken(
            testDescription: "two roles, one a room admin",
            claims: .sample(
                lifetime: 300,
                name: nil,
                metadata: ParticipantMetadata(sceneID: nil, eventID: nil, roles: ["viewer", "moderator"], did: nil),
                permissions: Permissions(subscribe: true, publishData: true, roomAdmin: true)
            ),
            payload:
                ##"{"iss":"APIgolden","sub":"user-018f3a52-7c1b-7d2e-9a3f-0123456789ab","jti":"5f0c2a9e-3b1d-4c"##
                + ##"8f-8e7a-6d5b4c3a2918","iat":1795473630,"nbf":1795473620,"exp":1795473930,"metadata":"{\"role"##
                + ##"s\":[\"moderator\",\"viewer\"]}","video":{"room":"stage-1","roomJoin":true,"canPublish":fals"##
                + ##"e,"canSubscribe":true,"canPublishData":true,"canUpdateOwnMetadata":false,"roomAdmin":true}}"##,
            compact:
                "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJBUElnb2xkZW4iLCJzdWIiOiJ1c2VyLTAxOGYzYTUyLTdjMWI"
                + "tN2QyZS05YTNmLTAxMjM0NTY3ODlhYiIsImp0aSI6IjVmMGMyYTllLTNiMWQtNGM4Zi04ZTdhLTZkNWI0YzNhMjkxOCIsIml"
                + "hdCI6MTc5NTQ3MzYzMCwibmJmIjoxNzk1NDczNjIwLCJleHAiOjE3OTU0NzM5MzAsIm1ldGFkYXRhIjoie1wicm9sZXNcIjp"
                + "bXCJtb2RlcmF0b3JcIixcInZpZXdlclwiXX0iLCJ2aWRlbyI6eyJyb29tIjoic3RhZ2UtMSIsInJvb21Kb2luIjp0cnVlLCJ"
                + "jYW5QdWJsaXNoIjpmYWxzZSwiY2FuU3Vic2NyaWJlIjp0cnVlLCJjYW5QdWJsaXNoRGF0YSI6dHJ1ZSwiY2FuVXBkYXRlT3d"
                + "uTWV0YWRhdGEiOmZhbHNlLCJyb29tQWRtaW4iOnRydWV9fQ.MMAKPVrbzylPUhLzI2ZTTPQTxm35o309bfKnweIZLBU"
        ),
        GoldenToken(
            testDescription: "a name with quotes, a backslash and four scripts",
            claims: .sample(
                lifetime: 300,
                name: #"Zoë "Ζωή" \ 😀"#,
                metadata: ParticipantMetadata(sceneID: nil, eventID: nil, roles: ["viewer"], did: nil),
                permissions: Permissions(subscribe: true)
            ),
            payload:
                ##"{"iss":"APIgolden","sub":"user-018f3a52-7c1b-7d2e-9a3f-0123456789ab","jti":"5f0c2a9e-3b1d-4c"##
                + ##"8f-8e7a-6d5b4c3a2918","iat":1795473630,"nbf":1795473620,"exp":1795473930,"name":"Zoë \"Ζωή\""##
                + ##" \\ 😀","metadata":"{\"roles\":[\"viewer\"]}","video":{"room":"stage-1","roomJoin":true,"canP"##
                + ##"ublish":false,"canSubscribe":true,"canPublishData":false,"canUpdateOwnMetadata":false}}"##,
            compact:
                "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJBUElnb2xkZW4iLCJzdWIiOiJ1c2VyLTAxOGYzYTUyLTdjMWI"
                + "tN2QyZS05YTNmLTAxMjM0NTY3ODlhYiIsImp0aSI6IjVmMGMyYTllLTNiMWQtNGM4Zi04ZTdhLTZkNWI0YzNhMjkxOCIsIml"
                + "hdCI6MTc5NTQ3MzYzMCwibmJmIjoxNzk1NDczNjIwLCJleHAiOjE3OTU0NzM5MzAsIm5hbWUiOiJab8OrIFwizpbPic6uXCI"
                + "gXFwg8J-YgCIsIm1ldGFkYXRhIjoie1wicm9sZXNcIjpbXCJ2aWV3ZXJcIl19IiwidmlkZW8iOnsicm9vbSI6InN0YWdlLTE"
                + "iLCJyb29tSm9pbiI6dHJ1ZSwiY2FuUHVibGlzaCI6ZmFsc2UsImNhblN1YnNjcmliZSI6dHJ1ZSwiY2FuUHVibGlzaERhdGE"
                + "iOmZhbHNlLCJjYW5VcGRhdGVPd25NZXRhZGF0YSI6ZmFsc2V9fQ.79_3ou9PYR1LZsuMYnCHsdPu57pGmcWXYDn0xg7BFJc"
        ),
        GoldenToken(
            testDescription: "a scene, an event and a DID, for a minute",
            claims: .sample(
                lifetime: 60,
                name: "Ada",
                metadata: ParticipantMetadata(
                    sceneID: "intro",
                    eventID: "launch-2026",
                    roles: ["speaker", "host"],
                    did: "did:plc:z72i7hdynmk6r22z27h6tvur"
                ),
                permissions: Permissions(
                    publishing: .anything,
                    subscribe: true,
                    publishData: true,
                    updateOwnMetadata: true
                )
            ),
            payload:
                ##"{"iss":"APIgolden","sub":"user-018f3a52-7c1b-7d2e-9a3f-0123456789ab","jti":"5f0c2a9e-3b1d-4c"##
                + ##"8f-8e7a-6d5b4c3a2918","iat":1795473630,"nbf":1795473620,"exp":1795473690,"name":"Ada","metad"##
                + ##"ata":"{\"sceneId\":\"intro\",\"eventId\":\"launch-2026\",\"roles\":[\"host\",\"speaker\"],\""##
                + ##"did\":\"did:plc:z72i7hdynmk6r22z27h6tvur\"}","video":{"room":"stage-1","roomJoin":true,"canP"##
                + ##"ublish":true,"canSubscribe":true,"canPublishData":true,"canUpdateOwnMetadata":true}}"##,
            compact:
                "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJBUElnb2xkZW4iLCJzdWIiOiJ1c2VyLTAxOGYzYTUyLTdjMWI"
                + "tN2QyZS05YTNmLTAxMjM0NTY3ODlhYiIsImp0aSI6IjVmMGMyYTllLTNiMWQtNGM4Zi04ZTdhLTZkNWI0YzNhMjkxOCIsIml"
                + "hdCI6MTc5NTQ3MzYzMCwibmJmIjoxNzk1NDczNjIwLCJleHAiOjE3OTU0NzM2OTAsIm5hbWUiOiJBZGEiLCJtZXRhZGF0YSI"
                + "6IntcInNjZW5lSWRcIjpcImludHJvXCIsXCJldmVudElkXCI6XCJsYXVuY2gtMjAyNlwiLFwicm9sZXNcIjpbXCJob3N0XCI"
                + "sXCJzcGVha2VyXCJdLFwiZGlkXCI6XCJkaWQ6cGxjOno3Mmk3aGR5bm1rNnIyMnoyN2g2dHZ1clwifSIsInZpZGVvIjp7InJ"
                + "vb20iOiJzdGFnZS0xIiwicm9vbUpvaW4iOnRydWUsImNhblB1Ymxpc2giOnRydWUsImNhblN1YnNjcmliZSI6dHJ1ZSwiY2F"
                + "uUHVibGlzaERhdGEiOnRydWUsImNhblVwZGF0ZU93bk1ldGFkYXRhIjp0cnVlfX0.4k8mD7o8VHl_oKvIxJspJzQ7QKPZt65"
                + "ZzxCZw8zWZA8"
        ),
    ]
}
