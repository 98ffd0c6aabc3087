import FastCGI
import Synchronization

/// The handler that is in force: a reload replaces it as a whole, between two requests.
///
/// A request keeps the handler that it began with to its end. The former one, with its key and its log, goes with the
/// last of its requests.
final class CurrentHandler: Sendable {
    private let handler = Mutex<RequestHandler?>(nil)

    /// The handler for a request that begins now; `nil` before the first was set.
    var value: RequestHandler? { handler.withLock(\.self) }

    /// Lets another handler take the requests that begin from now on.
    func replace(by other: RequestHandler) {
        handler.withLock { $0 = other }
    }
}
