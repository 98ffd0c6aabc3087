import CLinux
import Glibc

/// An access list of a file (acl(5)), as Linux keeps it in the attribute `system.posix_acl_access`.
///
/// Where a file has one, the group's bits of its mode are the list's mask, and say of no group what it may do.
package struct AccessList: Equatable, Sendable {
    /// A user or a group whom the list names.
    package enum Subject: Equatable, Sendable {
        case user(UInt32)
        case group(UInt32)
    }

    /// What one of them may do under the mask: three bits as of chmod(2).
    package struct Entry: Equatable, Sendable {
        package let subject: Subject
        package let permissions: UInt32

        /// Takes what one may do.
        package init(subject: Subject, permissions: UInt32) {
            self.subject = subject
            self.permissions = permissions
        }
    }

    /// What the file's group may do under the mask.
    package private(set) var group: UInt32 = 0
    package private(set) var entries: [Entry] = []

    private static let attribute = "system.posix_acl_access"
    /// The version of the format, and the tags of its entries (`linux/posix_acl_xattr.h`).
    private static let version: UInt32 = 2
    private enum Tag: UInt32 {
        case owner = 0x01
        case user = 0x02
        case owningGroup = 0x04
        case group = 0x08
        case mask = 0x10
        case others = 0x20
    }

    /// The list of a path, through symbolic links; `nil` if there is none, or the file system keeps none.
    package init?(_ path: String) {
        let bytes = unsafe Self.bytes { unsafe getxattr(path, Self.attribute, $0.baseAddress, $0.count) }
        guard let bytes else { return nil }
        self.init(bytes)
    }

    /// The list of an open file; `nil` if there is none, or the file system keeps none.
    init?(of descriptor: Int32) {
        let bytes = unsafe Self.bytes { unsafe fgetxattr(descriptor, Self.attribute, $0.baseAddress, $0.count) }
        guard let bytes else { return nil }
        self.init(bytes)
    }

    /// Reads the attribute: a version, then for each entry a tag, its permissions and an id, all little-endian.
    package init?(_ bytes: [UInt8]) {
        func number(at index: Int, _ count: Int) -> UInt32 {
            bytes[index..<index + count].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
        guard bytes.count >= 4, bytes.count % 8 == 4, number(at: 0, 4) == Self.version else { return nil }
        var mask: UInt32 = 0o7
        for index in stride(from: 4, to: bytes.count, by: 8) {
            let permissions = number(at: index + 2, 2) & 0o7
            let id = number(at: index + 4, 4)
            switch Tag(rawValue: number(at: index, 2)) {
            case .user: entries.append(Entry(subject: .user(id), permissions: permissions))
            case .group: entries.append(Entry(subject: .group(id), permissions: permissions))
            case .owningGroup: group = permissions
            case .mask: mask = permissions
            case .owner, .others: break
            case nil: return nil
            }
        }
        group &= mask
        entries = entries.map { Entry(subject: $0.subject, permissions: $0.permissions & mask) }
    }

    /// A list that has room for some hundred entries; whoever gave a file more than that is not told apart.
    private static func bytes(_ read: (UnsafeMutableRawBufferPointer) -> Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read($0) }
        return count < 0 ? nil : Array(bytes.prefix(count))
    }
}

extension FileStatus {
    /// What the file's group may do: three bits.
    package func groupPermissions(under list: AccessList?) -> UInt32 {
        list?.group ?? permissions >> 3 & 0o7
    }
}
