/// FastCGI records (specification §3.3) as a web server sends them.
package enum Record {
    /// The length of a record's header, in bytes.
    package static let headerLength = 8

    /// The type of a record.
    package enum Kind: UInt8, Sendable {
        case beginRequest = 1
        case abortRequest = 2
        case endRequest = 3
        case parameters = 4
        case stdin = 5
        case stdout = 6
    }

    /// The bytes of one record of the request 1.
    ///
    /// - Parameter content: at most 65,535 bytes.
    package static func bytes(_ kind: Kind, _ content: [UInt8] = []) -> [UInt8] {
        [1, kind.rawValue, 0, 1, UInt8(content.count >> 8), UInt8(content.count & 0xFF), 0, 0] + content
    }

    /// The record that begins a request.
    ///
    /// - Parameter role: 1 is a responder.
    package static func begin(role: UInt8 = 1, keepsConnection: Bool) -> [UInt8] {
        bytes(.beginRequest, [0, role, keepsConnection ? 1 : 0, 0, 0, 0, 0, 0])
    }

    /// A record of name-value pairs.
    ///
    /// - Parameter pairs: names and values of at most 127 bytes each, and of 65,535 together.
    package static func parameters(_ pairs: KeyValuePairs<String, String>) -> [UInt8] {
        bytes(
            .parameters,
            pairs.flatMap { name, value in
                [UInt8(name.utf8.count), UInt8(value.utf8.count)] + Array(name.utf8) + Array(value.utf8)
            }
        )
    }

    /// All records of a request.
    package static func request(
        _ parameters: KeyValuePairs<String, String>,
        body: [UInt8] = [],
        role: UInt8 = 1,
        keepsConnection: Bool
    ) -> [UInt8] {
        begin(role: role, keepsConnection: keepsConnection) + self.parameters(parameters) + bytes(.parameters)
            + (body.isEmpty ? [] : bytes(.stdin, body)) + bytes(.stdin)
    }
}
