import CLinux
import Daemon
import Glibc
import Testing

/// Systemd's end of the wire.
private final class Listener {
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)

    init(at notation: String) throws {
        var address = Array(notation.utf8)
        if notation.hasPrefix("@") { address[0] = 0 }
        try #require(unsafe unix_bind(descriptor, address, address.count) == 0, "errno \(errno)")
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

@Suite struct `A notifier of systemd` {
    private func notifier(_ environment: [String: String]) -> SystemdNotifier {
        SystemdNotifier(environment: { environment[$0] }, process: 42)
    }

    @Test(arguments: ["/tmp/daemon-notify-%", "@daemon-notify-%"])
    func `sends to a path and to an abstract name`(_ pattern: String) throws {
        let notation = String(pattern.dropLast()) + "\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        let listener = try Listener(at: notation)
        defer { unsafe unlink(notation) }
        let notifier = notifier(["NOTIFY_SOCKET": notation])
        #expect(notifier.notify([.ready, .alive]))
        #expect(listener.message == "READY=1\nWATCHDOG=1")
        #expect(notifier.notify([.reloading(since: 1_234_567_891)]))
        #expect(listener.message == "RELOADING=1\nMONOTONIC_USEC=1234567")
        #expect(notifier.notify([.stopping, .status("a\nREADY=1")]))
        #expect(listener.message == "STOPPING=1\nSTATUS=a READY=1", "a status is one line")
        #expect(notifier.notify([.status(String(repeating: "é", count: 5000))]))
        let message = try #require(listener.message)
        #expect(message.utf8.count < 2100 && message.hasSuffix("é"), "and not longer than systemd reads")
    }

    @Test func `sends nothing without an address that it knows`() {
        #expect(notifier([:]).notify([.ready]))
        #expect(notifier(["NOTIFY_SOCKET": "vsock:2:1234"]).notify([.ready]))
        #expect(notifier(["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 107)]).notify([.ready]))
        #expect(!notifier(["NOTIFY_SOCKET": "/nonexistent/notify"]).notify([.ready]))
    }

    @Test(
        arguments: [
            (["WATCHDOG_USEC": "15000000"], 15_000_000_000), (["WATCHDOG_USEC": "1", "WATCHDOG_PID": "42"], 1000),
            (["WATCHDOG_USEC": "15000000", "WATCHDOG_PID": "43"], nil), (["WATCHDOG_USEC": "0"], nil),
            (["WATCHDOG_USEC": "-1"], nil), (["WATCHDOG_USEC": "18446744073709551615"], nil), ([:], nil),
            (["WATCHDOG_USEC": "soon"], nil),
        ] as [([String: String], Int64?)]
    )
    func `says how often systemd wants a sign of life, in nanoseconds`(_ environment: [String: String], _ time: Int64?)
    {
        #expect(notifier(environment).watchdogInterval == time)
    }
}
