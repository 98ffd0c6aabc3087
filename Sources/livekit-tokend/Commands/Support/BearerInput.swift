import CommandLineInterface
import Glibc
import RoomAccess

/// A bearer on standard input.
enum BearerInput {
    /// The bearer, which may have spaces before it and an end of line after it.
    static func read(
        atMost maximumLength: Int = BearerToken.maximumLength,
        _ origin: String = "as session create printed it"
    ) throws(Failure) -> BearerToken {
        let bytes = try SecretInput.read("the bearer", atMost: maximumLength)
        guard let token = BearerToken(bytes, atMost: maximumLength) else {
            throw Failure(.data, "standard input must be one bearer and nothing else, \(origin)")
        }
        return token
    }
}

/// The value of a Cookie header on standard input.
enum CookieInput {
    /// In bytes: the longest header line that the documented buffers of nginx take.
    private static let maximumLength = 16_384

    /// The value, without the name of the header.
    static func read() throws(Failure) -> [UInt8] {
        let bytes = try SecretInput.read("the cookie", atMost: maximumLength)
        let name = Array("cookie:".utf8)
        let hasName = bytes.prefix(name.count).map { $0 | 0x20 }.elementsEqual(name.map { $0 | 0x20 })
        let value = hasName ? bytes.dropFirst(name.count).drop { $0 == UInt8(ascii: " ") } : bytes
        guard !value.isEmpty, value.count <= maximumLength, value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw Failure(.data, "standard input must be one line, the cookies as a browser sends them: name=value")
        }
        return Array(value)
    }
}

/// The operand that says where a secret comes from: always -, which is standard input.
struct SecretOperand {
    private let source: String
    private let secret: String

    /// - Parameter secret: with its article.
    init(_ arguments: inout Arguments, of secret: String) {
        source = arguments.operand("source", "Always -, which is standard input.", default: "-")
        self.secret = secret
    }

    func validate() throws(UsageError) {
        guard source == "-" else {
            throw UsageError("\(secret) is a secret until it expires: give it on standard input, and - here")
        }
    }
}

/// A secret on standard input: arguments can be seen by other users.
enum SecretInput {
    /// The bytes, without spaces before them and an end of line after them; of input that is too long, more than a
    /// secret can have.
    static func read(_ what: String, atMost maximumLength: Int) throws(Failure) -> ArraySlice<UInt8> {
        if isatty(STDIN_FILENO) == 1 { report("paste \(what), then press Enter and Ctrl-D") }
        var bytes = try StandardInput.read(atMost: maximumLength)
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        return bytes.drop { $0 == UInt8(ascii: " ") }
    }
}

/// Standard input, whole.
enum StandardInput {
    /// The input, up to the first block that is more than is wanted.
    static func read(atMost maximumLength: Int) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= maximumLength {
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
