import Daemon
import Glibc
import Testing

@Suite struct `A file that is replaced as a whole` {
    private let folder = "/tmp/daemon-whole-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    private var path: String { folder + "/set.json" }
    private let time = WallClock.Time(seconds: 1_790_000_000, milliseconds: 250)

    init() { unsafe mkdir(folder, 0o755) }

    private func remove() {
        for name in FolderContents.names(in: folder) { unsafe unlink("\(folder)/\(name)") }
        unsafe rmdir(folder)
    }

    private func replace(_ text: String) throws {
        try WholeFile.replace(path, with: Array(text.utf8), permissions: 0o644, modifiedAt: time)
    }

    private func content(_ path: String) -> String? {
        (try? ReadableFile(opening: path).contents(atMost: 1_000_000)).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `has the content, the mode whatever the umask, and the time`() throws {
        defer { remove() }
        let mask = umask(0o077)
        defer { umask(mask) }
        for text in ["first", "second and longer", "", String(repeating: "x", count: 500_000)] {
            try replace(text)
            #expect(content(path) == text)
        }
        let status = try #require(FileStatus(path))
        #expect(status.permissions == 0o644 && status.modifiedAt == time.seconds)
        #expect(FolderContents.names(in: folder) == ["set.json"])
    }

    @Test func `is another one from then on, so that a reader keeps what it has opened`() throws {
        defer { remove() }
        try replace("old")
        let reader = try ReadableFile(opening: path)
        try replace("new")
        #expect(try reader.contents(atMost: 10) == Array("old".utf8))
        #expect(content(path) == "new")
    }

    @Test func `takes the place of a link, and what the link leads to stays`() throws {
        defer { remove() }
        try replace("mine")
        unsafe rename(path, folder + "/other")
        unsafe symlink("other", path)
        try replace("new")
        #expect(content(path) == "new" && content(folder + "/other") == "mine")
    }

    @Test func `is written beside its place, through no link that waits there`() throws {
        defer { remove() }
        let other = folder + "/other"
        try WholeFile.replace(other, with: Array("mine".utf8), permissions: 0o644, modifiedAt: time)
        unsafe symlink("other", folder + "/.set.json.new")
        try replace("new")
        #expect(content(path) == "new" && content(other) == "mine")
    }

    @Test func `stays as it was where it cannot be replaced`() throws {
        defer { remove() }
        unsafe mkdir(path, 0o755)
        defer { unsafe rmdir(path) }
        #expect(throws: FileChangeError(code: EISDIR)) { try replace("new") }
        #expect(FolderContents.names(in: folder) == ["set.json"])
        #expect(throws: FileChangeError(code: ENOENT)) {
            try WholeFile.replace(folder + "/none/x", with: [], permissions: 0o644, modifiedAt: time)
        }
    }

    @Test func `has another time by itself, and a link to it has not`() throws {
        defer { remove() }
        try replace("same")
        unsafe symlink("set.json", folder + "/link")
        let later = WallClock.Time(seconds: time.seconds + 60, milliseconds: 0)
        try WholeFile.setModificationTime(of: folder + "/link", to: later)
        #expect(FileStatus(path)?.modifiedAt == time.seconds)
        try WholeFile.setModificationTime(of: path, to: later)
        #expect(FileStatus(path)?.modifiedAt == later.seconds && content(path) == "same")
        #expect(throws: FileChangeError(code: ENOENT)) {
            try WholeFile.setModificationTime(of: folder + "/none", to: later)
        }
    }

    @Test(arguments: [("/a/b/c.json", "/a/b", "c.json"), ("/c", "/", "c"), ("c", ".", "c"), ("./c", ".", "c")])
    func `has a folder and a name`(path: String, folder: String, name: String) {
        #expect(WholeFile.parts(of: path) == (folder, name))
    }

    @Test func `has one writer at a time, by a lock that no other user can take`() throws {
        defer { remove() }
        let lock = folder + "/.lock"
        let isFree = { (path: String) in
            let descriptor = unsafe open(path, O_RDWR)
            defer { close(descriptor) }
            return flock(descriptor, LOCK_EX | LOCK_NB) == 0
        }
        #expect(try FileLock.held(lock) { isFree(lock) } == false)
        #expect(isFree(lock))
        #expect(FileStatus(lock)?.permissions == 0o600)
    }

    @Test func `has no lock behind a link`() throws {
        defer { remove() }
        unsafe symlink(folder + "/elsewhere", folder + "/.lock")
        #expect(throws: FileChangeError(code: ELOOP)) { try FileLock.held(folder + "/.lock") {} }
        #expect(FileStatus(folder + "/elsewhere") == nil)
    }
}
