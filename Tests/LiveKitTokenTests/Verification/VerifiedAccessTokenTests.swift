import LiveKitToken
import StrictJSON
import TestSupport
import Testing

@Suite struct `A verified access token` {
    @Test func `is what the issuer signed`() throws {
        let permissions = Permissions(
            publishing: .only([.microphone, .screenShare]),
            subscribe: true,
            publishData: true,
            updateOwnMetadata: true,
            roomAdmin: true
        )
        let claims = ClaimGrants.sample(
            metadata: ParticipantMetadata(sceneID: "intro", eventID: "e1", roles: ["host", "viewer"], did: "did:x:y"),
            permissions: permissions
        )
        let compact = try AccessToken(signing: claims, with: .sample()).compact.utf8
        let token = try SignedClaims.verdict(on: compact).get()
        #expect(token.keyID == "APIgolden")
        #expect(token.subject == claims.identity.text)
        #expect(token.tokenID == claims.tokenID.text)
        #expect(token.room == "stage-1")
        #expect(token.mayJoin)
        #expect(token.permissions == permissions)
        #expect(token.foreignGrants == [])
        #expect(token.metadata == TokenMetadata(sceneID: "intro", eventID: "e1", roles: ["host", "viewer"]))
    }

    @Test func `is signed by the key that it names, and by that alone`() throws {
        let other = try APIKey.sample(id: "APIother", secret: "another-secret-of-the-tests-0123456789")
        let both = KeyRing([SignedClaims.key, other])
        #expect(SignedClaims.verdict(SignedClaims.payload(), by: both).token?.keyID == "APIgolden")
        #expect(SignedClaims.verdict(SignedClaims.payload(), by: KeyRing([other])).fault == .unknownKey)
        #expect(SignedClaims.verdict(SignedClaims.payload(["iss": #""APIother""#]), by: both).fault == .signature)
        let renamed = try KeyRing([APIKey.sample(secret: "another-secret-of-the-tests-0123456789")])
        #expect(SignedClaims.verdict(SignedClaims.payload(), by: renamed).fault == .signature)
        #expect(SignedClaims.verdict(SignedClaims.payload(), by: KeyRing([])).fault == .unknownKey)
    }

