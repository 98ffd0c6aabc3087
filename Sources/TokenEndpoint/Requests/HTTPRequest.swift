package import RoomAccess
package import StrictJSON

/// An HTTP request as the endpoint sees it: the meta-variables of RFC 3875 §4.1 that it reads, and the body.
package struct HTTPRequest: Sendable {
    /// The most bytes of a body; the largest allowed ids, escaped to six bytes a character, fit.
    package static let maximumBodyLength = 4096

    package var method: UTF8String
    /// Percent-decoded, without the query.
    package var path: UTF8String
    package var contentType: UTF8String?
    /// The value of `CONTENT_LENGTH` as it came.
    package var contentLength: UTF8String?
    package var authorization: Redacted<[UInt8]>?
    /// What the web server says of a login.
    package var login: LoginParameters
    /// As much of the body as there was, up to one byte more than allowed.
    package var body: [UInt8]
    /// The address of the client, for the log alone.
    package var client: UTF8String
    package var id: RequestID
    /// The name of a meta-variable that came more than once: then nothing else in the request can be relied on.
    package var repeatedMetaVariable: String?

    package init(
        method: UTF8String,
        path: UTF8String,
        contentType: UTF8String? = nil,
        contentLength: UTF8String? = nil,
        authorization: Redacted<[UInt8]>? = nil,
        login: LoginParameters = LoginParameters(),
        body: [UInt8] = [],
        client: UTF8String,
        id: RequestID,
        repeatedMetaVariable: String? = nil
    ) {
        self.method = method
        self.path = path
        self.contentType = contentType
        self.contentLength = contentLength
        self.authorization = authorization
        self.login = login
        self.body = body
        self.client = client
        self.id = id
        self.repeatedMetaVariable = repeatedMetaVariable
    }

    /// The number that `CONTENT_LENGTH` gives, 0 if it is absent (RFC 3875 §4.1.2); `nil` if it is not a number.
    var declaredLength: Int? {
        guard let contentLength, !contentLength.utf8.isEmpty else { return 0 }
        guard contentLength.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return contentLength.utf8.count > 18 ? .max : Int(contentLength.description)
    }
}
