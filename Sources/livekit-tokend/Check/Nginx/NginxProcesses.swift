import Daemon
import Glibc

/// A worker of nginx, as the kernel's files describe the process.
struct NginxWorker: Equatable {
    /// The effective user.
    let user: UInt32
    /// Whether it runs the program of its parent, an nginx that root started: any user can give a process any title.
    let isOfRoot: Bool
    /// When it began, in seconds since 1970; `nil` if that cannot be told.
    let startedAt: Int64?
    /// The configuration that its parent was started with; `nil` for the usual one.
    let configuration: String?
}

extension Host {
    /// The workers of nginx that take requests, and what calls itself one.
    var nginxWorkers: [NginxWorker] {
        FolderContents.names(in: processes).filter { $0.allSatisfy(\.isWholeNumber) }.compactMap { worker($0) }
    }

    private func worker(_ process: String) -> NginxWorker? {
        guard let title = title(of: process), title.hasPrefix("nginx: worker process"),
            !title.hasSuffix("is shutting down"), let status = status(of: process), status.users.count > 1
        else { return nil }
        let parent = status.parent
        let isOfRoot = parent.map { isMaster($0, of: process) } ?? false
        return NginxWorker(
            user: status.users[1],
            isOfRoot: isOfRoot,
            startedAt: startTime(of: process),
            configuration: isOfRoot ? parent.flatMap { configuration(of: $0) } : nil
        )
    }

    /// Whether a process is root's in each of its ids and runs nginx, the same program as a worker.
    ///
    /// The kernel says which program a process runs, to root and to the process's own user.
    private func isMaster(_ process: String, of worker: String) -> Bool {
        guard let program = program(of: process), program == self.program(of: worker),
            let name = program.split(separator: "/").last,
            name == "nginx" || name == "nginx (deleted)",
            let users = status(of: process)?.users
        else { return false }
        return users.count == 4 && users.allSatisfy { $0 == 0 }
    }

    /// The file that `-c` of an nginx names, from the folder of `-p` if it is relative.
    private func configuration(of process: String) -> String? {
        guard let words = title(of: process)?.split(separator: " ") else { return nil }
        func value(_ option: String) -> String? {
            words.firstIndex { $0 == option }.flatMap { $0 + 1 < words.count ? String(words[$0 + 1]) : nil }
        }
        guard let file = value("-c") else { return nil }
        if file.hasPrefix("/") { return file }
        return value("-p").map { $0.hasSuffix("/") ? "\($0)\(file)" : "\($0)/\(file)" }
    }

    private func title(of process: String) -> String? {
        Self.text("\(processes)/\(process)/cmdline").map { $0.split(separator: "\0").joined(separator: " ") }
    }

    /// The path of the program that a process runs.
    private func program(of process: String) -> String? {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        guard unsafe readlink("\(processes)/\(process)/exe", &path, path.count - 1) > 0 else { return nil }
        return String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The parent, and the real, effective, saved and file system's user (proc(5)).
    private func status(of process: String) -> (parent: String?, users: [UInt32])? {
        guard let text = Self.text("\(processes)/\(process)/status") else { return nil }
        func words(_ key: String) -> [Substring] {
            let line = text.split(separator: "\n").first { $0.hasPrefix("\(key):") }
            return line.map { Array($0.split { $0 == "\t" || $0 == " " }.dropFirst()) } ?? []
        }
        return (words("PPid").first.map { String($0) }, words("Uid").compactMap { UInt32($0) })
    }

    /// The start of a process: the 22nd field of its line, in ticks since the machine's own start.
    private func startTime(of process: String) -> Int64? {
        // The name of the program stands in brackets before them, and may hold anything.
        let fields = Self.text("\(processes)/\(process)/stat").flatMap { text in
            text.lastIndex(of: ")").map { text[text.index(after: $0)...].split(separator: " ") }
        }
        let boot = Self.text("\(processes)/stat", atMost: 1 << 20)?.split(separator: "\n").first {
            $0.hasPrefix("btime ")
        }
        guard let fields, fields.count > 19, let ticks = Int64(fields[19]),
            let boot = boot.flatMap({ Int64($0.dropFirst(6)) })
        else { return nil }
        return boot + ticks / Int64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    }
}
