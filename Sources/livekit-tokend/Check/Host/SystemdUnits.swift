import Daemon
import Glibc

/// The service's systemd units, as the package installs them and the administrator overrides them.
struct SystemdUnits {
    /// The folders of units, the overriding first (systemd.unit(5)).
    static let directories = [
        "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
        "/lib/systemd/system",
    ]

    static let service = "livekit-tokend.service"
    static let socket = "livekit-tokend.socket"

    let directories: [String]

    /// Whether a unit is installed.
    func has(_ unit: String) -> Bool {
        directories.contains { FileStatus("\($0)/\(unit)") != nil }
    }

    /// The path where the socket unit listens; `nil` without the unit, or without a path in it.
    var listenPath: String? {
        values(of: "ListenStream", in: Self.socket).last { $0.hasPrefix("/") }
    }

    /// The file that systemd passes to the service as the credential of a name; `nil` if it passes no such credential.
    func credential(_ name: String) -> String? {
        for value in values(of: "LoadCredential", in: Self.service) {
            let parts = value.split(separator: ":", maxSplits: 1)
            if parts.count == 2, parts[0] == name { return String(parts[1]) }
        }
        return nil
    }

    /// The setting by which systemd passes a credential of a name that this program cannot read, because it is
    /// encrypted or comes from elsewhere than a file; `nil` if there is none.
    func sealedCredential(_ name: String) -> String? {
        ["LoadCredentialEncrypted", "SetCredentialEncrypted", "ImportCredential"].first { setting in
            values(of: setting, in: Self.service).contains { value in
                let parts = value.split(separator: ":", omittingEmptySubsequences: false)
                guard setting == "ImportCredential" else { return parts[0] == name }
                // A pattern as of glob(7), and after a colon the beginning of the names that the service sees.
                return parts.count > 1 ? name.hasPrefix(parts[1]) : unsafe fnmatch(String(parts[0]), name, 0) == 0
            }
        }
    }

    /// The values of a key in a unit and its drop-ins; an empty assignment removes those before it.
    func values(of key: String, in unit: String) -> [String] {
        var values: [String] = []
        for path in files(of: unit) {
            guard let bytes = try? ReadableFile(opening: path).contents(atMost: 65_536),
                let text = String(validating: bytes, as: UTF8.self)
            else { continue }
            for line in Self.lines(of: text) {
                let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2, Self.trimmed(parts[0]) == key else { continue }
                let value = Self.trimmed(parts[1])
                if value.isEmpty { values = [] } else { values.append(value) }
            }
        }
        return values
    }

    /// The lines of a unit file without comments: one that ends in a backslash goes on in the next, with a blank in the
    /// backslash's place (systemd.syntax(7)).
    private static func lines(of text: String) -> [String] {
        var lines: [String] = []
        var begun = ""
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let line = line.drop { $0 == " " || $0 == "\t" }
            // A comment does not end the line that goes on.
            if line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.reversed().prefix(while: { $0 == "\\" }).count % 2 == 1 {
                begun += line.dropLast() + " "
            } else {
                lines.append(begun + line)
                begun = ""
            }
        }
        return lines + [begun]
    }

    /// The file of a unit, then its drop-ins in the order of their names.
    private func files(of unit: String) -> [String] {
        var dropIns: [String: String] = [:]
        for directory in directories.reversed() {
            for name in FolderContents.names(in: "\(directory)/\(unit).d") where name.hasSuffix(".conf") {
                dropIns[name] = "\(directory)/\(unit).d/\(name)"
            }
        }
        let main = directories.map { "\($0)/\(unit)" }.first { FileStatus($0) != nil }
        return [main].compactMap(\.self) + dropIns.sorted { $0.key < $1.key }.map(\.value)
    }

    static func trimmed(_ text: Substring) -> String {
        var rest = text.drop { $0 == " " || $0 == "\t" }
        while let last = rest.last, " \t\r".contains(last) { rest.removeLast() }
        return String(rest)
    }
}
