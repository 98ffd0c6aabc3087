import LiveKitToken
import RoomAccess
import Synchronization

/// The key set of one issuer, as its file has it now.
///
/// The file is looked at for each request, and read again where it has changed. A set that is refused, or a file that
/// is gone, leaves the last good set in use.
final class KeySetStore: Sendable {
    /// A set, and what is known of it, at one time.
    struct View: Sendable {
        /// The last good set; `nil` before the first.
        var set: JSONWebKeySet?
        /// Another number for each set that differs from the one before.
        var generation = 0
        /// The second at which the fetch began that confirmed the set, or the one of the file's last change by hand.
        var confirmedAt: NumericDate?
        /// Why the file that is there now is not in use: a predicate whose subject is the file; `nil` if it is in use.
        var problem: String? = unread

        /// The problem of a file before it is read.
        static let unread = "was not read"
    }

    private struct State {
        var view = View()
        /// The bytes of the last good set; `nil` before the first.
        var bytes: [UInt8]?
        /// The version in which the file was read, once each later change shows in another; until then, and where it
        /// could not be read, `nil`: then it is read at each request.
        var settled: FileVersion?
    }

    let file: KeySetFile
    private let algorithms: Set<SignatureAlgorithm>
    private let files: any KeySetFiles
    private let report: @Sendable (LoginEvent) -> Void
    private let state: Mutex<State>

    /// - Parameter predecessor: the store of the configuration before, whose last good set stays good.
    init(
        _ file: KeySetFile,
        algorithms: Set<SignatureAlgorithm>,
        files: any KeySetFiles,
        predecessor: KeySetStore?,
        report: @escaping @Sendable (LoginEvent) -> Void
    ) {
        self.file = file
        self.algorithms = algorithms
        self.files = files
        self.report = report
        var state = State()
        if let former = predecessor?.state.withLock(\.self),
            let bytes = former.bytes,
            let set = try? JSONWebKeySet(parsing: bytes, for: algorithms)
        {
            state.bytes = bytes
            state.view.set = set
            state.view.confirmedAt = former.view.confirmedAt
        }
        self.state = Mutex(state)
    }

    /// The set as of now: a request that begins after a file was put in place sees that file.
    func view(at now: NumericDate) -> View {
        let observed = files.version(ofFile: file.path)
        let (view, event) = state.withLock { state -> (View, LoginEvent?) in
            if let settled = state.settled, settled == observed { return (state.view, nil) }
            let event = read(&state, at: now)
            return (state.view, event)
        }
        if let event { report(event) }
        return view
    }

    /// Reads the file; what is to be told of that, where it is new.
    private func read(_ state: inout State, at now: NumericDate) -> LoginEvent? {
        // What keeps a file from being read may pass without a trace in its version.
        state.settled = nil
        let (bytes, version): ([UInt8], FileVersion)
        do throws(KeySetFileError) {
            (bytes, version) = try files.contents(ofFile: file.path, atMost: JSONWebKeySet.maximumLength)
        } catch {
            return refuse(error.problem, &state)
        }
        // Within one tick of the clock a file may change twice and keep its version.
        if version.changedAt + 1 < now.seconds { state.settled = version }
        let isNew = bytes != state.bytes
        if isNew {
            do throws(KeySetError) {
                state.view.set = try JSONWebKeySet(parsing: bytes, for: algorithms)
            } catch {
                return refuse(error.problem, &state)
            }
            state.bytes = bytes
            state.view.generation += 1
        }
        state.view.confirmedAt = NumericDate(version.modifiedAt)
        guard let set = state.view.set, isNew || state.view.problem != nil else { return nil }
        state.view.problem = nil
        return .keySetRead(file, keys: set.keys.count, skipped: set.skipped.map(\.problem))
    }

    private func refuse(_ problem: String, _ state: inout State) -> LoginEvent? {
        guard state.view.problem != problem else { return nil }
        state.view.problem = problem
        return .keySetRefused(file, problem: problem, isLastGoodKept: state.view.set != nil)
    }
}
