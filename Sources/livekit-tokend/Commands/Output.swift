import Glibc
import StrictJSON

/// Standard output, for a script to read: one value or one row a line.
enum Output {
    /// Writes one value.
    static func value(_ value: some CustomStringConvertible) throws(Failure) {
        try write(Array("\(value)\n".utf8))
    }

    /// Writes a text, which has its end of line.
    static func text(_ text: String) throws(Failure) {
        try write(Array(text.utf8))
    }

    /// Writes rows with a tab between the columns; on a terminal the names of the columns come first.
    ///
    /// No value that the directory can hold has a tab or a line break in it.
    static func table(_ columns: [String], _ rows: [[String]]) throws(Failure) {
        let header = isatty(STDOUT_FILENO) == 1 ? [columns] : []
        let lines = (header + rows).map { $0.joined(separator: "\t") + "\n" }
        try write(Array(lines.joined().utf8))
    }

    /// Writes one JSON array, of an object for each element.
    static func json<Element>(_ elements: [Element], _ members: (Element, inout JSONWriter) -> Void) throws(Failure) {
        var writer = JSONWriter()
        writer.array { array in
            for element in elements { array.object { members(element, &$0) } }
        }
        try write(writer.bytes + [UInt8(ascii: "\n")])
    }

    private static func write(_ bytes: [UInt8]) throws(Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Failure(.unavailable, "standard output cannot be written") }
            rest = rest.dropFirst(count)
        }
    }
}
