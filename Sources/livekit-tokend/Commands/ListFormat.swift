import CommandLineInterface
import StrictJSON

/// How a list is written, which every `list` lets its caller choose.
struct ListFormat {
    let json: Bool

    init(_ arguments: inout Arguments) {
        json = arguments.flag(
            "json",
            "Print one JSON array of objects instead of lines of tab-separated columns. Times are RFC 3339."
        )
    }

    /// Writes a list to standard output.
    func write<Element>(
        _ elements: [Element],
        columns: [String],
        row: (Element) -> [UTF8String],
        members: (Element, inout JSONWriter) -> Void
    ) throws(Failure) {
        if json {
            try Output.json(elements, members)
        } else {
            try Output.table(columns, elements.map { row($0).map(\.description) })
        }
    }
}
