import CommandLineInterface
import RoomAccess
import StrictJSON

/// The format of a list on standard output, which every `list` command lets its caller choose.
struct ListFormat {
    let json: Bool

    init(_ arguments: inout Arguments) {
        json = arguments.flag(
            "json",
            "Print one JSON array of objects instead of lines of tab-separated columns. Times are RFC 3339."
        )
    }

    /// Writes a list to standard output, in the order of its columns; an object's members may have another order.
    ///
    /// - Throws: once the list is written and each flaw reported, if a row was left out.
    func write<Element>(
        _ elements: RecordList<Element>,
        columns: [Column<Element>],
        members: [Column<Element>]? = nil
    ) throws(Failure) {
        if json {
            try Output.json(elements.records) { element, object in
                for column in members ?? columns { column.write(element, to: &object) }
            }
        } else {
            try Output.table(columns.map(\.header), elements.map { element in columns.map { $0.cell(element) } })
        }
        for flaw in elements.flaws.prefix(Self.reportedFlaws) {
            let row = "the row \(flaw.key) of \(flaw.table)"
            report(
                flaw.column.map { "\(row) is listed without its \($0), which cannot be read; write another".harmless }
                    ?? "\(row) is left out: it holds what the schema rules out; mend or delete it with sqlite3".harmless
            )
        }
        if elements.flaws.count > Self.reportedFlaws {
            report("and \(counted(elements.flaws.count - Self.reportedFlaws, "other row")) likewise")
        }
        if elements.flaws.contains(where: { $0.column == nil }) { throw Failure(.unavailable, "the list is not whole") }
    }

    private static let reportedFlaws = 20
}

/// A column of a list: a cell of each line, and a member of each JSON object.
struct Column<Element> {
    /// The value of an element.
    enum Value {
        /// A text; without one the cell is empty, and the object lacks the member.
        case text(UTF8String?)
        /// A truth value of JSON, and its word for the cell.
        case flag(Bool, word: UTF8String)
    }

    let header: String
    private let key: String
    private let value: (Element) -> Value

    init(_ header: String, _ key: String, _ value: @escaping (Element) -> Value) {
        (self.header, self.key, self.value) = (header, key, value)
    }

    init(_ header: String, _ key: String, text: @escaping (Element) -> UTF8String?) {
        self.init(header, key) { .text(text($0)) }
    }

    fileprivate func cell(_ element: Element) -> String {
        switch value(element) {
        case .text(let text): text?.description ?? ""
        case .flag(_, let word): word.description
        }
    }

    fileprivate func write(_ element: Element, to object: inout JSONWriter) {
        switch value(element) {
        case .text(let text): object.member(ifPresent: key, text)
        case .flag(let flag, _): object.member(key, flag)
        }
    }
}
