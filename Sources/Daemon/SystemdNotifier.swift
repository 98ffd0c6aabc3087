import CLinux
import Glibc

/// The sender of sd_notify(3) messages; in a process that systemd has not started they are dropped.
package struct SystemdNotifier: Sendable {
    /// An assignment of the protocol.
    package enum Notification: Equatable, Sendable {
        /// `READY=1`: the service answers requests from now on.
        case ready
        /// `RELOADING=1`, from a time on, in nanoseconds of the monotonic clock; `.ready` is to follow.
        case reloading(since: Int64)
        /// `STOPPING=1`
        case stopping
        /// `WATCHDOG=1`: a worker has just finished a request.
        case alive
        /// `STATUS=`: one line, which `systemctl status` shows.
        case status(String)
    }

    /// In bytes; systemd drops messages that are longer than a page.
    fileprivate static let maximumStatusLength = 2048

    /// An address of the Unix domain, as unix(7) has it.
    private let address: [UInt8]?
    /// Open from the start: signs of life must not end where descriptors run out.
    private let socket: Socket?
    /// Nanoseconds within which systemd must hear that the service is alive; `nil` if its watchdog is off.
    package let watchdogInterval: Int64?

    /// Takes what systemd has put into the environment, and removes it: child processes must not use it.
    ///
    /// The process must have one thread.
    package static func fromEnvironment() -> SystemdNotifier {
        let notifier = SystemdNotifier(environment: Environment.value, process: getpid())
        Environment.forget(["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"])
        return notifier
    }

    /// Takes what a process of that id finds in an environment.
    package init(environment: (String) -> String?, process: Int32) {
        address = environment("NOTIFY_SOCKET").flatMap(Self.address)
        socket = address == nil ? nil : Socket()
        let isForThisProcess = environment("WATCHDOG_PID").map { $0 == String(process) } ?? true
        watchdogInterval = environment("WATCHDOG_USEC").flatMap { Int64($0) }.flatMap { microseconds in
            isForThisProcess && microseconds > 0 && microseconds <= .max / 1000 ? microseconds * 1000 : nil
        }
    }

    /// The address that systemd writes as an absolute path, or as `@` and an abstract name; `nil` for anything else.
    private static func address(_ notation: String) -> [UInt8]? {
        let lengths = 2..<MemoryLayout.size(ofValue: sockaddr_un().sun_path)
        guard notation.hasPrefix("/") || notation.hasPrefix("@"), lengths.contains(notation.utf8.count) else {
            return nil
        }
        var address = Array(notation.utf8)
        if notation.hasPrefix("@") { address[0] = 0 }
        return address
    }

    /// Sends a message without waiting.
    ///
    /// - Returns: whether systemd has it; `true` also in a process that systemd has not started.
    @discardableResult package func notify(_ notifications: [Notification]) -> Bool {
        guard let address, let socket else { return true }
        let message = Array(notifications.map(\.assignment).joined(separator: "\n").utf8)
        return unsafe unix_send(socket.descriptor, address, address.count, message, message.count) == message.count
    }

    private final class Socket: Sendable {
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)

        deinit {
            if descriptor >= 0 { close(descriptor) }
        }
    }
}

extension SystemdNotifier.Notification {
    fileprivate var assignment: String {
        switch self {
        case .ready: "READY=1"
        case .reloading(let time): "RELOADING=1\nMONOTONIC_USEC=\(time / 1000)"
        case .stopping: "STOPPING=1"
        case .alive: "WATCHDOG=1"
        case .status(let text): "STATUS=\(Self.line(text))"
        }
    }

    /// One line, cut at the greatest length between two characters: systemd takes UTF-8 only.
    private static func line(_ text: String) -> String {
        var line = ""
        for character in text.unicodeScalars {
            guard line.utf8.count < SystemdNotifier.maximumStatusLength else { break }
            line.unicodeScalars.append(character.properties.generalCategory == .control ? " " : character)
        }
        return line
    }
}
