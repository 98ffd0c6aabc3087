import Foundation
import RoomAccess

/// `sqlite3`, as a site's script or another process calls it.
enum Shell {
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Runs statements on a file in a process of its own; it waits for locks up to ten seconds.
    static func sqlite3(_ path: String, _ sql: String) throws -> Outcome {
        let process = try start(path, sql)
        return process.finish()
    }

    /// Starts statements on a file, and leaves them running.
    static func start(_ path: String, _ sql: String) throws -> Running {
        let running = Running()
        try running.start([path], input: ".bail on\n.timeout 10000\n" + sql + "\n")
        return running
    }

    /// A process that reads its statements from a pipe.
    final class Running {
        private let process = Process()
        private let input = Pipe()
        private let output = Pipe()
        private let errors = Pipe()

        fileprivate func start(_ arguments: [String], input text: String) throws {
            process.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
            process.arguments = ["-batch", "-init", "/dev/null"] + arguments
            process.standardInput = input
            process.standardOutput = output
            process.standardError = errors
            try process.run()
            send(text)
        }

        /// Gives it more statements.
        func send(_ sql: String) {
            input.fileHandleForWriting.write(Data(sql.utf8))
        }

        /// Waits until it has printed a text, or has ended.
        func awaitOutput(_ text: String) {
            var printed = ""
            while !printed.contains(text) {
                let bytes = output.fileHandleForReading.availableData
                if bytes.isEmpty { return }
                printed += String(decoding: bytes, as: UTF8.self)
            }
        }

        /// Lets it come to its end, and waits for that.
        func finish() -> Outcome {
            input.fileHandleForWriting.closeFile()
            let text = output.fileHandleForReading.readDataToEndOfFile()
            let problems = errors.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return Outcome(
                status: process.terminationStatus,
                output: String(decoding: text, as: UTF8.self),
                errors: String(decoding: problems, as: UTF8.self)
            )
        }
    }
}

/// A text as an SQL literal.
func quoted(_ text: String) -> String {
    "'" + text.replacingOccurrences(of: "'", with: "''") + "'"
}
