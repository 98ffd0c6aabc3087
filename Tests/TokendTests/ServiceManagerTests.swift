import Glibc
import Testing

@testable import FastCGI
@testable import livekit_tokend

/// Systemd's end of the wire.
private final class Listener {
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)

    init(at notation: String) throws {
        let address = try #require(SocketAddress(notation: notation))
        #expect(address.bind(descriptor) == 0, "errno \(errno)")
    }

    deinit { close(descriptor) }

    var message: String? {
        var bytes = [UInt8](repeating: 0, count: 8192)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe recv(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
        }
        return count < 0 ? nil : String(validating: bytes.prefix(count), as: UTF8.self)
    }
}

@Suite struct `The service manager` {
    private func manager(_ environment: [String: String]) -> ServiceManager {
        ServiceManager(environment: { environment[$0] }, process: 42)
    }

    @Test(arguments: ["/tmp/tokend-notify-%", "@tokend-notify-%"])
    func `hears what it is told, at a path and at an abstract name`(_ pattern: String) throws {
        let notation = String(pattern.dropLast()) + "\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        let listener = try Listener(at: notation)
        defer { unsafe unlink(notation) }
        let manager = manager(["NOTIFY_SOCKET": notation])
        #expect(manager.tell([.ready, .alive]))
        #expect(listener.message == "READY=1\nWATCHDOG=1")
        #expect(manager.tell([.stopping, .status("a\nREADY=1")]))
        #expect(listener.message == "STOPPING=1\nSTATUS=a READY=1", "words are one line")
        #expect(manager.tell([.status(String(repeating: "é", count: 5000))]))
        let message = try #require(listener.message)
        #expect(message.utf8.count < 2100 && message.hasSuffix("é"), "and not longer than it reads")
    }

    @Test func `is told nothing where there is none`() {
        #expect(manager([:]).tell([.ready]))
        #expect(manager(["NOTIFY_SOCKET": "vsock:2:1234"]).tell([.ready]))
        #expect(!manager(["NOTIFY_SOCKET": "/nonexistent/notify"]).tell([.ready]))
    }

    @Test(
        arguments: [
            (["WATCHDOG_USEC": "15000000"], 15_000_000_000), (["WATCHDOG_USEC": "1", "WATCHDOG_PID": "42"], 1000),
            (["WATCHDOG_USEC": "15000000", "WATCHDOG_PID": "43"], nil), (["WATCHDOG_USEC": "0"], nil),
            (["WATCHDOG_USEC": "-1"], nil), (["WATCHDOG_USEC": "18446744073709551615"], nil), ([:], nil),
            (["WATCHDOG_USEC": "soon"], nil),
        ] as [([String: String], Int64?)]
    )
    func `says how often it wants a sign of life, in nanoseconds`(_ environment: [String: String], _ time: Int64?) {
        #expect(manager(environment).watchdog == time)
    }
}

@Suite struct `Signs of life` {
    /// What the world does, and what it was told.
    private final class World {
        var progress: SelfRequest.Progress = .waiting
        var isHeard = true
        var status = "Serving"
        var sent = 0
        var told: [ServiceManager.Word] = []

        func signs(watchdog: Int64?) -> SignsOfLife {
            SignsOfLife(
                watchdog: watchdog,
                tell: { [self] in
                    if isHeard { told += $0 }
                    return isHeard
                },
                send: { [self] in
                    sent += 1
                    return { [self] in progress }
                },
                status: { [self] in status }
            )
        }
    }

    private let second: Int64 = 1_000_000_000

    @Test func `say ready when a worker has finished the first request, not before`() {
        let world = World()
        var signs = world.signs(watchdog: nil)
        signs.tick(at: 0)
        signs.tick(at: 1)
        #expect(world.told.isEmpty && world.sent == 1 && !signs.isReady)
        world.progress = .finished
        signs.tick(at: 2)
        #expect(world.told == [.ready, .alive, .status("Serving")] && signs.isReady)
        signs.tick(at: 100 * second)
        #expect(world.sent == 1, "nobody wants another")
    }

    @Test func `come twice in the watchdog's time while workers finish requests, and not once they hang`() {
        let world = World()
        var signs = world.signs(watchdog: 10 * second)
        world.progress = .finished
        for time in 0...20 { signs.tick(at: Int64(time) * second) }
        #expect(world.told.count { $0 == .alive } == 4, "those sent at 0, 5, 10 and 15 s")
        world.progress = .waiting
        world.told = []
        for time in 21...60 { signs.tick(at: Int64(time) * second) }
        #expect(world.told.isEmpty)
        #expect(world.sent == 13, "it goes on asking")
        world.progress = .finished
        signs.tick(at: 61 * second)
        #expect(world.told == [.alive], "and is alive again when one is finished")
    }

    @Test(arguments: [SelfRequest.Progress.failed, .waiting])
    func `are not given for a request that came to nothing`(_ progress: SelfRequest.Progress) {
        let world = World()
        world.progress = progress
        var signs = world.signs(watchdog: 10 * second)
        for time in 0...60 { signs.tick(at: Int64(time) * second) }
        #expect(world.told.isEmpty && world.sent == 13)
    }

    @Test func `are given again where they did not get through`() {
        let world = World()
        var signs = world.signs(watchdog: nil)
        world.progress = .finished
        world.isHeard = false
        for time in 0...3 { signs.tick(at: Int64(time)) }
        #expect(!signs.isReady)
        world.isHeard = true
        signs.tick(at: 4)
        #expect(world.told.first == .ready && signs.isReady)
    }

    @Test func `tell a state in words when it is another one, every five seconds at most`() {
        let world = World()
        var signs = world.signs(watchdog: nil)
        world.progress = .finished
        for time in 0...50 {
            world.status = time < 20 ? "Serving: \(time)" : "Serving: many"
            signs.tick(at: Int64(time) * second)
        }
        let words = world.told.dropFirst(2)
        #expect(
            Array(words) == [
                .status("Serving: 1"), .status("Serving: 6"), .status("Serving: 11"), .status("Serving: 16"),
                .status("Serving: many"),
            ]
        )
    }
}
