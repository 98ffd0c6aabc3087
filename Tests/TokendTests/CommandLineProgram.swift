import Foundation
import TestSupport
import TokenEndpoint

/// The program as a person or a script calls it, on a configuration of its own.
final class CommandLineProgram {
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String

        /// The one value that it printed.
        var value: String { output.trimmingCharacters(in: .newlines) }
        var lines: [[String]] {
            output.split(separator: "\n").map {
                $0.split(separator: "\t", omittingEmptySubsequences: false).map { String($0) }
            }
        }
    }

    let folder: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("program-\(Foundation.UUID())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        folder = url.path
        try "directory: {url: 'sqlite:\(folder)/directory.sqlite'}\npeers: []\n"
            .write(toFile: folder + "/config.yaml", atomically: true, encoding: .utf8)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Calls it with arguments and a text on standard input, and waits for its end.
    func callAsFunction(_ arguments: String..., input: String = "") throws -> Outcome {
        try call(arguments, input: input)
    }

    /// Calls it likewise; `--config` goes after the two words that name the command.
    func call(_ arguments: [String], input: String = "") throws -> Outcome {
        let configuration = ["--config", folder + "/config.yaml"]
        return try call(exactly: arguments.prefix(2) + configuration + arguments.dropFirst(2), input: input)
    }

    /// Calls it with these arguments alone.
    func call(exactly arguments: [String], input: String = "") throws -> Outcome {
        try call(program: Self.executable.path, arguments, input: input)
    }

    /// Calls another program, which may call this one.
    func call(program: String, _ arguments: [String], input: String = "") throws -> Outcome {
        let process = try CompletedProcess(program, arguments, input: Data(input.utf8))
        return Outcome(
            status: process.status,
            output: String(decoding: process.output, as: UTF8.self),
            errors: String(decoding: process.errors, as: UTF8.self)
        )
    }

    /// The path of the program.
    static var path: String { executable.path }

    /// It is built beside the bundle of the tests.
    static let executable: URL = {
        let arguments = CommandLine.arguments
        let bundle = arguments.firstIndex(of: "--test-bundle-path").map { arguments[$0 + 1] } ?? arguments[0]
        return URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("livekit-tokend")
    }()
}
