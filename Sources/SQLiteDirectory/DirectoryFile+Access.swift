import Glibc
import RoomAccess

extension DirectoryFile {
    /// Refuses a person's call that lacks the right to change the file, in words that say who has it.
    ///
    /// SQLite would say the same of a file that is not there and of one that may not be looked at.
    func requireRightToChange() throws(DirectoryError) {
        guard geteuid() != 0 else { return }
        let own = Self.name(of: geteuid())
        let parent = Self.parent(of: path)
        if FileState.isOutOfReach(path) {
            throw DirectoryError("\(path) cannot be opened by \(own): run it with sudo, or as the user of the service")
        }
        let file = FileState(path)
        let needs = [(parent, W_OK | X_OK)] + (file == nil ? [] : [(path, R_OK | W_OK)])
        for (place, rights) in needs
        where unsafe faccessat(AT_FDCWD, place, rights, AT_EACCESS) != 0 && errno == EACCES {
            guard let owner = FileState(place)?.owner, owner != geteuid() else {
                throw DirectoryError("\(place) is \(own)'s, but not writable; run: chmod u+rwX \(place.shellWord)")
            }
            let what = file == nil ? "does not exist, and cannot be made by" : "cannot be opened by"
            throw DirectoryError("\(path) \(what) \(own): run it with sudo, or as \(Self.name(of: owner))")
        }
    }

    /// The name of a user; the number if the machine has no name for it.
    private static func name(of user: UInt32) -> String {
        guard let entry = unsafe getpwuid(user) else { return "user \(user)" }
        return unsafe String(cString: entry.pointee.pw_name)
    }
}
