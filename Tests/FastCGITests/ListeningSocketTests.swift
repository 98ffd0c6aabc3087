import FastCGI
import Glibc
import Testing

@Suite struct `A listening socket of our own` {
    private let path = "/tmp/fastcgi-listening-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"

    @Test func `has the mode and the group that let the web server in`() throws {
        defer { remove(path) }
        let socket = try ListeningSocket(path: path, groups: [getegid()])
        var status = stat()
        #expect(unsafe lstat(path, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o660)
        #expect(status.st_gid == getegid())
        withExtendedLifetime(socket) {}
    }

    @Test func `is for everybody where there are several groups, and the peers' users are checked`() throws {
        defer { remove(path) }
        let socket = try ListeningSocket(path: path, groups: [getegid(), getegid() + 1])
        var status = stat()
        #expect(unsafe lstat(path, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o666)
        withExtendedLifetime(socket) {}
    }

    @Test func `is for its owner alone where no group is given`() throws {
        defer { remove(path) }
        let socket = try ListeningSocket(path: path, groups: [])
        var status = stat()
        #expect(unsafe lstat(path, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o600)
        withExtendedLifetime(socket) {}
    }

    @Test func `takes the place of a socket that nobody listens at`() throws {
        defer { remove(path) }
        do { _ = try ListeningSocket(path: path, groups: []) }
        #expect(!ListeningSocket.hasListener(at: path))
        let socket = try ListeningSocket(path: path, groups: [])
        #expect(ListeningSocket.hasListener(at: path))
        withExtendedLifetime(socket) {}
    }

    @Test func `never takes the place of one that somebody listens at`() throws {
        defer { remove(path) }
        let socket = try ListeningSocket(path: path, groups: [])
        #expect(throws: ListeningSocketError.inUse(path: path)) { _ = try ListeningSocket(path: path, groups: []) }
        #expect(ListeningSocket.hasListener(at: path))
        withExtendedLifetime(socket) {}
    }

    @Test func `never takes the place of anything else`() throws {
        defer { remove(path) }
        close(unsafe open(path, O_CREAT | O_WRONLY, 0o600))
        #expect(throws: ListeningSocketError.notASocket(path: path)) { _ = try ListeningSocket(path: path, groups: []) }
        #expect(unsafe access(path, F_OK) == 0)
    }

    @Test func `wants a path that fits into an address`() {
        let long = "/tmp/" + String(repeating: "x", count: 110)
        #expect(throws: ListeningSocketError.self) { _ = try ListeningSocket(path: long, groups: []) }
    }
}

@Suite struct `A descriptor that is inherited` {
    @Test func `must be a listening socket`() {
        let file = unsafe open("/dev/null", O_RDONLY)
        defer { close(file) }
        #expect(throws: ListeningSocketError.notAListeningUnixSocket(descriptor: file)) {
            _ = try ListeningSocket(inheriting: file)
        }
    }

    @Test func `must be of the Unix domain, where a peer has a user`() {
        let network = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(network) }
        #expect(listen(network, 1) == 0)
        #expect(throws: ListeningSocketError.notAListeningUnixSocket(descriptor: network)) {
            _ = try ListeningSocket(inheriting: network)
        }
    }

    @Test func `must listen already`() {
        let idle = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(idle) }
        #expect(throws: ListeningSocketError.notAListeningUnixSocket(descriptor: idle)) {
            _ = try ListeningSocket(inheriting: idle)
        }
    }
}
