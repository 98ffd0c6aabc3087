package import StrictJSON

/// What the endpoint knows of a request: the meta-variables of RFC 3875 §4.1 that it reads, and the body.
package struct HTTPRequest: Sendable {
    /// Bodies of at most so many bytes; the largest allowed ids, escaped to six bytes a character, fit.
    package static let maximumBodyLength = 4096

    package var method: UTF8String
    /// Percent-decoded, without the query.
    package var path: UTF8String
    package var contentType: UTF8String?
    /// The value of `CONTENT_LENGTH` as it came.
    package var contentLength: UTF8String?
    package var authorization: Redacted<[UInt8]>?
    /// As much of the body as there was, up to one byte more than allowed.
    package var body: [UInt8]
    /// The address of the client, for the log alone.
    package var client: UTF8String
    package var id: RequestID
    /// Names that came more than once though they may not: then nothing else in the request can be relied on.
    package var repeatsMetaVariables: Bool

    package init(
        method: UTF8String,
        path: UTF8String,
        contentType: UTF8String? = nil,
        contentLength: UTF8String? = nil,
        authorization: Redacted<[UInt8]>? = nil,
        body: [UInt8] = [],
        client: UTF8String,
        id: RequestID,
        repeatsMetaVariables: Bool = false
    ) {
        self.method = method
        self.path = path
        self.contentType = contentType
        self.contentLength = contentLength
        self.authorization = authorization
        self.body = body
        self.client = client
        self.id = id
        self.repeatsMetaVariables = repeatsMetaVariables
    }
}

/// What joins an answer, a line of our log and a line of the web server's: 32 hexadecimal digits in lower case.
package struct RequestID: Hashable, Sendable {
    package let text: UTF8String

    /// Takes what the web server has given the request, as nginx's `$request_id` is; `nil` for anything else.
    package init?(_ text: UTF8String) {
        guard text.utf8.count == 32,
            text.utf8.allSatisfy({
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            })
        else { return nil }
        self.text = text
    }

    /// A new one.
    package init(using generator: inout some RandomNumberGenerator) {
        let words = [generator.next() as UInt64, generator.next() as UInt64]
        text = UTF8String(
            words.map { word in
                let digits = String(word, radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }.joined()
        )
    }
}

/// An answer, before it takes the form that the web server wants.
package struct HTTPResponse: Equatable, Sendable {
    package let status: Int
    /// In the order in which they are sent; none of them holds a value of the request.
    package let headers: [Header]
    package let body: [UInt8]

    package struct Header: Equatable, Sendable {
        package let name: String
        package let value: String
    }
}
