import Glibc

/// A test of the hand-over to the library, to be run at every start: it writes fields of the library's that are not
/// documented, so that they still mean what they meant must be seen, not believed.
package enum HandoverTest {
    package enum Failure: Error, Equatable {
        case socketPair(SystemError)
        /// The library did not read the request from the descriptor that it was handed.
        case notReceived
        /// What it read is not what was sent.
        case notWhatWasSent
        /// It did not leave the kept connection open.
        case notKept
        /// It did not close the other one.
        case notClosed
        /// The answer did not arrive.
        case notAnswered
    }

    /// Sends one request over a pair of sockets, and wants the answer and the descriptor back.
    ///
    /// It is to be called before there are threads.
    package static func run() throws(Failure) {
        LibraryRequest.prepareLibrary()
        for keeps in [true, false] { try exchange(keepingConnection: keeps) }
    }

    private static func exchange(keepingConnection keeps: Bool) throws(Failure) {
        var pair: [Int32] = [-1, -1]
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair) == 0 else {
            throw .socketPair(SystemError("socketpair"))
        }
        let (server, peer) = (pair[0], pair[1])
        var isServerOpen = true
        defer {
            close(peer)
            if isServerOpen { close(server) }
        }
        let body = Array("body".utf8)
        let sent = Record.request(
            parameters: [("REQUEST_METHOD", "POST"), ("CONTENT_LENGTH", "4"), ("HTTP_PROXY", "ignored")],
            body: body,
            keepsConnection: keeps
        )
        _ = unsafe sent.withUnsafeBytes { unsafe write(peer, $0.baseAddress, $0.count) }

        var library = LibraryRequest(maximumBody: 16)
        guard case .request(let exchange) = library.receive(from: server, startedAt: 0) else {
            isServerOpen = fcntl(server, F_GETFD) >= 0
            throw .notReceived
        }
        let isWhatWasSent =
            exchange.body == body && exchange[.requestMethod] == Array("POST".utf8)
            && exchange[.contentLength] == Array("4".utf8) && exchange[.authorization] == nil
            && !exchange.repeatsMetaVariables
        let end = library.finish(sending: Array("Status: 200 OK\r\n\r\n".utf8))
        isServerOpen = end != .closedByLibrary
        guard isWhatWasSent else { throw .notWhatWasSent }
        guard end == .kept || !keeps else { throw .notKept }
        guard end == .closedByLibrary || keeps else { throw .notClosed }
        var answer = [UInt8](repeating: 0, count: 64)
        let count = unsafe answer.withUnsafeMutableBytes { unsafe read(peer, $0.baseAddress, $0.count) }
        guard count > Record.headerLength, answer[1] == Record.Kind.stdout.rawValue else { throw .notAnswered }
    }
}

/// Records as a web server sends them (FastCGI specification §3.3).
enum Record {
    static let headerLength = 8

    enum Kind: UInt8 {
        case beginRequest = 1
        case endRequest = 3
        case parameters = 4
        case stdin = 5
        case stdout = 6
    }

    /// One whole request with the id 1, for a responder.
    ///
    /// - Parameter parameters: names and values of at most 127 bytes each, and of 65,535 together.
    static func request(parameters: [(String, String)], body: [UInt8], keepsConnection: Bool) -> [UInt8] {
        let pairs = parameters.flatMap { name, value in
            [UInt8(name.utf8.count), UInt8(value.utf8.count)] + Array(name.utf8) + Array(value.utf8)
        }
        let responder: [UInt8] = [0, 1, keepsConnection ? 1 : 0, 0, 0, 0, 0, 0]
        return record(.beginRequest, responder) + record(.parameters, pairs) + record(.parameters, [])
            + (body.isEmpty ? [] : record(.stdin, body)) + record(.stdin, [])
    }

    private static func record(_ kind: Kind, _ content: [UInt8]) -> [UInt8] {
        [1, kind.rawValue, 0, 1, UInt8(content.count >> 8), UInt8(content.count & 0xFF), 0, 0] + content
    }
}
