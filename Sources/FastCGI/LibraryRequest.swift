import CFastCGI
import Glibc

/// The library's view of one request at a time, used by one worker for all its requests.
///
/// We accept the connection and the library parses, one `read` and one `write` a request. Its own accept loop would
/// pin a thread to every kept connection, and ends a thread for good when descriptors run out.
@safe
struct LibraryRequest: ~Copyable {
    /// How handing a request over ended.
    enum Received {
        case request(Exchange)
        /// The peer spoke something else than FastCGI, gave up, or was too slow; the library has closed its descriptor.
        case nothing
        /// The peer gave up in the midst of the body, or sent it for another role than a responder's.
        case unusable
    }

    /// What became of the descriptor that the library was lent.
    enum Finished: Equatable {
        /// The peer keeps the connection and has sent nothing that is left unread.
        case kept
        case closedByLibrary
        case mustClose
    }

    private let request: UnsafeMutablePointer<FCGX_Request>
    /// Where a body is read, before it takes as much memory as it has bytes.
    private let scratch: UnsafeMutableBufferPointer<CChar>
    private var isDrained = false
    private var doesPeerKeep = false

    /// Prepares the library, once for the process and before there are threads.
    ///
    /// It puts handlers of its own in the place of SIGPIPE, SIGTERM and SIGUSR1: whoever blocks or handles those comes
    /// after this.
    static func prepareLibrary() {
        FCGX_Init()
    }

    /// Prepares for requests.
    ///
    /// - Parameter maximumBody: the most bytes of a body that are of interest; one more is read, to tell that there are
    ///   more.
    init(maximumBody: Int) {
        unsafe request = .allocate(capacity: 1)
        unsafe request.initialize(to: FCGX_Request())
        unsafe scratch = .allocate(capacity: maximumBody + 1)
    }

    deinit {
        unsafe request.deallocate()
        unsafe scratch.deallocate()
    }

    /// Reads one request from a connection.
    ///
    /// - Parameter startedAt: when the request was seen to arrive.
    mutating func receive(from descriptor: Int32, startedAt: Int64) -> Received {
        unsafe fcgi_hand_over(request, descriptor)
        isDrained = false
        doesPeerKeep = false
        guard unsafe FCGX_Accept_r(request) == 0 else { return .nothing }
        doesPeerKeep = unsafe fcgi_peer_keeps(request) != 0
        let body = readBody()
        isDrained = unsafe body.count < scratch.count
        guard unsafe FCGX_GetError(request.pointee.in) == 0, unsafe request.pointee.role == FCGI_RESPONDER else {
            return .unusable
        }
        let (values, repeats) = readParameters()
        return .request(Exchange(values: values, repeatsMetaVariables: repeats, body: body, startedAt: startedAt))
    }

    /// Sends a document, if there is one, and ends the request.
    mutating func finish(sending document: [UInt8]?) -> Finished {
        if let document {
            unsafe document.withUnsafeBytes { bytes in
                let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                _ = unsafe FCGX_PutStr(start, Int32(bytes.count), request.pointee.out)
            }
        }
        unsafe FCGX_Finish_r(request)
        guard unsafe fcgi_take_back(request) >= 0 else { return .closedByLibrary }
        return document != nil && isDrained && doesPeerKeep ? .kept : .mustClose
    }

    private func readBody() -> [UInt8] {
        let count = unsafe FCGX_GetStr(scratch.baseAddress, Int32(scratch.count), request.pointee.in)
        return unsafe Array(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(scratch)[..<Int(count)]))
    }

    /// Copies the variables that we know out of the library's `NAME=value` strings.
    private func readParameters() -> (values: [[UInt8]?], repeats: Bool) {
        var values = [[UInt8]?](repeating: nil, count: MetaVariable.allCases.count)
        var repeats = false
        var next = unsafe request.pointee.envp
        while let entry = unsafe next?.pointee {
            unsafe next = unsafe next?.successor()
            let bytes = unsafe UnsafeRawBufferPointer(start: entry, count: strlen(entry))
            guard let separator = unsafe bytes.firstIndex(of: UInt8(ascii: "=")),
                let index = Self.names.firstIndex(where: { unsafe bytes[..<separator].elementsEqual($0) })
            else { continue }
            let value = unsafe Array(bytes[(separator + 1)...])
            if values[index] != nil { repeats = true } else if !value.isEmpty { values[index] = value }
        }
        return (values, repeats)
    }

    private static let names = MetaVariable.allCases.map { Array($0.name.utf8) }
}
