/// The section `directory`: where users, sessions, rooms, members and streams are kept.
package struct DirectorySettings: Sendable {
    /// `directory.url`.
    package let url: DirectoryURL

    init(_ section: ConfigurationReader) throws(ConfigurationError) {
        var url = Defaults.directoryURL
        if let text = try section.string("url") {
            guard let written = DirectoryURL(text.value) else {
                throw section.error(
                    text,
                    "must be sqlite: and the absolute path of a file, such as \(Defaults.directoryURL), or none"
                )
            }
            url = written
        }
        self.url = url
        try section.finish()
    }
}

/// The URL of a directory: which kind of directory it is, and where.
package enum DirectoryURL: Equatable, Sendable {
    /// `sqlite:` and the absolute path of a SQLite file.
    case sqlite(path: String)
    /// `none`: the deployment keeps no directory.
    case absent

    /// Reads a URL; `nil` if no kind of directory has such a one.
    package init?(_ text: String) {
        if text == "none" {
            self = .absent
            return
        }
        let scheme = "sqlite:"
        let path = text.dropFirst(scheme.count)
        guard text.hasPrefix(scheme), path.hasPrefix("/"), !path.hasSuffix("/"), !path.utf8.contains(0) else {
            return nil
        }
        self = .sqlite(path: String(path))
    }

    /// The place as logs and reports name it.
    package var place: String {
        switch self {
        case .sqlite(let path): path
        case .absent: "none"
        }
    }
}

extension DirectoryURL: CustomStringConvertible {
    /// The URL as a configuration has it.
    package var description: String {
        switch self {
        case .sqlite(let path): "sqlite:\(path)"
        case .absent: "none"
        }
    }
}
