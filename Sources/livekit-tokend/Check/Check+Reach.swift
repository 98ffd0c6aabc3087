import Configuration
import Daemon
import Glibc
import RoomAccess

// MARK: - What this user may look at

extension Check {
    /// A file that a check must look at.
    struct Place: Equatable {
        let path: String
        var isWritten = false
    }

    static let sudo = "run it with sudo, or as the user of the service"

    /// Whether nothing says that the service runs as this user: what the user may not do says nothing of the service
    /// then.
    var isStranger: Bool {
        guard user.user != 0, !user.isImpersonating else { return false }
        let names = units.map { $0.values(of: "User", in: SystemdUnits.service) } ?? []
        return names.last != user.name && names.last != String(user.user)
    }

    /// The path of the same file without symbolic links (realpath(3)); the path itself where there is no such file.
    static func realPath(_ path: String) -> String {
        guard let found = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(found) }
        return unsafe String(cString: found)
    }

    /// The files that a check of these settings must look at.
    func places(_ settings: Settings) -> [Place] {
        var places = (units?.environmentFiles ?? []).map { Place(path: $0.path) }
        if let file = keyFile(settings) { places.append(Place(path: file)) }
        switch settings.directory.url {
        case .sqlite(let path): places.append(Place(path: path, isWritten: true))
        case .absent: break
        }
        for issuer in settings.sessions.jwt?.issuers ?? [] {
            switch issuer.keys {
            case .keySet(let file): places.append(Place(path: file.path))
            case .secret(let file): places.append(Place(path: file.path))
            }
        }
        if let path = settings.audit.path { places.append(Place(path: path, isWritten: true)) }
        return places
    }

    /// The first of some files that a stranger may not read, or not write; `nil` if there is none, or the user is none.
    func outOfReach(_ places: [Place]) -> Place? {
        guard isStranger else { return nil }
        return places.first { place in
            if FileStatus.look(at: place.path) == .isMissing { return false }
            let rights = place.isWritten ? R_OK | W_OK : R_OK
            guard unsafe faccessat(AT_FDCWD, place.path, rights, AT_EACCESS) != 0 else { return false }
            return errno == EACCES || errno == EPERM
        }
    }

    /// The only line of a check that cannot look at all that it must: what it would say of the rest could be false, and
    /// the cure harmful.
    mutating func addOutOfReach(_ place: Place) {
        let what = place.isWritten ? "read and write" : "read"
        add(
            .error,
            "check",
            "\(user.name) may not \(what) \(place.path), so that nothing can be said of it: \(Self.sudo); "
                + "if the service runs as \(user.name), it lacks that right"
        )
    }
}

// MARK: - Disks

extension Check {
    /// Adds an error where a file's disk takes nothing: it is read-only, or full.
    mutating func isOnUnwritableDisk(_ path: String, subject: String) -> Bool {
        var place = path
        while FileStatus(place) == nil, place != "/", place != "." { place = FilePath.parent(of: place) }
        guard let state = FileSystemState(place) else { return false }
        if state.isReadOnly {
            add(
                .error,
                subject,
                "\(path) is on a file system that is mounted read-only, so that nothing can be written; see dmesg for "
                    + "the cause, and mount it again for writing"
            )
        } else if state.isFull {
            add(.error, subject, "\(path) is on a disk that is full, so that nothing can be written; make room on it")
        }
        return state.isReadOnly || state.isFull
    }
}

/// The state of the file system that a path is on (statvfs(3)).
struct FileSystemState: Equatable {
    let isReadOnly: Bool
    /// Whether there is no room for an ordinary user, in bytes or in files.
    let isFull: Bool

    init?(_ path: String) {
        var state = statvfs()
        guard unsafe statvfs(path, &state) == 0 else { return nil }
        isReadOnly = state.f_flag & UInt(ST_RDONLY) != 0
        isFull = state.f_blocks > 0 && state.f_bavail == 0 || state.f_files > 0 && state.f_favail == 0
    }
}
