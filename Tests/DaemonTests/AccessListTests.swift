import CLinux
import Daemon
import Glibc
import TestSupport
import Testing

/// The attribute of an access list, of entries of a tag, permissions and an id.
private func attribute(_ entries: [(tag: UInt8, permissions: UInt8, id: UInt32)]) -> [UInt8] {
    [2, 0, 0, 0]
        + entries.flatMap { entry in
            [entry.tag, 0, entry.permissions, 0] + (0..<4).map { UInt8(truncatingIfNeeded: entry.id >> ($0 * 8)) }
        }
}

/// As systemd writes it for a service's user: `user::r--`, `user:54321:r--`, `group::---`, `mask::r--`, `other::---`.
private let credential = attribute([
    (1, 4, .max), (2, 4, 54_321), (4, 0, .max), (0x10, 4, .max), (0x20, 0, .max),
])

@Suite struct `An access list` {
    @Test func `has what each may do under the mask`() throws {
        let list = try #require(AccessList(credential))
        #expect(list.group == 0)
        #expect(list.entries == [.init(subject: .user(54_321), permissions: 4)])
        let masked = try #require(
            AccessList(attribute([(1, 7, .max), (2, 7, 1), (4, 6, .max), (8, 2, 9), (0x10, 4, .max), (0x20, 0, .max)]))
        )
        #expect(masked.group == 4)
        #expect(
            masked.entries == [.init(subject: .user(1), permissions: 4), .init(subject: .group(9), permissions: 0)]
        )
    }

    @Test(
        arguments: [[], [2, 0, 0], [3, 0, 0, 0], Array(credential.dropLast()), attribute([(3, 0, 0)])] as [[UInt8]]
    )
    func `is not read where it is malformed`(bytes: [UInt8]) {
        #expect(AccessList(bytes) == nil)
    }

    /// On a tmpfs, as systemd's credentials are.
    @Test(.enabled("/dev/shm must be a file system with access lists, and the process root's") { isPossible })
    func `of a file is the kernel's, and its mode shows the mask`() throws {
        let path = "/dev/shm/daemon-list-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL, 0o400)
        try #require(descriptor >= 0)
        defer { unsafe unlink(path) }
        defer { close(descriptor) }
        #expect(AccessList(path) == nil)
        try #require(unsafe fsetxattr(descriptor, "system.posix_acl_access", credential, credential.count, 0) == 0)
        let file = try ReadableFile(opening: path)
        #expect(file.status.permissions == 0o440)
        #expect(file.accessList == AccessList(credential))
        #expect(file.status.groupPermissions(under: file.accessList) == 0)
        #expect(AccessList(path) == file.accessList)
    }

    private static let isPossible: Bool = {
        let path = "/dev/shm/daemon-probe-\(getpid())"
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT, 0o600)
        defer { unsafe unlink(path) }
        defer { close(descriptor) }
        return unsafe fsetxattr(descriptor, "system.posix_acl_access", credential, credential.count, 0) == 0
    }()
}
