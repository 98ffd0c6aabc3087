package import Foundation
import LiveKitToken

/// A program that has run to its end, and what it wrote.
package struct CompletedProcess {
    package let status: Int32
    package let output: Data
    package let errors: Data

    /// What it said of its failure, for the reader of a test.
    package var complaint: String { "exit \(status): \(String(decoding: errors, as: UTF8.self))" }

    /// Runs a program with bytes on standard input, however many they are.
    ///
    /// - Throws: if it cannot be started; how it ends is for the caller to judge.
    package init(_ path: String, _ arguments: [String], input: Data = Data()) throws {
        let files = FileManager.default
        let folder = files.temporaryDirectory.appending(path: UUID().uuidString)
        try files.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? files.removeItem(at: folder) }
        let (inputFile, errorFile) = (folder.appending(path: "input"), folder.appending(path: "errors"))
        try input.write(to: inputFile)
        try Data().write(to: errorFile)

        // Of three pipes one would be full while another is waited for.
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardInput = try FileHandle(forReadingFrom: inputFile)
        process.standardOutput = pipe
        process.standardError = try FileHandle(forWritingTo: errorFile)
        try process.run()
        output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        status = process.terminationStatus
        errors = try Data(contentsOf: errorFile)
    }
}
