/// The query of a request target as LiveKit reads it: `ParseQuery` of Go's `net/url`, by its documentation.
///
/// Parameters are separated by `&` alone. One that is empty, has a `;` or a `%` without two hexadecimal digits is left
/// out; `+` is a blank; a name without `=` has an empty value.
package struct QueryReading: Equatable {
    package struct Parameter: Equatable {
        package let name: [UInt8]
        package let value: [UInt8]

        package init(_ name: String, _ value: String) {
            (self.name, self.value) = (Array(name.utf8), Array(value.utf8))
        }

        fileprivate init(name: [UInt8], value: [UInt8]) {
            (self.name, self.value) = (name, value)
        }
    }

    package private(set) var parameters: [Parameter] = []
    /// Whether a parameter was left out.
    package private(set) var hasFaults = false

    /// Reads what follows the first `?`.
    package init(_ query: [UInt8]) {
        for one in query.split(separator: UInt8(ascii: "&")) {
            let sides = one.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard !one.contains(UInt8(ascii: ";")), let name = Self.unescaped(sides[0]),
                let value = Self.unescaped(sides.count > 1 ? sides[1] : [])
            else {
                hasFaults = true
                continue
            }
            parameters.append(Parameter(name: name, value: value))
        }
    }

    /// The values of a name, the first of which LiveKit takes.
    package func values(of name: String) -> [[UInt8]] {
        parameters.filter { $0.name == Array(name.utf8) }.map(\.value)
    }

    private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var (bytes, index): ([UInt8], Int) = ([], text.startIndex)
        while index < text.endIndex {
            if text[index] == UInt8(ascii: "%") {
                let digits = text[(index + 1)...].prefix(2)
                guard digits.count == 2, digits.allSatisfy({ $0 < 0x80 && Character(Unicode.Scalar($0)).isHexDigit }),
                    let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
                else { return nil }
                bytes.append(value)
                index += 3
            } else {
                bytes.append(text[index] == UInt8(ascii: "+") ? UInt8(ascii: " ") : text[index])
                index += 1
            }
        }
        return bytes
    }
}
