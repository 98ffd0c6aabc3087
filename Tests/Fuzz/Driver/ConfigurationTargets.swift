import Configuration
import Daemon
import LiveKitToken
import RoomAccess
import StrictJSON
import TokenEndpoint

/// Configurations: settings within their limits, or an error that names the file and a line of it.
enum ConfigurationText {
    static func check(_ bytes: [UInt8]) {
        do throws(ConfigurationError) {
            let settings = try Settings(yaml: bytes, file: "config.yaml", on: BareSystem())
            let token = settings.token
            want(TokenPolicy.hardLimits.contains(token.minimumLifetime), "a minimum lifetime outside the limits")
            want(token.minimumLifetime <= token.lifetime, "a lifetime below the minimum")
            want(token.lifetime <= token.maximumLifetime, "a lifetime above the maximum")
            want(TokenPolicy.hardLimits.contains(token.maximumLifetime), "a maximum lifetime outside the limits")
            want((1...256).contains(settings.process.workers), "\(settings.process.workers) workers")
            let status = settings.http.unauthenticatedStatus
            want([401, 403].contains(status), "status \(status)")
            want(settings.rooms.roles[settings.rooms.join.openRole] != nil, "an open role that is not a role")
            want(settings.process.listenPath.hasPrefix("/"), "a relative socket")
            want(settings.directory.url.place.hasPrefix("/"), "a relative directory")
            let written = DirectoryURL(settings.directory.url.description)
            want(written == settings.directory.url, "a directory URL that is written in another way")
        } catch {
            // Where a document ends too soon, the line is the one after.
            let lines = 1...bytes.count { [0x0A, 0x0D, 0x85, 0xA8, 0xA9].contains($0) } + 2
            let place = error.message.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            want(place.first == "config.yaml", "an error without the file: \(error.message)")
            // A file without any key has no line to name.
            guard place.count > 2, let line = Int(place[1]) else { return }
            want(lines.contains(line), "line \(line) of \(lines.upperBound)")
        }
    }
}

/// Key files: keys that can be used, or one line without any part of the file.
enum KeyFileText {
    static func check(_ bytes: [UInt8]) {
        do throws(ConfigurationError) {
            let entries = try KeyFile.parse(bytes, place: "keys.yaml")
            want(Set(entries.map(\.id)).count == entries.count, "an id comes twice")
            for entry in entries {
                let secret = bytes[entry.secret]
                want(!secret.isEmpty && secret.allSatisfy { (0x21...0x7E).contains($0) }, "an odd secret")
                want(!KeyFile.secret(of: entry, in: bytes).isEmpty, "a secret that is empty without its quotes")
                want(KeyFile.secret(of: entry, in: bytes).allSatisfy { (0x21...0x7E).contains($0) }, "an odd text")
                let breaks = bytes[..<entry.secret.lowerBound].count { $0 == 0x0A }
                want(breaks == entry.line - 1, "a secret of another line than \(entry.line)")
            }
        } catch {
            want(error.message.hasPrefix("keys.yaml:"), "an error without the file: \(error.message)")
            want(error.message.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "it quotes: \(error.message)")
        }
    }
}

/// A machine without users, variables and files.
private struct BareSystem: OperatingSystem {
    func variable(_ name: String) -> String? { nil }
    var ownIDs: (user: UInt32, group: UInt32) { (1, 1) }
    func ids(ofUser name: String) -> (user: UInt32, group: UInt32)? { nil }
    func name(ofUser id: UInt32) -> String { String(id) }
    func name(ofGroup id: UInt32) -> String { String(id) }
    func isOwnGroup(_ group: UInt32) -> Bool { false }
    var processorCount: Int { 2 }

    func contents(
        ofFile path: String,
        atMost maximumLength: Int,
        objection: ((FileAttributes) -> String?)?
    ) throws(FileError) -> [UInt8] {
        throw .isMissing
    }

    func modificationDate(ofFile path: String) -> NumericDate? { nil }

    func wipe(_ bytes: inout [UInt8]) { bytes.wipe() }
}
