import Configuration
import Daemon
import Glibc
import LiveKitToken
import RoomAccess
import StrictJSON

/// The machine and the process that the program runs on and in, as configurations and keys ask them.
struct LinuxSystem: OperatingSystem {
    func variable(_ name: String) -> String? { Environment.value(name) }

    var ownIDs: (user: UInt32, group: UInt32) { (geteuid(), getegid()) }

    func ids(ofUser name: String) -> (user: UInt32, group: UInt32)? { UserDatabase.user(name) }

    func name(ofUser id: UInt32) -> String { UserDatabase.name(of: id) }

    var processorCount: Int { Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    func contents(
        ofFile path: String,
        followingLinks: Bool,
        atMost maximumLength: Int,
        objection: (FileAttributes) -> String?
    ) throws(FileError) -> [UInt8] {
        let content: Result<[UInt8], FileError>
        do throws(ReadableFileError) {
            let file = try ReadableFile(opening: path, followingLinks: followingLinks)
            let attributes = FileAttributes(owner: file.status.owner, permissions: file.status.permissions)
            if let problem = objection(attributes) {
                content = .failure(.isRefused(problem))
            } else {
                content = .success(try file.contents(atMost: maximumLength))
            }
        } catch {
            switch error {
            case .doesNotExist: throw .isMissing
            case .isSymbolicLink: throw .isSymbolicLink
            case .isNotRegular: throw .isNotRegular
            case .isTooLong: throw .isTooLong
            case .failed: throw .failed("\(error)")
            }
        }
        return try content.get()
    }

    func modificationDate(ofFile path: String) -> NumericDate? {
        FileStatus(path).map { NumericDate($0.modifiedAt) }
    }

    func matcher(for pattern: String) throws(PatternError) -> @Sendable (Identifier) -> Bool {
        let expression: POSIXPattern
        do throws(POSIXPatternError) {
            expression = try POSIXPattern(pattern)
        } catch {
            throw PatternError(problem: error.problem)
        }
        return { expression.matches($0.text.utf8) }
    }

    func wipe(_ bytes: inout [UInt8]) { bytes.wipe() }
}

extension Settings {
    /// Reads a configuration file, and the variables that override it.
    static func load(from path: String) throws(Failure) -> Settings {
        do throws(ConfigurationError) {
            return try Settings(contentsOf: path, on: LinuxSystem())
        } catch {
            throw Failure(.configuration, error.message)
        }
    }
}

extension KeySource {
    /// Reads the key that signs.
    func load() throws(Failure) -> APIKey {
        do throws(ConfigurationError) {
            return try load(on: LinuxSystem())
        } catch {
            throw Failure(.configuration, error.message)
        }
    }

    /// The time when the key file was last changed; `nil` if no file is named, or its time cannot be told.
    func changedAt() -> NumericDate? { changedAt(on: LinuxSystem()) }
}
