import FastCGI
import Glibc

/// Systemd, where it has started us and wants to hear how we are (sd_notify(3)); where it has not, words go nowhere.
struct ServiceManager {
    /// What it can be told.
    enum Word: Equatable {
        /// Requests are answered from now on.
        case ready
        case stopping
        /// A worker has just finished a request.
        case alive
        /// One line, which `systemctl status` shows.
        case status(String)
    }

    /// Systemd reads messages of one page; what is longer it drops.
    fileprivate static let maximumStatusLength = 2048

    private let address: SocketAddress?
    /// Nanoseconds within which it must hear that we are alive; `nil` if it does not care.
    let watchdog: Int64?

    /// Takes the addresses that systemd has put into the environment, and takes them out of it: they are for this
    /// process alone.
    static func fromEnvironment() -> ServiceManager {
        let manager = ServiceManager(environment: Environment.value, process: getpid())
        Environment.forget(["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"])
        return manager
    }

    init(environment: (String) -> String?, process: Int32) {
        address = environment("NOTIFY_SOCKET").flatMap { SocketAddress(notation: $0) }
        let isForUs = environment("WATCHDOG_PID").map { $0 == String(process) } ?? true
        watchdog = environment("WATCHDOG_USEC").flatMap { Int64($0) }.flatMap { microseconds in
            isForUs && microseconds > 0 && microseconds <= .max / 1000 ? microseconds * 1000 : nil
        }
    }

    /// Tells it something, without ever waiting for it.
    ///
    /// - Returns: whether it got through, which is also so where nobody wants to hear it.
    @discardableResult func tell(_ words: [Word]) -> Bool {
        guard let address else { return true }
        let message = Array(words.map(\.assignment).joined(separator: "\n").utf8)
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        guard address.connect(descriptor) == 0 else { return false }
        return unsafe message.withUnsafeBytes {
            unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL)) == $0.count
        }
    }
}

extension ServiceManager.Word {
    /// The line of the protocol.
    fileprivate var assignment: String {
        switch self {
        case .ready: "READY=1"
        case .stopping: "STOPPING=1"
        case .alive: "WATCHDOG=1"
        case .status(let words): "STATUS=\(Self.line(words))"
        }
    }

    /// One line, cut where systemd would not take more: between two characters, because it takes nothing but UTF-8.
    private static func line(_ words: String) -> String {
        var line = ""
        for character in words.unicodeScalars {
            guard line.utf8.count < ServiceManager.maximumStatusLength else { break }
            line.unicodeScalars.append(character.properties.generalCategory == .control ? " " : character)
        }
        return line
    }
}
