import Glibc
import TokenEndpoint

/// A bearer that comes on standard input.
enum BearerInput {
    /// Reads one bearer, on a line or without an end of line, and keeps its digest alone.
    static func read() throws(Failure) -> SessionDigest {
        if isatty(STDIN_FILENO) == 1 { report("paste the bearer, then press Enter and Ctrl-D") }
        var bytes = try all()
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        do throws(Refusal) {
            return try SessionCredential(authorization: Redacted(Array("Bearer ".utf8) + bytes)).digest
        } catch {
            throw Failure(.data, "standard input must be one bearer and nothing else, as session create printed it")
        }
    }

    /// All of the input, up to one byte more than a bearer can have.
    private static func all() throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= SessionCredential.maximumLength {
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
