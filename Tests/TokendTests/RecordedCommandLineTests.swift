import CommandLineInterface
import Foundation
import StrictJSON
import Testing

@testable import livekit_tokend

/// What version 0.1.0 made of command lines, and its help.
private enum Recorded {
    struct Line: Decodable {
        let arguments: [String]
        let exit: Int32
        let stdout: String
        /// The first line.
        let stderr: String
        /// The exit status from version 0.2.0 on, where that differs.
        let becomes: Int32?
        /// The first line of standard error now, where that differs.
        let says: String?
    }

    static let lines: [Line] = (try? JSONDecoder().decode([Line].self, from: file("command-lines.json"))) ?? []

    /// The parts of each help that say something, without the headings: the command, and a paragraph or an entry.
    static let sayings: [(command: [String], words: String)] = {
        let text = (try? file("help.txt")).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return ("\n" + text).components(separatedBy: "\n== livekit-tokend").dropFirst().flatMap { section in
            let lines = section.components(separatedBy: "\n")
            var sayings = [""]
            for line in lines.dropFirst() {
                let isEntry = line.hasPrefix("  ") && !line.hasPrefix("   ")
                if line.isEmpty || isEntry || line.hasSuffix("S:") { sayings.append("") }
                let heading = ["OVERVIEW:", "USAGE:", "ARGUMENTS:", "OPTIONS:", "SUBCOMMANDS:"].first {
                    line.hasPrefix($0)
                }
                sayings[sayings.count - 1] += " " + line.dropFirst(heading?.count ?? 0)
            }
            return sayings.map { (lines[0].split(separator: " ").map { String($0) }, flat($0)) }.filter {
                !$0.1.isEmpty
            }
        }
    }()

    static func flat(_ text: String) -> String {
        text.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    }

    static func file(_ name: String) throws -> Data {
        try Data(
            contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
                path: "../Recorded/\(name)"
            )
        )
    }
}

/// The lists that version 0.1.0 printed of the directory that it wrote.
@Suite struct `A directory of version 0.1.0` {
    struct List: CustomTestStringConvertible {
        let command: [String]
        let printed: String

        var testDescription: String { command.joined(separator: " ") }
    }

    static let lists: [List] = {
        let text = (try? Recorded.file("directory.txt")).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return ("\n" + text).components(separatedBy: "\n== ").dropFirst().map { section in
            let end = section.firstIndex(of: "\n") ?? section.endIndex
            let printed = section[end...].dropFirst()
            return List(
                command: section[..<end].split(separator: " ").map { String($0) },
                printed: printed.isEmpty || printed.hasSuffix("\n") ? String(printed) : printed + "\n"
            )
        }
    }()

    @Test func `is listed in full`() {
        #expect(Self.lists.count == 16, "\(Self.lists.count)")
    }

    @Test(arguments: lists) func `gives the same lists to the letter`(_ list: List) throws {
        let program = try CommandLineProgram()
        try Recorded.file("directory.sqlite").write(to: URL(filePath: program.folder + "/directory.sqlite"))
        let outcome = try program.call(list.command)
        #expect(outcome.status == 0, "\(outcome.errors)")
        // Later versions have the identity behind all that there was.
        let identity = /(\t|,"identity":")user-[0-9a-f-]{36}"?/
        let printed =
            list.command.prefix(2) == ["user", "list"] ? outcome.output.replacing(identity, with: "") : outcome.output
        #expect(printed == list.printed)
    }
}

@Suite struct `What people typed for version 0.1.0` {
    @Test func `is all here`() {
        #expect(Recorded.lines.count == 100)
        #expect(Recorded.sayings.count > 250, "\(Recorded.sayings.count)")
    }

    /// A directory with the user u1 and the room stage-1.
    private func program() throws -> CommandLineProgram {
        let program = try CommandLineProgram()
        try """
        listen: \(program.folder)/s.sock
        workers: 4
        livekit:
          url: wss://lk.example.com
          key_file: \(program.folder)/keys.yaml
        directory:
          url: 'sqlite:\(program.folder)/d.sqlite'
        peers: [root, nobody]
        """
        .write(toFile: program.folder + "/config.yaml", atomically: true, encoding: .utf8)
        #expect(try program("user", "add", "u1").status == 0)
        #expect(try program("room", "add", "stage-1").status == 0)
        return program
    }

    @Test(arguments: Recorded.lines.indices) func `ends as it did, or as it should have`(index: Int) throws {
        let line = Recorded.lines[index]
        let program = try program()
        var arguments = line.arguments
        if arguments.count > 1, ["user", "session", "room", "member", "stream", "token"].contains(arguments[0]) {
            let place = arguments.firstIndex(of: "--") ?? arguments.endIndex
            arguments.insert(contentsOf: ["--config", program.folder + "/config.yaml"], at: place)
        }
        let outcome = try program.call(exactly: arguments)

        let status = line.becomes ?? line.exit
        #expect(outcome.status == status, "\(line.arguments): \(outcome.errors)")
        let json = try? JSONValue(parsing: Array(outcome.output.utf8.dropLast()))
        switch status == 64 ? "empty" : line.stdout {
        case "JSON": #expect(json != nil, "\(line.arguments): \(outcome.output)")
        case "text": #expect(!outcome.output.isEmpty && json == nil, "\(line.arguments): \(outcome.output)")
        default: #expect(outcome.output.isEmpty, "\(line.arguments): \(outcome.output)")
        }
        if status == 64 {
            #expect(outcome.errors.hasPrefix("livekit-tokend: ") && outcome.errors.hasSuffix("\n"))
        } else if !line.arguments.contains("--until") {
            #expect(outcome.errors.prefix { $0 != "\n" } == line.says ?? line.stderr, "\(line.arguments)")
        }
        for scalar in (outcome.output + outcome.errors).unicodeScalars where scalar != "\n" && scalar != "\t" {
            let properties = scalar.properties
            let isHarmful = [.control, .lineSeparator, .paragraphSeparator].contains(properties.generalCategory)
            #expect(!isHarmful && !properties.isBidiControl, "\(line.arguments): \(scalar.debugDescription)")
        }
    }

    @Test(arguments: Recorded.sayings.indices) func `finds in the help what it found there`(index: Int) throws {
        let (command, words) = Recorded.sayings[index]
        guard case .print(let help) = try Program.tree.request(["help"] + command) else {
            return #expect(Bool(false), "\(command) has no help")
        }
        #expect(Recorded.flat(help).contains(words), "\(command)")
    }
}
