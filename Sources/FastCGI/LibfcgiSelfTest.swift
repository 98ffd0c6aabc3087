import Glibc

/// A self test of libfcgi, for every start.
///
/// The hand-over of a connection writes undocumented fields of the library: whether they still mean what they meant
/// must be seen, not believed.
package enum LibfcgiSelfTest {
    /// How the library differs from the one that is expected.
    package enum Failure: Error, Equatable {
        case socketPair(SystemError)
        /// The library did not read the request from the descriptor that it was handed.
        case notReceived
        /// The library read another request than the one that was sent.
        case notWhatWasSent
        /// The library closed a connection that the peer keeps.
        case notKept
        /// The library left a connection open that the peer does not keep.
        case notClosed
        /// The answer did not arrive.
        case notAnswered
    }

    /// Sends requests over pairs of sockets, and checks the answers and what becomes of the descriptors.
    ///
    /// The process must have one thread.
    package static func run() throws(Failure) {
        FCGXRequest.prepareLibrary()
        for keeps in [true, false] { try sendRequest(keepingConnection: keeps) }
    }

    private static func sendRequest(keepingConnection keeps: Bool) throws(Failure) {
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
            ["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "4", "HTTP_PROXY": "ignored"],
            body: body,
            keepsConnection: keeps
        )
        _ = unsafe sent.withUnsafeBytes { unsafe write(peer, $0.baseAddress, $0.count) }

        var library = FCGXRequest(maximumBody: 16, parameters: [])
        guard case .request(let request) = library.receive(from: server, startedAt: 0) else {
            isServerOpen = fcntl(server, F_GETFD) >= 0
            throw .notReceived
        }
        let isWhatWasSent =
            request.body == body && request[.requestMethod] == Array("POST".utf8)
            && request[.contentLength] == Array("4".utf8) && request[.authorization] == nil
            && request.repeated == nil
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
