import Foundation
import SQLite

/// A database file in a folder of a test's own, gone when the test is.
final class DatabaseFile {
    let path: String
    private let folder: URL

    /// Makes the file by a script; an empty one makes an empty file.
    init(_ script: String = "") throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("sqlite-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        path = folder.appendingPathComponent("file").path
        try Data().write(to: URL(fileURLWithPath: path))
        try open().execute(script)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    func open(isReadOnly: Bool = false, patience: Duration = .zero) throws(SQLiteError) -> Connection {
        try Connection(path: path, isReadOnly: isReadOnly, patience: patience)
    }

    /// The file, or one beside it.
    func bytes(_ suffix: String = "") throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path + suffix)))
    }

    func write(_ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    func exists(_ suffix: String) -> Bool {
        FileManager.default.fileExists(atPath: path + suffix)
    }
}

/// A database in memory, made by a script.
func inMemory(_ script: String = "") throws(SQLiteError) -> Connection {
    let connection = try Connection(path: ":memory:", isReadOnly: false, patience: .zero)
    try connection.execute(script)
    return connection
}

extension Connection {
    /// The integers in the first column of what a statement finds.
    func integers(_ sql: String, _ arguments: [Statement.Argument] = []) throws -> [Int64?] {
        var found: [Int64?] = []
        try Statement(sql, on: self).run(arguments) { found.append($0.integer(0)) }
        return found
    }
}

extension SQLiteError.Kind {
    /// Whether a body fails, and fails in this way.
    func isThrown(by body: () throws -> Void) -> Bool {
        do {
            try body()
            return false
        } catch {
            return (error as? SQLiteError)?.kind == self
        }
    }
}