    @Test(arguments: [nil, "null", "1", #""""#, #""APIGOLDEN""#, #"["APIgolden"]"#, #""APIgolden ""#])
    func `names a key of the ring to the letter`(_ issuer: String?) {
        #expect(SignedClaims.verdict(SignedClaims.payload(["iss": issuer])).fault == .unknownKey)
    }

    // MARK: The header

    /// RFC 7515 §4, RFC 8725 §3.1.
    @Test(
        arguments: [
            (#"{"alg":"HS256"}"#, nil), (#"{"typ":"JWT","alg":"HS256"}"#, nil),
            (#"{"alg":"HS256","kid":"APIgolden"}"#, nil),
            (#"{"alg":"none"}"#, .algorithm), (#"{"alg":"HS512","typ":"JWT"}"#, .algorithm), ("{}", .algorithm),
            (#"{"alg":"HS256","crit":["exp"]}"#, .algorithm), (#"{"alg":"HS256","ALG":"none"}"#, .malformed),
            (#"{"alg":"HS256","typ":"jwt"}"#, .malformed), (#"{"alg":"HS256","typ":"at+jwt"}"#, .malformed),
            (#"{"alg":"HS256","typ":null}"#, .malformed), (#"{"alg":"HS256","Typ":"JWT"}"#, .malformed),
            (#"{"alg":"HS256","b64":false}"#, .malformed), (#"{"alg":"HS256","Crit":[]}"#, .malformed),
            (#"{"alg":"HS256","alg":"HS256"}"#, .malformed), ("[]", .algorithm), (" ", .malformed),
        ] as [(String, AccessTokenFault?)]
    )
    func `has HS256 and JWT in its header, or no type`(_ header: String, _ fault: AccessTokenFault?) {
        let compact = SignedClaims.compact(header: header, payload: SignedClaims.payload())
        #expect(SignedClaims.verdict(on: compact).fault == fault)
    }

    @Test(arguments: ["", ".", "..", "a", "e30.e30", "e30.e30.e30.e30", "Bearer x", "eyJhbGciOiJub25lIn0.e30."])
    func `is a compact serialization`(_ text: String) {
        let fault: AccessTokenFault = text.hasPrefix("eyJ") ? .algorithm : .malformed
        #expect(SignedClaims.verdict(on: Array(text.utf8)).fault == fault)
    }

    @Test func `is refused with any byte changed`() throws {
        let compact = JSONWebSignature.compact(signing: Array(SignedClaims.payload().utf8), with: SignedClaims.key)
        try #require(SignedClaims.verdict(on: compact).token != nil)
        for index in compact.indices {
            for byte in UInt8.min...UInt8.max where byte != compact[index] {
                var changed = compact
                changed[index] = byte
                #expect(SignedClaims.verdict(on: changed).token == nil, "byte \(index) as \(byte)")
            }
        }
    }

    @Test func `is no head of one token with the body of another`() throws {
        let tokens = ["user-a", "user-b"].map { subject in
            let payload = SignedClaims.payload(["sub": "\"\(subject)\""])
            return JSONWebSignature.compact(signing: Array(payload.utf8), with: SignedClaims.key)
                .split(separator: UInt8(ascii: "."))
        }
        let mixed = Array([tokens[0][0], tokens[1][1], tokens[0][2]].joined(separator: [UInt8(ascii: ".")]))
        #expect(SignedClaims.verdict(on: mixed).fault == .signature)
    }

    // MARK: The payload

    /// RFC 8259 §4, §8: what a lenient reader would have to guess at.
    @Test(arguments: [
        "", "null", "[]", "1", #""x""#, "{", "{}}", #"{"iss":"APIgolden",}"#, #"{'iss':"APIgolden"}"#,
        SignedClaims.payload() + "{}", "\u{FEFF}" + SignedClaims.payload(),
        SignedClaims.payload(["name": #""\ud800""#]), SignedClaims.payload(["x": "1e999"]),
        SignedClaims.payload(["x": String(repeating: "[", count: 20) + String(repeating: "]", count: 20)]),
    ])
    func `holds one object of strict JSON`(_ payload: String) {
        #expect(SignedClaims.verdict(payload).fault == .payload)
    }

    @Test(
        arguments: [
            #"{"sub":"user-b","# + SignedClaims.payload().dropFirst(),
            SignedClaims.payload().dropLast() + #","sub":"user-b"}"#,
            SignedClaims.payload().dropLast() + #","\u0073ub":"user-b"}"#,
            SignedClaims.payload(["video": #"{"room":"a","room":"b","roomJoin":true}"#]),
            SignedClaims.payload(["x": #"{"y":[{"z":1,"z":1}]}"#]),
            SignedClaims.payload(["attributes": #"{"a":"","a":""}"#]),
        ] as [String]
    )
    func `says nothing twice, however deep`(_ payload: String) {
        #expect(SignedClaims.verdict(payload).fault == .payload)
    }

    /// LiveKit's reader compares names without case, and knows two characters beyond ASCII whose other case is a letter
    /// of it: U+017F (s) and U+212A (k).
    @Test(arguments: [
        "Sub", "SUB", "ſub", "iſs", "ISS", "Exp", "NBF", "Iat", "Jti", "Aud", "Identity", "Name", "KIND", "\u{212A}ind",
        "kinddetails", "\u{212A}indDetailſ", "Video", "SIP", "ſip", "Agent", "Inference", "Observability", "roomconfig",
        "RoomPreset", "roompreſet", "SHA256", "Metadata", "attributeſ", "AgentEndpoint", "agentthread", #"\u0053ub"#,
    ])
    func `has no member beside its claims that is one in another case`(_ name: String) {
        for value in ["null", #""user-b""#, "{}"] {
            #expect(SignedClaims.verdict(SignedClaims.payload([name: value])).fault == .claimInOtherCase)
        }
    }

    @Test(arguments: [
        "Room", "roomjoin", "RoomJoin", "ROOMADMIN", "canpublish", "CanSubscribe", "canPubliſh", "canPublishdata",
        "canpublishSources", "Hidden", "Recorder", "AGENT", "roomcreate", "roomLiſt", "roomrecord", "ingressadmin",
        "destinationroom", "canUpdateownMetadata", "cansubscribemetrics", "canmanageagentsession",
    ])
    func `nor has its video grant`(_ name: String) {
        #expect(SignedClaims.verdict(SignedClaims.video(#""\#(name)":true"#)).fault == .claimInOtherCase)
    }

    @Test(arguments: [
        ("sip", "Admin"), ("sip", "CALL"), ("agent", "ADMIN"), ("agent", "ſimulationAdmin"), ("inference", "Perform"),
        ("observability", "Write"), ("roomConfig", "Agents"),
        ("roomConfig", "Egress"), ("roomConfig", "MaxParticipants"), ("roomConfig", "max_Participants"),
    ])
    func `nor have its other objects`(_ object: String, _ name: String) {
        #expect(SignedClaims.verdict(SignedClaims.payload([object: #"{"\#(name)":true}"#])).fault == .claimInOtherCase)
    }

    @Test func `may have a name that no reader takes for a claim`() throws {
        for name in ["Suß", "ѕub", "sub ", " sub", "su\u{301}b", "https://x.example/sub", "ＳＵＢ", "", "subs", "ıss"] {
            #expect(SignedClaims.verdict(SignedClaims.payload([name: #""x""#])).token?.subject == "user-a", "\(name)")
        }
    }

    /// A value of another type makes LiveKit refuse the token, or read it otherwise.
    @Test(arguments: [
        ("sub", "1"), ("sub", "[]"), ("jti", "1"), ("name", "true"), ("metadata", "{}"), ("identity", "1"),
        ("kind", "0"), ("kindDetails", #""x""#), ("kindDetails", "[1]"), ("roomPreset", "1"), ("sha256", "[]"),
        ("attributes", #"{"a":1}"#), ("attributes", #"{"a":null}"#), ("attributes", "[]"), ("attributes", #""""#),
        ("aud", "1"), ("aud", "[1]"), ("aud", "{}"), ("iat", #""1795473630""#), ("iat", "true"), ("video", "[]"),
        ("video", #""x""#), ("video", "true"), ("sip", "[]"), ("sip", "true"), ("sip", #"{"admin":"true"}"#),
        ("agent", #"{"admin":1}"#), ("inference", #"{"perform":[]}"#), ("observability", #"{"write":0}"#),
        ("roomConfig", "[]"), ("roomConfig", #"{"agents":{}}"#), ("roomConfig", #"{"agents":["a"]}"#),
        ("roomConfig", #"{"agents":[{"agentName":1}]}"#), ("agentEndpoint", "[]"),
    ])
    func `has values of the types that LiveKit reads`(_ name: String, _ value: String) {
        #expect(SignedClaims.verdict(SignedClaims.payload([name: value])).fault == .payload)
    }

    @Test(arguments: [
        #""canPublish":1"#, #""canPublish":"true""#, #""canSubscribe":[]"#, #""canPublishData":{}"#,
        #""canPublishSources":"camera""#, #""canPublishSources":[1]"#, #""canPublishSources":[null]"#,
        #""canPublishSources":{}"#, #""hidden":"false""#, #""roomAdmin":0"#, #""destinationRoom":true"#,
        #""canUpdateOwnMetadata":"yes""#,
    ])
    func `nor is there another type in its video grant`(_ members: String) {
        #expect(SignedClaims.verdict(SignedClaims.video(members)).fault == .payload)
        #expect(SignedClaims.verdict(SignedClaims.payload(["video": #"{"room":1}"#])).fault == .payload)
        #expect(SignedClaims.verdict(SignedClaims.payload(["video": #"{"room":"a","roomJoin":1}"#])).fault == .payload)
    }

    @Test(arguments: [nil, "null", #""""#]) func `is for somebody`(_ subject: String?) {
        let payload = SignedClaims.payload(["sub": subject, "jti": #""only-jti""#, "identity": #""user-x""#])
        #expect(SignedClaims.verdict(payload).fault == .subjectMissing)
    }

    @Test func `has no other identity beside`() {
        #expect(SignedClaims.verdict(SignedClaims.payload(["identity": #""user-a""#])).token?.subject == "user-a")
        #expect(SignedClaims.verdict(SignedClaims.payload(["identity": #""user-b""#])).fault == .payload)
    }
}

@Suite struct `The times of an access token` {
    private func fault(_ exp: String?, _ nbf: String? = nil, _ iat: String? = nil) -> AccessTokenFault? {
        SignedClaims.verdict(SignedClaims.payload(["exp": exp, "nbf": nbf, "iat": iat])).fault
    }

    private static let now = SignedClaims.now.seconds

    /// RFC 7519 §4.1.4; recorded: 58 s late is taken, 62 s is not.
    @Test func `let it expire sixty seconds late`() {
        for late in [-3600, 0, 58, 60] { #expect(fault("\(Self.now - Int64(late))") == nil, "\(late)") }
        for late in [61, 62, 3600] { #expect(fault("\(Self.now - Int64(late))") == .expired, "\(late)") }
    }

    @Test func `let it begin sixty seconds early`() {
        let exp = "\(Self.now + 300)"
        for early in [-3600, 0, 58, 60] { #expect(fault(exp, "\(Self.now + Int64(early))") == nil, "\(early)") }
        for early in [61, 62, 90] { #expect(fault(exp, "\(Self.now + Int64(early))") == .notYetValid, "\(early)") }
    }

    @Test func `do not count the time of issue`() {
        for iat in ["\(Self.now + 90)", "0", "-1", "1e300", "1.5", "null"] {
            #expect(fault("\(Self.now + 300)", nil, iat) == nil, "\(iat)")
        }
    }

    @Test func `have an end, and need no beginning`() {
        for exp in [nil, "null"] as [String?] { #expect(fault(exp, "\(Self.now)") == .expiryMissing) }
        for nbf in [nil, "null", "0"] as [String?] { #expect(fault("\(Self.now + 300)", nbf) == nil) }
    }

    /// LiveKit reads a number and cuts its fraction off.
    @Test func `may have a fraction, which is cut off`() {
        #expect(fault("\(Self.now - 60).0") == nil)
        #expect(fault("\(Self.now - 61).999") == .expired)
        #expect(fault("1795473930e0") == nil)
        #expect(fault("\(Self.now + 300)", "\(Self.now + 60).999") == nil)
        #expect(fault("\(Self.now + 300)", "\(Self.now + 61).0") == .notYetValid)
        #expect(fault("0") == .expired)
        #expect(fault("253402300799") == nil)
    }

    @Test(arguments: [
        #""1795473930""#, #""""#, "true", "[]", "{}", "[1795473930]", "-1", "-1795473930", "-0.0", "-0.5",
        "253402300800", "253402300799.5", "9223372036854775807", "9223372036854775808", "1e18", "1e300", "1e999",
        "18446744073709551615", "NaN", "01795473930", "+1795473930", "0x6B0",
    ])
    func `are numbers of seconds that a calendar has`(_ time: String) {
        #expect(fault(time) == .payload)
        #expect(fault("\(Self.now + 300)", time) == .payload)
    }

    @Test func `are judged at the end of time`() {
        let payload = SignedClaims.payload()
        #expect(SignedClaims.verdict(payload, at: NumericDate(.max)).fault == .expired)
        #expect(SignedClaims.verdict(payload, at: NumericDate(.min)).fault == .notYetValid)
    }
}
