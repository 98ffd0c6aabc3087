import Glibc
import RoomAccess

/// A bearer on standard input.
enum BearerInput {
    /// The digest of the bearer, which may have spaces before it and an end of line after it.
    static func read() throws(Failure) -> SessionDigest {
        if isatty(STDIN_FILENO) == 1 { report("paste the bearer, then press Enter and Ctrl-D") }
        var bytes = try all()
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard let token = BearerToken(bytes.drop { $0 == UInt8(ascii: " ") }) else {
            throw Failure(.data, "standard input must be one bearer and nothing else, as session create printed it")
        }
        return token.digest
    }

    /// The input, up to the first block that is more than a bearer can have.
    private static func all() throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= BearerToken.maximumLength {
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw Failure(.data, "standard input cannot be read") }
            if count == 0 { break }
            bytes += buffer.prefix(count)
        }
        return bytes
    }
}
