package import StrictJSON

/// A request id, which joins an answer, its line in the log and the web server's: 32 hexadecimal digits in lower case.
package struct RequestID: Hashable, Sendable {
    package let text: UTF8String

    /// Takes the id that the web server has given the request, such as nginx's `$request_id`; `nil` for anything else.
    package init?(_ text: UTF8String) {
        guard text.utf8.count == 32,
            text.utf8.allSatisfy({
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            })
        else { return nil }
        self.text = text
    }

    /// Makes a random id.
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
