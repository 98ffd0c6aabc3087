import Foundation
import Testing

/// `serve --dry-run`, which says what `serve` would say of its configuration, and leaves no trace.
@Suite struct `A dry run` {
    private let program: CommandLineProgram

    init() throws {
        program = try CommandLineProgram()
        try write("keys.yaml", "APIdry: 0kPzqYv2nRz3yqz8TnW6r4Xb1mJc7dLf9sHg5aQwE\n", mode: 0o600)
        try configure()
    }

    private func write(_ name: String, _ text: String, mode: Int = 0o644) throws {
        let path = "\(program.folder)/\(name)"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    private func configure(_ lines: String = "") throws {
        let folder = program.folder
        try write(
            "config.yaml",
            """
            listen: \(folder)/fcgi.sock
            directory: {url: 'sqlite:\(folder)/directory.sqlite'}
            livekit: {key_file: keys.yaml}
            \(lines)

            """
        )
    }

    private func serve(_ arguments: String...) throws -> CommandLineProgram.Outcome {
        try program.call(exactly: ["serve", "--config", "\(program.folder)/config.yaml"] + arguments)
    }

    private func names() throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: program.folder))
    }

    @Test func `of a good configuration is silent, and makes no file`() throws {
        try configure("audit: {file: \(program.folder)/audit.log}")
        let outcome = try serve("--dry-run")
        #expect(outcome.status == 0)
        #expect(outcome.output == "" && outcome.errors == "")
        #expect(try names() == ["config.yaml", "keys.yaml"])
    }

    @Test(arguments: [
        "lisen: /run/x.sock", "rooms: {pattern: '['}", "peers: [no-such-user]", "workers: many",
        "audit: {file: /no/such/folder/audit.log}", "audit: {file: audit.log}", "audit: {file: /}",
        "audit: {file: /dev/null/x}",
        "directory: {}",
    ])
    func `of a wrong one ends like the service, with the same line`(line: String) throws {
        try configure(line)
        let outcome = try serve("--dry-run")
        #expect(outcome.status == 78)
        #expect(outcome.output == "")
        #expect(outcome.errors.hasPrefix("livekit-tokend: ") && outcome.errors.hasSuffix("\n"))
        #expect(outcome.errors.count { $0 == "\n" } == 1)
        let served = try serve()
        #expect(served.status == outcome.status && served.errors == outcome.errors)
    }

    @Test(arguments: ["", "APIdry: short\n", "APIdry\n"])
    func `of a wrong key ends like the service, with the same line`(key: String) throws {
        try write("keys.yaml", key, mode: 0o600)
        let outcome = try serve("--dry-run")
        #expect(outcome.status == 78)
        let served = try serve()
        #expect(served.status == outcome.status && served.errors == outcome.errors)
    }

    @Test func `of a configuration that is missing ends with 78`() throws {
        let outcome = try program.call(exactly: ["serve", "--dry-run", "--config", "/no/such/config.yaml"])
        #expect(outcome.status == 78)
    }
}
