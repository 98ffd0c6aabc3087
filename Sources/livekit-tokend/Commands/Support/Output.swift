import CommandLineInterface
import Glibc
import StrictJSON

/// Standard output, for a script to read: one value or one row a line.
enum Output {
    /// Writes one value.
    static func value(_ value: some CustomStringConvertible) throws(Failure) {
        try write(Array("\(value)\n".utf8))
    }

    /// Writes the one value of a change that is under way, so that nothing is changed of which the caller is not told.
    ///
    /// Standard output that takes nothing for a second is a failure: other writers wait for the change.
    static func announce(_ value: some CustomStringConvertible) throws(Failure) {
        var output = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        guard unsafe poll(&output, 1, 1000) != 0 else {
            throw Failure(.unavailable, "standard output takes nothing; nothing was changed")
        }
        try Self.value(value)
    }

    /// Writes a text, which has its end of line.
    static func text(_ text: String) throws(Failure) {
        try write(Array(text.utf8))
    }

    /// Writes rows with a tab between the columns; on a terminal they line up under the names of the columns.
    ///
    /// No value has a tab or a line break in it, or anything else that commands a terminal: a `?` stands in its place.
    static func table(_ columns: [String], _ rows: [[String]]) throws(Failure) {
        let rows = rows.map { $0.map(\.harmless) }
        if Terminal.isOutput { return try text(Terminal.table(columns, rows)) }
        try text(rows.map { $0.joined(separator: "\t") + "\n" }.joined())
    }

    /// Lines of a label and what there is to say of it, in two columns, safe for a terminal.
    static func labelled(_ lines: [(label: String, words: String)]) -> [String] {
        lines.map { label, words in
            (label + String(repeating: " ", count: max(1, 14 - label.count)) + words).harmless
        }
    }

    /// Writes one JSON object.
    static func object(_ members: (inout JSONWriter) -> Void) throws(Failure) {
        try write(JSONWriter.object(members) + [UInt8(ascii: "\n")])
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
