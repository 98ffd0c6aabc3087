import CLinux
import Glibc
import Synchronization

/// A descriptor that is held before a connection is accepted, so that a connection never lacks its second one.
final class SpareDescriptor: Sendable {
    /// -1 while none is held.
    private let held = Atomic<Int32>(-1)

    deinit {
        let descriptor = held.load(ordering: .relaxed)
        if descriptor >= 0 { close(descriptor) }
    }

    /// Takes the descriptor, or another one; any thread may.
    ///
    /// - Parameter likeness: an open descriptor, of which the one that is taken is another name.
    /// - Throws: if descriptors have run out.
    func take(as likeness: Int32) throws(SystemError) -> Int32 {
        let descriptor = held.exchange(-1, ordering: .relaxed)
        if descriptor >= 0 { return descriptor }
        let another = fcntl(likeness, F_DUPFD_CLOEXEC, 0)
        guard another >= 0 else { throw SystemError("dup") }
        return another
    }

    /// Gives back a descriptor that was not needed.
    func give(_ descriptor: Int32) {
        if !held.compareExchange(expected: -1, desired: descriptor, ordering: .relaxed).exchanged { close(descriptor) }
    }
}
