import Configuration
import Daemon
import FastCGI
import Glibc

/// Socket activation: the listening socket that another process passes, or one that this process makes.
enum SocketActivation {
    /// The first descriptor that systemd passes (sd_listen_fds(3)).
    private static let firstPassedDescriptor: Int32 = 3

    /// Takes over an inherited socket, as systemd (`LISTEN_FDS`) or the FastCGI specification §2.2
    /// (`FCGI_LISTENSOCK_FILENO`, descriptor 0) passes it; without one listens at the path of the settings.
    ///
    /// The process must have one thread.
    ///
    /// - Returns: the socket, and where it comes from, for the log.
    static func socket(for settings: Settings) throws(Failure) -> (socket: ListeningSocket, place: String) {
        do throws(ListeningSocketError) {
            if let passed = try passedDescriptor() {
                return (try ListeningSocket(inheriting: passed), "descriptor \(passed), from systemd")
            }
            if ListeningSocket.isListening(STDIN_FILENO) {
                let socket = try ListeningSocket(inheriting: moved(from: STDIN_FILENO))
                return (socket, "descriptor 0, from the process that started this one")
            }
            let peers = settings.process.peers.filter { $0.user != geteuid() }
            // Of a user that this machine does not have no group is known: the socket is for all then.
            let groups = peers.contains { $0.group == nil } ? nil : Set(peers.compactMap(\.group))
            return (try ListeningSocket(path: settings.process.listenPath, groups: groups), settings.process.listenPath)
        } catch {
            throw Failure(error.isConfiguration ? .configuration : .unavailable, error.problem)
        }
    }

    private static func passedDescriptor() throws(ListeningSocketError) -> Int32? {
        defer { Environment.forget(["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]) }
        guard Environment.value("LISTEN_PID") == String(getpid()), let count = Environment.value("LISTEN_FDS") else {
            return nil
        }
        guard count == "1" else { throw .notAListeningUnixSocket(descriptor: firstPassedDescriptor) }
        return firstPassedDescriptor
    }

    /// Moves a socket to another number, and puts `/dev/null` in its place.
    private static func moved(from descriptor: Int32) -> Int32 {
        let moved = fcntl(descriptor, F_DUPFD_CLOEXEC, firstPassedDescriptor)
        let nothing = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
        _ = dup2(nothing, descriptor)
        close(nothing)
        return moved
    }
}

extension ListeningSocketError {
    /// Whether it is the configuration that must change.
    fileprivate var isConfiguration: Bool {
        switch self {
        case .notAListeningUnixSocket, .notASocket, .pathTooLong: true
        case .inUse, .cannotBeMade, .failed: false
        }
    }

    fileprivate var problem: String {
        switch self {
        case .notAListeningUnixSocket(let descriptor):
            "descriptor \(descriptor) must be one listening socket of the Unix domain: write one ListenStream=/PATH"
        case .notASocket(let path): "listen: \(path) exists and is not a socket; remove it or name another path"
        case .inUse(let path): "listen: another process listens at \(path); stop it or name another path"
        case .pathTooLong(let path):
            "listen: \(path) is too long for a socket; name a path of at most "
                + "\(ProcessSettings.maximumListenLength) bytes"
        case .cannotBeMade(let path, let error):
            switch error.code {
            case ENOENT: "listen: \(path) cannot be made: make its folder, of the user of the service, mode 0711"
            case EACCES, EPERM, EROFS: "listen: \(path) cannot be made: its folder must be writable for this user"
            default: "listen: \(path) cannot be made: \(error)"
            }
        case .failed(let error): "listen: \(error)"
        }
    }
}
