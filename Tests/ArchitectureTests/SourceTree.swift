import Foundation

/// The Swift files of `Sources`, by target.
struct SourceTree {
    struct File: Sendable {
        /// The path from `Sources` on.
        let path: String
        let lines: [String]

        /// The modules that the file imports, with any access level, attributes and kind of symbol.
        var imports: [String] { lines.compactMap(Self.module(ofImport:)) }

        /// The module of an import declaration; `nil` for any other line.
        static func module(ofImport line: String) -> String? {
            let declaration = /^\s*(@\w+(\([^)]*\))?\s+)*(\w+\s+)?import\s+(\w+\s+)?([A-Za-z_]\w*)(\.\w+)*\s*(\/\/.*)?$/
            return (try? declaration.wholeMatch(in: line)).map { String($0.5) }
        }
    }

    /// The targets with Swift files, each with its files.
    let targets: [String: [File]]

    init() throws {
        let sources = URL(filePath: #filePath).appending(path: "../../../Sources").standardized
        var targets: [String: [File]] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: sources.path) where path.hasSuffix(".swift") {
            let text = try String(contentsOf: sources.appending(path: path), encoding: .utf8)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
            // What follows the last line break is not a line.
            let file = File(path: path, lines: lines.last == "" ? lines.dropLast() : lines)
            targets[String(path.prefix { $0 != "/" }), default: []].append(file)
        }
        self.targets = targets
    }
}
