import CLinux
import Glibc

/// The resources that the process uses (getrusage(2), proc(5)).
///
/// Only files of the process itself are read: a sandbox hides the others of /proc.
package struct ProcessUsage: Sendable {
    /// Of all threads, in nanoseconds.
    package let processorTime: UInt64
    /// In bytes.
    package let residentMemory: UInt64
    /// In bytes.
    package let virtualMemory: UInt64
    /// The number of open descriptors.
    package let openDescriptors: Int
    /// The limit of open descriptors.
    package let maximumDescriptors: UInt64

    /// The present usage; 0 where the kernel does not tell.
    package static var now: ProcessUsage {
        var usage = rusage()
        _ = unsafe getrusage(RUSAGE_SELF.rawValue, &usage)
        var limit = rlimit()
        _ = unsafe getrlimit(Int32(RLIMIT_NOFILE.rawValue), &limit)
        let pages = memoryInPages
        let pageSize = UInt64(sysconf(Int32(_SC_PAGESIZE)))
        return ProcessUsage(
            processorTime: nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime),
            residentMemory: pages.resident * pageSize,
            virtualMemory: pages.size * pageSize,
            openDescriptors: max(0, FolderContents.names(in: "/proc/self/fd").count - 1),  // less the one that reads it
            maximumDescriptors: UInt64(limit.rlim_cur)
        )
    }

    private static func nanoseconds(_ time: timeval) -> UInt64 {
        UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_usec) * 1000
    }

    /// The first two numbers of statm (proc(5)).
    private static var memoryInPages: (size: UInt64, resident: UInt64) {
        let descriptor = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return (0, 0) }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        let numbers = buffer.prefix(max(0, count)).split(separator: UInt8(ascii: " ")).prefix(2)
            .compactMap { UInt64(String(decoding: $0, as: UTF8.self)) }
        return numbers.count == 2 ? (numbers[0], numbers[1]) : (0, 0)
    }
}
