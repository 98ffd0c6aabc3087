/// A CGI response (RFC 3875 §6) as a web server reads it.
package enum ResponseDocument {
    /// A document response (RFC 3875 §6.2.1): a `Status` line, header fields, an empty line and the body.
    ///
    /// Names and values must be free of CR, LF and NUL; they are never taken from a request.
    package static func bytes(
        status: Int,
        reason: String,
        headers: [(name: String, value: String)],
        body: [UInt8]
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(192 + body.count)
        bytes.append(contentsOf: "Status: ".utf8)
        bytes.append(contentsOf: String(status).utf8)
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: reason.utf8)
        bytes.append(contentsOf: "\r\n".utf8)
        for (name, value) in headers {
            bytes.append(contentsOf: name.utf8)
            bytes.append(contentsOf: ": ".utf8)
            bytes.append(contentsOf: value.utf8)
            bytes.append(contentsOf: "\r\n".utf8)
        }
        bytes.append(contentsOf: "\r\n".utf8)
        bytes.append(contentsOf: body)
        return bytes
    }
}
