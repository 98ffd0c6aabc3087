import StrictJSON

/// Media types (RFC 9110 §8.3.1).
enum MediaType {
    /// Whether a `Content-Type` is `application/json`, without parameters or with `charset=utf-8` alone, in any case.
    static func isJSON(_ contentType: UTF8String) -> Bool {
        contentType == usual || isJSON(spelled: contentType)
    }

    /// The spelling of nearly all clients.
    private static let usual: UTF8String = "application/json"

    /// Parameters may be empty (RFC 9110 §5.6.6), so that a semicolon at the end says nothing.
    private static func isJSON(spelled contentType: UTF8String) -> Bool {
        let parts = contentType.utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map(trimmed)
        let parameters = parts.dropFirst().filter { !$0.isEmpty }
        guard parts[0] == Array("application/json".utf8), parameters.count <= 1 else { return false }
        return parameters.allSatisfy { $0 == Array("charset=utf-8".utf8) || $0 == Array(#"charset="utf-8""#.utf8) }
    }

    /// Bytes in lower case, without optional white space around them (RFC 9110 §5.6.3).
    ///
    /// By bytes, as `String` takes U+037E for a semicolon.
    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        bytes.drop(while: isOptionalWhitespace).reversed().drop(while: isOptionalWhitespace).reversed()
            .map(\.lowercase)
    }

    private static func isOptionalWhitespace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}
