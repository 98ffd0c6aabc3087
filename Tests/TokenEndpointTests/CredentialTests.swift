import RoomAccess
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
        Header("Bearer", is: .refused(.malformedAuthorization)),
        Header("Bearer ", is: .refused(.malformedAuthorization)),
        Header("Bearer    ", is: .refused(.malformedAuthorization)),
        Header("Bearer =", is: .refused(.malformedAuthorization)),
        Header("Bearer ===", is: .refused(.malformedAuthorization)),
        Header("Bearer a=b", is: .refused(.malformedAuthorization)),
        Header("Bearer =abc", is: .refused(.malformedAuthorization)),
        Header("Bearer abc ", is: .refused(.malformedAuthorization)),
        Header("Bearer abc\t", is: .refused(.malformedAuthorization)),
        Header("Bearer \tabc", is: .refused(.malformedAuthorization)),
        Header("Bearer abc def", is: .refused(.malformedAuthorization)),
        Header("Bearer abc= =", is: .refused(.malformedAuthorization)),
        Header("Bearer abc, Bearer abc", is: .refused(.malformedAuthorization)),
        Header("Bearer abc,abc", is: .refused(.malformedAuthorization)),
        Header("Bearer \"abc\"", is: .refused(.malformedAuthorization)),
        Header("Bearer token=abc;", is: .refused(.malformedAuthorization)),
        Header("Bearer ab%63", is: .refused(.malformedAuthorization)),
        Header("Bearer abc\0", is: .refused(.malformedAuthorization)),
        Header("Bearer \0", is: .refused(.malformedAuthorization)),
        Header("Bearer a\0bc", is: .refused(.malformedAuthorization)),
        Header("Bearer abc\r\n", is: .refused(.malformedAuthorization)),
        Header("Bearer abc\n", is: .refused(.malformedAuthorization)),
        Header("Bearer abc\u{7F}", is: .refused(.malformedAuthorization)),
        Header("Bearer abc\u{1B}", is: .refused(.malformedAuthorization)),
        Header("Bearer abé", is: .refused(.malformedAuthorization)),
        Header("Bearer \u{212A}", is: .refused(.malformedAuthorization), "KELVIN SIGN"),
        Header(Array("Bearer abc".utf8) + [0xFF], is: .refused(.malformedAuthorization), "a byte that is not UTF-8"),
        Header(Array("Bearer ab".utf8) + [0xE9], is: .refused(.malformedAuthorization), "a letter of Latin-1"),
        Header("Bearer " + String(repeating: "a", count: 8186), is: .refused(.malformedAuthorization), "8,193 bytes"),
        Header("Bearer " + String(repeating: "=", count: 100_000), is: .refused(.malformedAuthorization), "100,000 ="),
        Header(
            "Bearer" + String(repeating: " ", count: 8186) + "a",
            is: .refused(.malformedAuthorization),
            "8,186 spaces"
        ),
    ]

    @Test(arguments: headers)
    func `a bearer is a b64token after its scheme, and nothing else (RFC 6750 §2.1)`(_ header: Header) throws {
        let credential = Credential(authorization: header.bytes.map { Redacted($0) })
        switch header.verdict {
        case .bearer(let bearer): #expect(try credential.bearerToken.bytes.elementsEqual(bearer.utf8))
        case .refused(let why): #expect(throws: SessionError.missing(why)) { try credential.bearerToken }
        }
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
