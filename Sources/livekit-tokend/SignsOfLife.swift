import FastCGI

/// Lets the service manager know that the service is ready, alive, and in which state: told by what a worker has just
/// done, never by a timer.
///
/// A request to ourselves is sent twice in the watchdog's time. Only one that a worker has finished is a sign of life:
/// where all workers hang none is given, and the service manager starts the service anew.
struct SignsOfLife {
    /// Nanoseconds between two states in words.
    static let statusInterval: Int64 = 5_000_000_000

    /// Asks how far a request to ourselves has come.
    typealias Inquiry = () -> SelfRequest.Progress

    private let watchdog: Int64?
    private let tell: ([ServiceManager.Word]) -> Bool
    private let send: () -> Inquiry
    private let status: () -> String

    private var inquiry: Inquiry?
    private var nextRequest: Int64 = 0
    private(set) var isReady = false
    private var nextStatus: Int64 = 0
    private var toldStatus = ""

    /// Prepares the signs.
    ///
    /// - Parameters:
    ///   - watchdog: nanoseconds within which a sign must come; `nil` if none need come after the first.
    ///   - tell: tells the service manager; `false` if it did not get through.
    ///   - send: sends a request to ourselves.
    ///   - status: says how the service is.
    init(
        watchdog: Int64?,
        tell: @escaping ([ServiceManager.Word]) -> Bool,
        send: @escaping () -> Inquiry,
        status: @escaping () -> String
    ) {
        self.watchdog = watchdog
        self.tell = tell
        self.send = send
        self.status = status
    }

    /// Does what is due; to be called often, on one thread.
    ///
    /// - Parameter now: nanoseconds on the monotonic clock.
    mutating func tick(at now: Int64) {
        lookForAnswer()
        if now >= nextRequest, !isReady || watchdog != nil {
            // A request that is not finished by now has had half of the watchdog's time.
            inquiry = send()
            nextRequest = now + (watchdog ?? Self.statusInterval) / 2
        }
        if isReady, now >= nextStatus {
            nextStatus = now + Self.statusInterval
            let words = status()
            if words != toldStatus, tell([.status(words)]) { toldStatus = words }
        }
    }

    private mutating func lookForAnswer() {
        switch inquiry?() {
        case nil, .waiting?: return
        case .failed?: inquiry = nil
        case .finished?:
            // What does not get through is tried again: the request stays finished.
            guard tell(isReady ? [.alive] : [.ready, .alive]) else { return }
            isReady = true
            inquiry = nil
        }
    }
}
