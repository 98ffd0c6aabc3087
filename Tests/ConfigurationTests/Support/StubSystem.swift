import Configuration
import LiveKitToken
import RoomAccess
import StrictJSON
import TokenEndpoint

/// A machine of three processors, with the variables, users and files that a test gives it.
final class StubSystem: OperatingSystem {
    /// A file, or the reason why it cannot be read.
    enum File {
        case regular([UInt8], owner: UInt32 = 0, permissions: UInt32 = 0o600, modifiedAt: Int64 = 0)
        /// A file with all that is judged: in the end itself, first the links and folders on the way.
        case judged([UInt8], [FileAttributes])
        case unreadable(FileError)
    }

    private let variables: [String: String]
    private let files: [String: File]
    /// The arrays that were wiped, as they were before.
    private(set) var wiped: [[UInt8]] = []

    init(variables: [String: String] = [:], files: [String: File] = [:]) {
        self.variables = variables
        self.files = files
    }

    func variable(_ name: String) -> String? { variables[name] }

    let ownIDs: (user: UInt32, group: UInt32) = (990, 991)

    private let users: [String: (user: UInt32, group: UInt32)] = [
        "root": (0, 0), "www-data": (33, 34), "nobody": (65_534, 65_534),
    ]

    /// How often a user was looked up.
    private(set) var lookUps = 0

    func ids(ofUser name: String) -> (user: UInt32, group: UInt32)? {
        lookUps += 1
        return users[name] ?? users.values.first { String($0.user) == name }
    }

    func name(ofUser id: UInt32) -> String { users.first { $0.value.user == id }?.key ?? String(id) }

    func name(ofGroup id: UInt32) -> String { id == 0 ? "root" : "group\(id)" }

    /// The groups 0 and 991 have no other user in them.
    func isOwnGroup(_ group: UInt32) -> Bool { [0, 991].contains(group) }

    let processorCount = 3

    func contents(
        ofFile path: String,
        atMost maximumLength: Int,
        objection: ((FileAttributes) -> String?)?
    ) throws(FileError) -> [UInt8] {
        let (bytes, steps): ([UInt8], [FileAttributes])
        switch files[path] {
        case .regular(let content, let owner, let permissions, _)?:
            (bytes, steps) = (content, [FileAttributes(path: path, owner: owner, group: 5, permissions: permissions)])
        case .judged(let content, let attributes)?: (bytes, steps) = (content, attributes)
        case .unreadable(let error)?: throw error
        case nil: throw .isMissing
        }
        for step in steps {
            if let problem = objection?(step) { throw .isRefused(problem) }
        }
        guard bytes.count <= maximumLength else { throw .isTooLong }
        return bytes
    }

    func modificationDate(ofFile path: String) -> NumericDate? {
        guard case .regular(_, _, _, let modifiedAt)? = files[path] else { return nil }
        return NumericDate(modifiedAt)
    }

    func wipe(_ bytes: inout [UInt8]) {
        wiped.append(bytes)
        for index in bytes.indices { bytes[index] = 0 }
    }
}
