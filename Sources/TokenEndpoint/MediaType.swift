import StrictJSON

/// Media types (RFC 9110 §8.3.1), as far as one question goes.
enum MediaType {
    /// Whether a `Content-Type` is `application/json`, without parameters or with `charset=utf-8` alone, in any case.
    static func isJSON(_ contentType: Text) -> Bool {
        let parts = contentType.description.lowercased().split(separator: ";", omittingEmptySubsequences: false)
            .map { $0.drop(while: isOptionalWhitespace).trimmingSuffix(while: isOptionalWhitespace) }
        guard parts.first == "application/json" else { return false }
        return parts.count == 1 || parts.count == 2 && (parts[1] == "charset=utf-8" || parts[1] == #"charset="utf-8""#)
    }

    private static func isOptionalWhitespace(_ character: Character) -> Bool {
        character == " " || character == "\t"
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
        var rest = self
        while let last = rest.last, predicate(last) { rest.removeLast() }
        return rest
    }
}

extension HTTPRequest {
    /// The number that `CONTENT_LENGTH` gives, 0 if it is absent (RFC 3875 §4.1.2); `nil` if it is no number.
    var declaredLength: Int? {
        guard let contentLength, !contentLength.utf8.isEmpty else { return 0 }
        guard contentLength.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return contentLength.utf8.count > 18 ? .max : Int(contentLength.description)
    }
}
