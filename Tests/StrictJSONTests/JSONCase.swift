import StrictJSON
import Testing

/// A text and what becomes of it, named as JSONTestSuite names its files: `y_` must be read, `n_` must be refused, and
/// `i_` is where RFC 8259 leaves the choice to us.
struct JSONCase: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let bytes: [UInt8]
    let verdict: Verdict

    enum Verdict: Sendable {
        case means(Tree)
        case refused(JSONError.Kind, at: Int)
    }

    static func y(_ name: String, _ text: String, _ value: Tree) -> JSONCase {
        JSONCase(testDescription: "y_\(name)", bytes: Array(text.utf8), verdict: .means(value))
    }

    static func y(_ name: String, bytes: [UInt8], _ value: Tree) -> JSONCase {
        JSONCase(testDescription: "y_\(name)", bytes: bytes, verdict: .means(value))
    }

    static func n(_ name: String, _ text: String, _ kind: JSONError.Kind, at offset: Int) -> JSONCase {
        JSONCase(testDescription: "n_\(name)", bytes: Array(text.utf8), verdict: .refused(kind, at: offset))
    }

    static func n(_ name: String, bytes: [UInt8], _ kind: JSONError.Kind, at offset: Int) -> JSONCase {
        JSONCase(testDescription: "n_\(name)", bytes: bytes, verdict: .refused(kind, at: offset))
    }

    static func i(_ name: String, _ text: String, _ value: Tree) -> JSONCase {
        JSONCase(testDescription: "i_\(name)", bytes: Array(text.utf8), verdict: .means(value))
    }

    static func i(_ name: String, _ text: String, _ kind: JSONError.Kind, at offset: Int) -> JSONCase {
        JSONCase(testDescription: "i_\(name)", bytes: Array(text.utf8), verdict: .refused(kind, at: offset))
    }

    static func i(_ name: String, bytes: [UInt8], _ kind: JSONError.Kind, at offset: Int) -> JSONCase {
        JSONCase(testDescription: "i_\(name)", bytes: bytes, verdict: .refused(kind, at: offset))
    }
}

/// Objects or arrays, one within the other.
func nested(_ depth: Int, _ open: String, _ close: String, around core: String = "") -> String {
    String(repeating: open, count: depth) + core + String(repeating: close, count: depth)
}

/// An object of that many members with names of their own.
func members(_ count: Int) -> String {
    "{" + (0..<count).map { "\"m\($0)\":0" }.joined(separator: ",") + "}"
}
