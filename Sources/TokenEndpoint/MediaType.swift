import StrictJSON

/// Media types (RFC 9110 §8.3.1).
enum MediaType {
    /// Whether a `Content-Type` is `application/json`, without parameters or with `charset=utf-8` alone, in any case.
    static func isJSON(_ contentType: UTF8String) -> Bool {
        contentType == usual || isJSON(spelled: contentType)
    }

    /// The spelling of nearly all clients.
    private static let usual: UTF8String = "application/json"

    private static func isJSON(spelled contentType: UTF8String) -> Bool {
        let parts = contentType.utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), matches(parts[0], "application/json") else { return false }
        return parts.count == 1 || matches(parts[1], "charset=utf-8") || matches(parts[1], #"charset="utf-8""#)
    }

    /// Whether bytes are a text in any case of ASCII, apart from optional white space around it (RFC 9110 §5.6.3).
    ///
    /// By bytes, as `String` takes U+037E for a semicolon.
    private static func matches(_ bytes: ArraySlice<UInt8>, _ lowercase: String) -> Bool {
        let trimmed = bytes.drop(while: isOptionalWhitespace).reversed().drop(while: isOptionalWhitespace).reversed()
        return trimmed.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
            .elementsEqual(lowercase.utf8)
    }

    private static func isOptionalWhitespace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}
