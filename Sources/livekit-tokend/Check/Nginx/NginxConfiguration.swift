import Configuration
import Daemon
import Glibc

/// The configuration of nginx as its files have it, read as nginx reads them: words, blocks and includes.
struct NginxConfiguration {
    /// The value of a directive, such as a server that requests are passed to, and where that is written.
    struct Target: Equatable {
        let server: String
        let place: String
    }

    private static let maximumFiles = 1_000

    /// The user that the workers run as; `nil` if none is named.
    private(set) var user: String?
    /// The servers of each upstream, by its name.
    private(set) var upstreams: [String: [Target]] = [:]
    /// The values of each `fastcgi_param` that tells of a login, by its name.
    private(set) var parameters: [String: [Target]] = [:]
    /// The variables that are given a value, with their `$`; an empty text is none.
    private(set) var assigned: Set<String> = []
    /// The URIs that `auth_request` asks.
    private(set) var authRequests: [Target] = []
    /// The URIs of locations that are exact.
    private(set) var locations: Set<String> = []
    /// The servers for HTTP, in the order of the files.
    private(set) var servers: [NginxServer] = []
    /// The files that requests and errors are logged to, each once.
    private(set) var logs: [Target] = []
    /// The files that were read.
    private(set) var files: [String] = []
    /// The files that could not be read.
    private(set) var unreadable: [String] = []
    /// The folder that relative includes start from: that of the main file.
    private let folder: String

    /// Reads a main file and all that it includes.
    init(_ path: String) {
        folder = FilePath.parent(of: path)
        read(path, within: [])
    }

    private mutating func read(_ path: String, within blocks: [[String]]) {
        // A file that includes itself ends here too.
        guard files.count + unreadable.count < Self.maximumFiles, blocks.count < 64 else { return }
        guard let bytes = try? ReadableFile(opening: path).contents(atMost: 1 << 20) else {
            unreadable.append(path)
            return
        }
        files.append(path)
        var blocks = blocks
        var words: [String] = []
        var line = 1
        var tokens = Tokens(String(decoding: bytes, as: UTF8.self))
        while let token = tokens.next() {
            switch token {
            case .word(let word):
                if words.isEmpty { line = tokens.line }
                words.append(word)
            case .opening:
                if words.count == 3, words[0] == "location", words[1] == "=" { locations.insert(words[2]) }
                if words == ["server"], !blocks.contains(where: { Self.otherServers.contains($0) }) {
                    servers.append(NginxServer())
                }
                noteAssignment(words)
                blocks.append(words)
                words = []
            case .closing:
                _ = blocks.popLast()
                words = []
            case .end:
                take(words, "\(path):\(line)", within: blocks)
                words = []
            }
        }
    }

    /// The blocks whose servers speak no HTTP.
    private static let otherServers = [["stream"], ["mail"]]

    private mutating func take(_ words: [String], _ place: String, within blocks: [[String]]) {
        guard let name = words.first, words.count > 1 else { return }
        if blocks.contains(["server"]), !servers.isEmpty {
            servers[servers.count - 1].take(words, place, within: blocks)
        }
        switch name {
        case "user" where blocks.isEmpty: user = user ?? words[1]
        case "server" where blocks.last?.first == "upstream":
            guard let upstream = blocks.last?.dropFirst().first else { return }
            upstreams[upstream, default: []].append(Target(server: words[1], place: place))
        case "fastcgi_param" where words.count > 2 && words[1].hasPrefix("LIVEKIT_"):
            parameters[words[1], default: []].append(Target(server: words[2], place: place))
        case "auth_request" where words[1] != "off": authRequests.append(Target(server: words[1], place: place))
        case "access_log", "error_log":
            if words[1] != "off", !logs.contains(where: { $0.server == words[1] }) {
                logs.append(Target(server: words[1], place: place))
            }
        case "include": for path in Self.paths(words[1], in: folder) { read(path, within: blocks) }
        default: noteAssignment(words)
        }
    }

    /// Notes the variable that a directive or a block gives a value: by `set` and those of modules, which are named
    /// `..._set` and `set_...`, or by a table.
    private mutating func noteAssignment(_ words: [String]) {
        guard let name = words.first, words.count > 1 else { return }
        let isTable = ["map", "geo", "split_clients"].contains(name)
        guard isTable || name == "set" || name.hasPrefix("set_") || name.hasSuffix("_set") else { return }
        let isEmpty = ["map", "set"].contains(name) && words.count == 3 && words[name == "map" ? 1 : 2].isEmpty
        if !isEmpty { assigned.insert(isTable ? words[words.count - 1] : words[1]) }
    }

    /// The files that a pattern of an include names (glob(3)).
    private static func paths(_ pattern: String, in folder: String) -> [String] {
        let pattern = pattern.hasPrefix("/") ? pattern : "\(folder)/\(pattern)"
        guard pattern.contains(where: { "*?[".contains($0) }) else { return [pattern] }
        var found = unsafe glob_t()
        defer { unsafe globfree(&found) }
        guard unsafe glob(pattern, 0, nil, &found) == 0 else { return [] }
        return unsafe (0..<Int(found.gl_pathc)).compactMap { index in
            unsafe found.gl_pathv[index].map { unsafe String(cString: $0) }
        }
    }

    /// The tokens of a file: words, in quotes or not, and what ends or encloses them; comments are left out.
    private struct Tokens {
        enum Token {
            case word(String)
            case opening
            case closing
            case end
        }

        private var rest: Substring.UnicodeScalarView
        private(set) var line = 1

        init(_ text: String) {
            rest = text[...].unicodeScalars
        }

        mutating func next() -> Token? {
            while let first = rest.first {
                switch first {
                case "\n":
                    line += 1
                    rest.removeFirst()
                case " ", "\t", "\r": rest.removeFirst()
                case "#": rest = rest.drop { $0 != "\n" }
                case ";":
                    rest.removeFirst()
                    return .end
                case "{":
                    rest.removeFirst()
                    return .opening
                case "}":
                    rest.removeFirst()
                    return .closing
                default: return .word(word(first))
                }
            }
            return nil
        }

        private mutating func word(_ first: Unicode.Scalar) -> String {
            let quote = first == "\"" || first == "'" ? first : nil
            if quote != nil { rest.removeFirst() }
            var word = String.UnicodeScalarView()
            while let scalar = rest.first {
                if let quote, scalar == quote {
                    rest.removeFirst()
                    break
                }
                // A variable in braces is a part of its word.
                let isOfVariable = scalar == "{" && word.last == "$"
                if quote == nil, " \t\r\n;{".unicodeScalars.contains(scalar), !isOfVariable { break }
                if scalar == "\n" { line += 1 }
                rest.removeFirst()
                if scalar == "\\", let escaped = rest.first {
                    if escaped != quote { word.append(scalar) }
                    rest.removeFirst()
                    word.append(escaped)
                } else {
                    word.append(scalar)
                }
            }
            return String(word)
        }
    }
}
