import RoomAccess
import StrictJSON
import Testing
import TokenEndpoint

@Suite struct `a credential` {
    struct Header: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let bytes: [UInt8]?
        let verdict: Verdict

        enum Verdict: Sendable {
            case bearer(String)
            case refused(SessionError.Missing)
        }

        init(_ value: String, is verdict: Verdict, _ description: String? = nil) {
            self.init(Array(value.utf8), is: verdict, description ?? value.debugDescription)
        }

        init(_ bytes: [UInt8]?, is verdict: Verdict, _ description: String) {
            testDescription = description
            self.bytes = bytes
            self.verdict = verdict
        }
    }

    private static let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/"

    static let headers: [Header] = [
        Header("Bearer abc", is: .bearer("abc")),
        Header("bearer abc", is: .bearer("abc")),
        Header("BEARER abc", is: .bearer("abc")),
        Header("bEaReR abc", is: .bearer("abc")),
        Header("Bearer  abc", is: .bearer("abc")),
        Header("Bearer     abc", is: .bearer("abc")),
        Header("Bearer a", is: .bearer("a")),
        Header("Bearer abc=", is: .bearer("abc=")),
        Header("Bearer abc==", is: .bearer("abc==")),
        Header("Bearer abc=====", is: .bearer("abc=====")),
        Header("Bearer \(alphabet)", is: .bearer(alphabet), "every character of the alphabet"),
        Header("Bearer Bearer", is: .bearer("Bearer")),
        Header(
            "Bearer " + String(repeating: "a", count: 8185),
            is: .bearer(String(repeating: "a", count: 8185)),
            "8,192 bytes"
        ),
        Header(nil, is: .refused(.noAuthorization), "no header"),
        Header("", is: .refused(.otherScheme)),
        Header(" Bearer abc", is: .refused(.otherScheme)),
        Header("Bearer\tabc", is: .refused(.otherScheme)),
        Header("Bearer\u{A0}abc", is: .refused(.otherScheme)),
        Header("Bearerabc", is: .refused(.otherScheme)),
        Header("Bear abc", is: .refused(.otherScheme)),
        Header("Bearers abc", is: .refused(.otherScheme)),
        Header("Bearer, abc", is: .refused(.otherScheme)),
        Header("Bearer: abc", is: .refused(.otherScheme)),
        Header("Basic YWRhOnB3", is: .refused(.otherScheme)),
        Header("Digest username=\"ada\"", is: .refused(.otherScheme)),
        Header("DPoP abc", is: .refused(.otherScheme)),
        Header("abc", is: .refused(.otherScheme)),
        Header("\"Bearer\" abc", is: .refused(.otherScheme)),
        Header("ＢEARER abc", is: .refused(.otherScheme)),
        Header("\u{2}earer abc", is: .refused(.otherScheme)),
        Header("Bearer", is: .refused(.malformedAuthorization(.empty))),
        Header("Bearer ", is: .refused(.malformedAuthorization(.empty))),
        Header("Bearer    ", is: .refused(.malformedAuthorization(.empty))),
        Header("Bearer =", is: .refused(.malformedAuthorization(.equalsSign))),
        Header("Bearer ===", is: .refused(.malformedAuthorization(.equalsSign))),
        Header("Bearer a=b", is: .refused(.malformedAuthorization(.equalsSign))),
        Header("Bearer =abc", is: .refused(.malformedAuthorization(.equalsSign))),
        Header("Bearer abc ", is: .refused(.malformedAuthorization(.character(.space)))),
        Header("Bearer abc\t", is: .refused(.malformedAuthorization(.character(.control)))),
        Header("Bearer \tabc", is: .refused(.malformedAuthorization(.character(.control)))),
        Header("Bearer abc def", is: .refused(.malformedAuthorization(.character(.space)))),
        Header("Bearer abc= =", is: .refused(.malformedAuthorization(.equalsSign))),
        Header("Bearer abc, Bearer abc", is: .refused(.malformedAuthorization(.visible(",")))),
        Header("Bearer abc,abc", is: .refused(.malformedAuthorization(.visible(",")))),
        Header("Bearer \"abc\"", is: .refused(.malformedAuthorization(.visible("\"")))),
        Header("Bearer token=abc;", is: .refused(.malformedAuthorization(.equalsSign))),
        Header("Bearer ab%63", is: .refused(.malformedAuthorization(.visible("%")))),
        Header("Bearer abc\0", is: .refused(.malformedAuthorization(.character(.control)))),
        Header("Bearer \0", is: .refused(.malformedAuthorization(.character(.control)))),
        Header("Bearer a\0bc", is: .refused(.malformedAuthorization(.character(.control)))),
        Header("Bearer abc\r\n", is: .refused(.malformedAuthorization(.character(.control)))),
        Header("Bearer abc\n", is: .refused(.malformedAuthorization(.character(.control)))),
        Header("Bearer abc\u{7F}", is: .refused(.malformedAuthorization(.character(.control)))),
        Header("Bearer abc\u{1B}", is: .refused(.malformedAuthorization(.character(.control)))),
        Header("Bearer abé", is: .refused(.malformedAuthorization(.character(.notASCII)))),
        Header("Bearer \u{212A}", is: .refused(.malformedAuthorization(.character(.notASCII))), "KELVIN SIGN"),
        Header(
            Array("Bearer abc".utf8) + [0xFF],
            is: .refused(.malformedAuthorization(.character(.notASCII))),
            "a byte that is not UTF-8"
        ),
        Header(
            Array("Bearer ab".utf8) + [0xE9],
            is: .refused(.malformedAuthorization(.character(.notASCII))),
            "a letter of Latin-1"
        ),
        Header(
            "Bearer " + String(repeating: "a", count: 8186),
            is: .refused(.malformedAuthorization(.tooLong)),
            "8,193 bytes"
        ),
        Header(
            "Bearer " + String(repeating: "=", count: 100_000),
            is: .refused(.malformedAuthorization(.tooLong)),
            "100,000 ="
        ),
        Header(
            "Bearer" + String(repeating: " ", count: 8186) + "a",
            is: .refused(.malformedAuthorization(.tooLong)),
            "8,186 spaces"
        ),
        Header("Bearer 1|ZND4Hkq", is: .refused(.malformedAuthorization(.visible("|")))),
        Header("Bearer 'abc'", is: .refused(.malformedAuthorization(.visible("'")))),
        Header("Bearer [object Object]", is: .refused(.malformedAuthorization(.visible("[")))),
        Header("Bearer undefined", is: .refused(.placeholder)),
        Header("bearer   null", is: .refused(.placeholder)),
        Header("Bearer None", is: .refused(.placeholder)),
        Header("Bearer nil", is: .refused(.placeholder)),
        Header("Bearer nullable", is: .bearer("nullable")),
        Header("Bearer NULL", is: .bearer("NULL")),
    ]

    @Test(arguments: headers)
    func `a bearer is a b64token after its scheme, and nothing else (RFC 6750 §2.1)`(_ header: Header) throws {
        let credential = Credential(authorization: header.bytes.map { Redacted($0) })
        switch header.verdict {
        case .bearer(let bearer): #expect(try credential.bearerToken.bytes.elementsEqual(bearer.utf8))
        case .refused(let why): #expect(throws: SessionError.missing(why)) { try credential.bearerToken }
        }
    }

    struct Cause: CustomTestStringConvertible, Sendable {
        let header: String?
        let reason: String
        let detail: String

        var testDescription: String { header ?? "no header" }
    }

    private static let alphabetRule =
        "A session consists of letters, digits and - . _ ~ + /, with = at its end alone "
        + "(RFC 6750), and the one in the Authorization header has "
    private static let cure = "; send the session as Authorization: Bearer <session>."

    private static func foreign(_ bearer: String, _ character: String) -> Cause {
        Cause(
            header: "Bearer \(bearer)",
            reason: "authorization_malformed",
            detail: "\(alphabetRule)\(character)\(cure)"
        )
    }

    static let causes = [
        Cause(header: nil, reason: "authorization_missing", detail: "The request has no Authorization header\(cure)"),
        Cause(
            header: "Basic SECRET",
            reason: "authorization_not_bearer",
            detail: "The Authorization header does not begin with the word Bearer and a space\(cure)"
        ),
        Cause(
            header: "Bearer 1|SECRET",
            reason: "authorization_malformed",
            detail: "\(alphabetRule)a vertical bar\(cure)"
        ),
        Cause(
            header: #"Bearer "SECRET""#,
            reason: "authorization_malformed",
            detail: "\(alphabetRule)a quotation mark\(cure)"
        ),
        Cause(header: "Bearer SEC RET", reason: "authorization_malformed", detail: "\(alphabetRule)a space\(cure)"),
        foreign("SEC:RET", "\":\""),
        foreign("SEC%20RET", "\"%\""),
        foreign("SECRET,", "\",\""),
        foreign("SECRET;", "\";\""),
        foreign("SEC<b>", "\"<\""),
        foreign("SEC\\RET", "\"\\\""),
        foreign("SEC\u{1B}[2J", "a control character"),
        foreign("SEC\r\nRET", "a control character"),
        foreign("SEC\tRET", "a control character"),
        foreign("SEC\u{7F}", "a control character"),
        foreign("SECé", "a character that is not ASCII"),
        foreign("SEC\u{202E}RET", "a character that is not ASCII"),
        foreign("SEC\u{85}", "a character that is not ASCII"),
        Cause(
            header: "Bearer ",
            reason: "authorization_malformed",
            detail: "The Authorization header has nothing after Bearer\(cure)"
        ),
        Cause(
            header: "Bearer undefined",
            reason: "authorization_placeholder",
            detail: "The Authorization header has a word for no value, such as undefined or null\(cure)"
        ),
    ]

    @Test(arguments: causes)
    func `that is none is told what is wrong with it, and the log as well, and neither repeats it`(
        _ cause: Cause
    ) throws {
        let reply = try Fixture().ask { request in
            request.authorization = nil
            if let header = cause.header { request.authorize(header) }
        }
        #expect(reply.status == 403)
        #expect(reply.code == "session_missing")
        #expect(reply.reason == cause.reason)
        #expect(reply.json?["detail"]?.text?.description == cause.detail)
        #expect(reply.line.contains(#""fault":"A session"#) == cause.detail.hasPrefix("A session"))
        #expect(!reply.body.contains("SEC") && !reply.line.contains("SEC"))
        #expect((reply.body + reply.line).utf8.allSatisfy { (0x20...0x7E).contains($0) })
    }

    @Test func `each of the 256 bytes is in the alphabet or refused`() {
        let accepted = (UInt8.min...UInt8.max).filter { byte in
            (try? Credential(authorization: Redacted(Array("Bearer a".utf8) + [byte])).bearerToken) != nil
        }
        #expect(Set(accepted) == Set((Self.alphabet + "=").utf8))
    }

    @Test func `no print, dump or interpolation of a request or a credential shows its bearer`() {
        let request = HTTPRequest.token(bearer: "canary-5d0c")
        expectRedacted(request)
        expectRedacted(Credential(authorization: request.authorization))
    }

    private func expectRedacted(_ request: some Any) {
        var (printed, debugged, dumped) = ("", "", "")
        print(request, to: &printed)
        debugPrint(request, to: &debugged)
        dump(request, to: &dumped)
        let bytes = Array("canary".utf8).map(\.description).joined(separator: ", ")
        for text in [printed, debugged, dumped, "\(request)", String(reflecting: request)] {
            #expect(text.contains("redacted"))
            #expect(!text.contains("canary"))
            #expect(!text.contains(bytes))
        }
        let lines = Array("canary".utf8).map { "-\($0)" }.joined()
        #expect(!dumped.filter { !$0.isWhitespace }.contains(lines))
    }
}

extension BearerToken.Fault {
    /// A character that no b64token has.
    fileprivate static func visible(_ character: Unicode.Scalar) -> BearerToken.Fault {
        .character(.visible(UInt8(ascii: character)))
    }
}
