import Configuration
import Daemon
import Glibc
import LiveKitToken

/// The machine and the process that the program runs on and in, as configurations and keys ask them.
struct LinuxSystem: OperatingSystem {
    /// The user and group that are asked for; `nil` for those of the process.
    var ids: (user: UInt32, group: UInt32)?
    /// The environment that is asked; `nil` for that of the process.
    var variables: [String: String]?

    func variable(_ name: String) -> String? {
        guard let variables else { return Environment.value(name) }
        return variables[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    var ownIDs: (user: UInt32, group: UInt32) { ids ?? (geteuid(), getegid()) }

    func ids(ofUser name: String) -> (user: UInt32, group: UInt32)? { UserDatabase.user(name) }

    func name(ofUser id: UInt32) -> String { UserDatabase.name(of: id) }

    func name(ofGroup id: UInt32) -> String { UserDatabase.groupName(of: id) }

    func isOwnGroup(_ group: UInt32) -> Bool {
        let own = ownIDs
        let groups =
            ids == nil
            ? UserDatabase.ownGroups
            : Set(UserDatabase.groups(of: UserDatabase.name(of: own.user), beside: own.group))
        return (group == 0 || groups.contains(group)) && UserDatabase.isGroup(group, onlyOf: [own.user])
    }

    var processorCount: Int { Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    func contents(
        ofFile path: String,
        atMost maximumLength: Int,
        objection: ((FileAttributes) -> String?)?
    ) throws(FileError) -> [UInt8] {
        do throws(ReadableFileError) {
            guard let objection else { return try ReadableFile(opening: path).contents(atMost: maximumLength) }
            let file = try JudgedPath.open(path) { step in
                let kind: FileAttributes.Kind = step.isLink ? .link : .folder
                return objection(FileAttributes(step.status, step.accessList, path: step.path, kind: kind))
            }
            let attributes = FileAttributes(file.status, file.accessList, path: path, kind: .file)
            if let problem = objection(attributes) { throw ReadableFileError.isRefused(problem) }
            return try file.contents(atMost: maximumLength)
        } catch {
            switch error {
            case .doesNotExist: throw .isMissing
            case .isNotRegular: throw .isNotRegular
            case .isTooLong: throw .isTooLong
            case .isRefused(let problem): throw .isRefused(problem)
            case .failed(code: EACCES), .failed(code: EPERM): throw .isDenied
            case .failed: throw .failed("\(error)")
            }
        }
    }

    func modificationDate(ofFile path: String) -> NumericDate? {
        FileStatus(path).map { NumericDate($0.modifiedAt) }
    }

    func wipe(_ bytes: inout [UInt8]) { bytes.wipe() }
}

extension FileAttributes {
    fileprivate init(_ status: FileStatus, _ list: AccessList?, path: String, kind: Kind) {
        self.init(
            path: path,
            kind: kind,
            owner: status.owner,
            group: status.group,
            permissions: status.permissions & ~0o070 | status.groupPermissions(under: list) << 3,
            entries: (list?.entries ?? []).map { entry in
                switch entry.subject {
                case .user(let user): (.user(user), entry.permissions)
                case .group(let group): (.group(group), entry.permissions)
                }
            }
        )
    }
}

extension Settings {
    /// Reads a configuration file, and the variables that override it.
    static func load(from path: String, on system: LinuxSystem = LinuxSystem()) throws(Failure) -> Settings {
        do throws(ConfigurationError) {
            return try Settings(contentsOf: path, on: system)
        } catch {
            throw Failure(.configuration, error.message)
        }
    }
}

extension KeySource {
    /// Reads the key that signs.
    func load() throws(Failure) -> APIKey { try find().key }

    /// Reads the key that signs, and says where it is.
    func find(on system: LinuxSystem = LinuxSystem()) throws(Failure) -> LoadedKey {
        do throws(ConfigurationError) {
            return try load(on: system)
        } catch {
            throw Failure(.configuration, error.message)
        }
    }

    /// Reads all keys.
    func loadAll() throws(Failure) -> KeyRing {
        do throws(ConfigurationError) {
            return try keyRing(on: LinuxSystem())
        } catch {
            throw Failure(.configuration, error.message)
        }
    }

    /// The time when the key file was last changed; `nil` if no file is named, or its time cannot be told.
    func changedAt() -> NumericDate? { changedAt(on: LinuxSystem()) }
}
