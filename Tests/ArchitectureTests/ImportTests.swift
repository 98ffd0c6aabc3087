import Testing

/// A target of `Sources`, and the modules that it may import.
struct Room: CustomTestStringConvertible, Sendable {
    let target: String
    let mayImport: Set<String>

    var testDescription: String { target }

    private init(_ target: String, mayImport: Set<String>) {
        self.target = target
        self.mayImport = mayImport
    }

    private static let token: Set = ["LiveKitToken", "StrictJSON"]
    private static let domain = token.union(["RoomAccess"])
    /// For what makes system calls, or has threads.
    private static let system: Set = ["Glibc", "Synchronization"]

    static let all = [
        Room("StrictJSON", mayImport: []),
        Room("CommandLineInterface", mayImport: []),
        Room("RoomPattern", mayImport: []),
        Room("Cryptography", mayImport: ["CNettle", "Glibc"]),
        Room("SQLite", mayImport: ["CSQLite"]),
        Room("YAML", mayImport: ["CYAML"]),
        Room("FastCGI", mayImport: system.union(["CFastCGI", "CLinux"])),
        Room("LiveKitToken", mayImport: ["Cryptography", "StrictJSON"]),
        Room("RoomAccess", mayImport: token.union(["Cryptography", "RoomPattern"])),
        Room("TokenEndpoint", mayImport: domain),
        Room("JoinGate", mayImport: domain.union(["TokenEndpoint"])),
        Room("SQLiteDirectory", mayImport: domain.union(system).union(["SQLite"])),
        // Of what makes threads it has the lock alone.
        Room("JWTSessions", mayImport: domain.union(["Cryptography", "Synchronization"])),
        Room("Configuration", mayImport: domain.union(["JoinGate", "RoomPattern", "TokenEndpoint", "YAML"])),
        Room("Daemon", mayImport: system.union(["CLinux", "StrictJSON"])),
        Room(
            "livekit-tokend",
            mayImport: domain.union(system).union([
                "CommandLineInterface", "Configuration", "Daemon", "FastCGI", "JWTSessions", "JoinGate",
                "SQLiteDirectory", "TokenEndpoint",
            ])
        ),
    ]
}

/// The compiler lets a target import what another target of the package depends on: only this table does not.
@Suite struct `A target` {
    @Test(arguments: Room.all) func `imports what the table lets it import`(room: Room) throws {
        let files = try #require(try SourceTree().targets[room.target], "Sources has no \(room.target)")
        for file in files {
            for module in file.imports {
                #expect(room.mayImport.contains(module), "\(file.path) imports \(module)")
            }
        }
    }

    @Test func `is in the table`() throws {
        #expect(Set(try SourceTree().targets.keys) == Set(Room.all.map(\.target)))
    }

    @Test(arguments: [
        "StrictJSON", "CommandLineInterface", "RoomPattern", "LiveKitToken", "RoomAccess", "TokenEndpoint",
        "JWTSessions", "JoinGate", "Configuration",
    ])
    func `of the core has no unsafe code, nor the word`(target: String) throws {
        let files = try #require(try SourceTree().targets[target], "Sources has no \(target)")
        for file in files {
            for (index, line) in file.lines.enumerated() where line.contains(/\bunsafe\b/) {
                Issue.record("\(file.path):\(index + 1): \(line)")
            }
        }
    }

    @Test func `has at most 20 files in a folder, of at most 300 lines of 120 columns each`() throws {
        var folders: [String: Int] = [:]
        for file in try SourceTree().targets.values.joined() {
            #expect(file.lines.count <= 300, "\(file.path) has \(file.lines.count) lines")
            for (index, line) in file.lines.enumerated() where line.count > 120 {
                Issue.record("\(file.path):\(index + 1) has \(line.count) columns")
            }
            folders[file.path.split(separator: "/").dropLast().joined(separator: "/"), default: 0] += 1
        }
        for (folder, count) in folders { #expect(count <= 20, "\(folder) has \(count) files") }
    }
}

@Suite struct `An import` {
    @Test(arguments: [
        ("import Glibc", "Glibc"), ("package import LiveKitToken", "LiveKitToken"),
        ("@testable import livekit_tokend", "livekit_tokend"), ("  import struct Foundation.Data", "Foundation"),
        ("@_spi(Some) @preconcurrency internal import CNettle  // why", "CNettle"), ("import Glibc.math", "Glibc"),
    ])
    func `is found in each form`(line: String, module: String) {
        #expect(SourceTree.File.module(ofImport: line) == module)
    }

    @Test(arguments: ["// import Glibc", "let word = \"import Glibc\"", "/// An import of bytes.", "important()"])
    func `is not found elsewhere`(line: String) {
        #expect(SourceTree.File.module(ofImport: line) == nil)
    }
}
