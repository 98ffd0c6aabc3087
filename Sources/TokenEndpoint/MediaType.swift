import StrictJSON

/// Media types (RFC 9110 §8.3.1), as far as one question goes.
enum MediaType {
    /// Whether a `Content-Type` is `application/json`, without parameters or with `charset=utf-8` alone, in any case.
    static func isJSON(_ contentType: UTF8String) -> Bool {
        contentType == usual || isJSON(spelled: contentType)
    }

    /// As nearly everybody spells it.
    private static let usual: UTF8String = "application/json"

    private static func isJSON(spelled contentType: UTF8String) -> Bool {
        let parts = contentType.utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), says(parts[0], "application/json") else { return false }
        return parts.count == 1 || says(parts[1], "charset=utf-8") || says(parts[1], #"charset="utf-8""#)
    }

    /// Whether bytes say this in any case of ASCII, optional white space (RFC 9110 §5.6.3) around them left aside.
    ///
    /// By bytes, as `String` takes U+037E for a semicolon.
    private static func says(_ bytes: ArraySlice<UInt8>, _ lowercase: String) -> Bool {
        let trimmed = bytes.drop(while: isOptionalWhitespace).reversed().drop(while: isOptionalWhitespace).reversed()
        return trimmed.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
            .elementsEqual(lowercase.utf8)
    }

    private static func isOptionalWhitespace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}

extension HTTPRequest {
    /// The number that `CONTENT_LENGTH` gives, 0 if it is absent (RFC 3875 §4.1.2); `nil` if it is no number.
    var declaredLength: Int? {
        guard let contentLength, !contentLength.utf8.isEmpty else { return 0 }
        guard contentLength.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return contentLength.utf8.count > 18 ? .max : Int(contentLength.description)
    }
}
