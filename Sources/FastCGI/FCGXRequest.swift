import CFastCGI
import Glibc

/// A request of libfcgi (`FCGX_Request`), reused by one worker for one request after another.
///
/// The responder accepts connections and the library parses, with one `read` and one `write` a request. The library's
/// own accept loop would pin a thread to every kept connection, and ends a thread for good when descriptors run out.
@safe
struct FCGXRequest: ~Copyable {
    /// The outcome of reading a request.
    enum Received {
        case request(Request)
        /// The peer did not speak FastCGI, gave up, or was too slow; the library has closed its descriptor.
        case nothing
        /// The peer gave up in the midst of the body, or asked for another role than a responder's.
        case unusable
    }

    /// The state of the library's descriptor after a request.
    enum Finished: Equatable {
        /// Open: the peer keeps the connection, and all that it sent has been read.
        case kept
        case closedByLibrary
        /// Open, and of no further use.
        case mustClose
    }

    private let request: UnsafeMutablePointer<FCGX_Request>
    /// A buffer for bodies of the greatest length; a request then gets an array of its body's length.
    private let scratch: UnsafeMutableBufferPointer<CChar>
    /// The names of the meta-variables that are read, in the order of a request's values.
    private let names: [[UInt8]]
    private var isDrained = false
    private var doesPeerKeep = false

    /// Initializes the library; the process must have one thread.
    ///
    /// The library installs handlers of SIGPIPE, SIGTERM and SIGUSR1: a process that handles those itself does so after
    /// this. Further calls do nothing.
    static func prepareLibrary() {
        FCGX_Init()
    }

    /// Allocates memory for one request at a time.
    ///
    /// - Parameters:
    ///   - maximumBody: the most bytes of a body that are wanted; one more is read, to tell that a body is longer.
    ///   - parameters: the names of meta-variables that are read beside those of `MetaVariable`; with them at most 64.
    init(maximumBody: Int, parameters: [String]) {
        names = (MetaVariable.allCases.map(\.name) + parameters).map { Array($0.utf8) }
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
        unsafe fcgx_attach(request, descriptor)
        isDrained = false
        doesPeerKeep = false
        guard unsafe FCGX_Accept_r(request) == 0 else { return .nothing }
        doesPeerKeep = unsafe fcgx_peer_keeps_connection(request) != 0
        let body = readBody()
        isDrained = unsafe body.count < scratch.count
        guard unsafe FCGX_GetError(request.pointee.in) == 0, unsafe request.pointee.role == FCGI_RESPONDER else {
            return .unusable
        }
        let (values, repeated) = readParameters()
        return .request(Request(values: values, repeated: repeated, body: body, startedAt: startedAt))
    }

    /// Ends the request, with a document as its answer or without an answer.
    mutating func finish(sending document: [UInt8]?) -> Finished {
        if let document {
            unsafe document.withUnsafeBytes { bytes in
                let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                _ = unsafe FCGX_PutStr(start, Int32(bytes.count), request.pointee.out)
            }
        }
        unsafe FCGX_Finish_r(request)
        guard unsafe fcgx_detach(request) >= 0 else { return .closedByLibrary }
        return document != nil && isDrained && doesPeerKeep ? .kept : .mustClose
    }

    private func readBody() -> [UInt8] {
        let count = unsafe FCGX_GetStr(scratch.baseAddress, Int32(scratch.count), request.pointee.in)
        return unsafe Array(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(scratch)[..<Int(count)]))
    }

    /// Copies the known meta-variables out of the library's `NAME=value` strings, and notes the first that came twice,
    /// with whatever values.
    private func readParameters() -> (values: [[UInt8]?], repeated: String?) {
        var values = [[UInt8]?](repeating: nil, count: names.count)
        var seen: UInt64 = 0
        var repeated: String?
        var next = unsafe request.pointee.envp
        while let entry = unsafe next?.pointee {
            unsafe next = unsafe next?.successor()
            let bytes = unsafe UnsafeRawBufferPointer(start: entry, count: strlen(entry))
            guard let separator = unsafe bytes.firstIndex(of: UInt8(ascii: "=")),
                let index = names.firstIndex(where: { name in
                    unsafe name.count == separator && bytes[..<separator].elementsEqual(name)
                })
            else { continue }
            let value = unsafe Array(bytes[(separator + 1)...])
            if seen & 1 << UInt64(index) != 0 {
                repeated = repeated ?? String(decoding: names[index], as: UTF8.self)
            } else if !value.isEmpty {
                values[index] = value
            }
            seen |= 1 << UInt64(index)
        }
        return (values, repeated)
    }
}
