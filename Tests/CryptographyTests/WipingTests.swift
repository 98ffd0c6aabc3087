import CNettle
import Cryptography
import Glibc
import Testing

/// Looks for secrets in the memory of this very process.
@Suite struct `Memory` {
    /// The key is one block long, so that RFC 2104 pads it with nothing.
    private static let length = 64

    @Test func `holds neither a key nor its pads once the key is set up, nor what signs once it is released`() throws {
        var generator = SystemRandomNumberGenerator()
        let memory = try ProcessMemory()
        // All that is kept of the key, and of what HMAC makes of it, is hidden behind a mask.
        let mask = UInt8.random(in: 1...255, using: &generator)
        var key = (0..<Self.length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let hiddenKey = key.map { $0 ^ mask }
        let hiddenState = Self.keyedState(of: key).map { $0 ^ mask }

        var hmac: HMACSHA256?
        Self.deepDown { hmac = HMACSHA256(key: key.span) }
        for index in key.indices { key[index] = 0 }
        #expect(try memory.count(of: hiddenKey, mask: mask) == 0, "the key itself")
        #expect(try memory.count(of: hiddenKey, mask: mask ^ 0x36) == 0, "the inner pad")
        #expect(try memory.count(of: hiddenKey, mask: mask ^ 0x5C) == 0, "the outer pad")

        Self.deepDown {
            for length in [0, 43, 600, 2000] {
                _ = hmac?.code(for: [UInt8](repeating: 1, count: length).span)
            }
        }
        #expect(try memory.count(of: hiddenState, mask: mask) == 2, "the state that signs, twice in one context")
        hmac = nil
        #expect(try memory.count(of: hiddenState, mask: mask) == 0, "the state that signs")
    }

    /// Runs a body so far down the stack that the search, which comes after it, does not write over what it left there.
    @inline(never)
    private static func deepDown(_ calls: Int = 1000, _ body: () -> Void) {
        if calls == 0 { body() } else { deepDown(calls - 1, body) }
    }

    /// The words of SHA-256 after the inner pad, as nettle holds them.
    private static func keyedState(of key: [UInt8]) -> [UInt8] {
        var context = hmac_sha256_ctx()
        defer {
            unsafe explicit_bzero(&context, MemoryLayout<hmac_sha256_ctx>.size)
            cnettle_wipe_stack()
        }
        unsafe nettle_hmac_sha256_set_key(&context, key.count, key)
        return unsafe withUnsafeBytes(of: &context.inner.state) { unsafe Array($0) }
    }
}

/// The writable memory of this process, by /proc/self.
private struct ProcessMemory {
    private let descriptor: Int32

    init() throws {
        descriptor = unsafe open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
        try #require(descriptor >= 0)
    }

    /// How often bytes stand in memory, beside this very search.
    ///
    /// - Parameter hidden: the bytes, each combined with the mask, so that what is searched for stands in one page
    ///   alone, which is left out.
    func count(of hidden: [UInt8], mask: UInt8) throws -> Int {
        let page = 4096
        let needle = unsafe mmap(nil, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let needle = unsafe needle, unsafe needle != MAP_FAILED else { throw SearchFailed() }
        defer { unsafe munmap(needle, page) }
        for (index, byte) in hidden.enumerated() {
            unsafe needle.storeBytes(of: byte ^ mask, toByteOffset: index, as: UInt8.self)
        }
        // The window is left out as well: it holds copies of what has been looked at.
        let size = 1 << 20
        let window = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let window = unsafe window, unsafe window != MAP_FAILED else { throw SearchFailed() }
        defer { unsafe munmap(window, size) }
        let own = unsafe [(needle, page), (window, size)].map { start, length in
            UInt(bitPattern: start)..<UInt(bitPattern: start) + UInt(length)
        }

        var found = 0
        for region in try regions() {
            var start = region.lowerBound
            while start < region.upperBound {
                if let skipped = own.first(where: { $0.contains(start) }) {
                    start = skipped.upperBound
                    continue
                }
                let end = own.map(\.lowerBound).filter { $0 > start }.min() ?? .max
                let length = Int(min(UInt(size), region.upperBound - start, end - start))
                let count = unsafe pread(descriptor, window, length, off_t(start))
                // The region may be gone by now: other tests run beside this one.
                if count <= 0 { break }
                found += unsafe occurrences(of: needle, hidden.count, in: window, count)
                start += UInt(count)
                // What straddles two windows is whole in the second.
                if count == size { start -= UInt(hidden.count - 1) }
            }
        }
        return found
    }

    private struct SearchFailed: Error {}

    private func occurrences(
        of needle: UnsafeRawPointer,
        _ length: Int,
        in window: UnsafeRawPointer,
        _ count: Int
    ) -> Int {
        var (found, start) = (0, 0)
        while start + length <= count {
            let first = unsafe memchr(window + start, Int32(needle.load(as: UInt8.self)), count - length - start + 1)
            guard let first = unsafe first else { break }
            if unsafe memcmp(first, needle, length) == 0 { found += 1 }
            start = unsafe UnsafeRawPointer(first) - window + 1
        }
        return found
    }

    private func regions() throws -> [Range<UInt>] {
        let file = unsafe open("/proc/self/maps", O_RDONLY | O_CLOEXEC)
        try #require(file >= 0)
        defer { close(file) }
        var (text, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 65_536))
        while true {
            let count = unsafe read(file, &buffer, buffer.count)
            if count <= 0 { break }
            text += buffer.prefix(count)
        }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard words[1].hasPrefix("rw"), ends.count == 2 else { return nil }
            return ends[0]..<ends[1]
        }
    }
}
