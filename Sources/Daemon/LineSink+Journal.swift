import CLinux
import Glibc

extension LineSink {
    /// The socket where the journal takes a stream of lines (systemd-journald.service(8)).
    package static let journalSocket = "/run/systemd/journal/stdout"

    /// Writes to the journal, as a service's standard output does; the stream stays open until the process ends.
    ///
    /// - Parameters:
    ///   - identifier: the program's name there, by which `journalctl -t` finds the lines.
    ///   - unit: the unit that the journal names where the process itself is of none, as it does for root alone.
    /// - Throws: if there is no journal, or it takes no stream.
    package convenience init(
        journalAt path: String = LineSink.journalSocket,
        as identifier: String,
        ofUnit unit: String
    ) throws(Failure) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .failed(errno: errno) }
        let name = Array(path.utf8)
        guard unsafe unix_connect(descriptor, name, name.count) == 0 else {
            let code = errno
            close(descriptor)
            throw .failed(errno: code)
        }
        self.init(inheriting: descriptor)
        // The level is info (6); no level stands before a line, and no line goes on to syslog, kernel or console.
        for line in [identifier, unit, "6", "0", "0", "0", "0"] { try write(Array(line.utf8)) }
    }
}
