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
        var problem: String?
    }

    private struct State {
        var view = View()
        /// The bytes of the last good set.
        var bytes: [UInt8] = []
        /// Whether the file was read at least once; before that no version is one that was seen.
        var isRead = false
        var version: FileVersion?
        /// Whether a change of the file after it was read shows in its version: within one tick of the clock it may not.
        var isSettled = false
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
            let set = try? JSONWebKeySet(parsing: former.bytes, for: algorithms)
        {
            state.bytes = former.bytes
            state.view.set = set
            state.view.confirmedAt = former.view.confirmedAt
        }
        self.state = Mutex(state)
    }

    /// The set as of now: a request that begins after a file was put in place sees that file.
    func view(at now: NumericDate) -> View {
        let observed = files.version(ofFile: file.path)
        let (view, event) = state.withLock { state -> (View, LoginEvent?) in
            if state.isRead, state.isSettled, observed == state.version { return (state.view, nil) }
            let event = read(&state, at: now)
            return (state.view, event)
        }
        if let event { report(event) }
        return view
    }

    /// Reads the file; what is to be told of that, where it is new.
    private func read(_ state: inout State, at now: NumericDate) -> LoginEvent? {
        let isFirst = !state.isRead
        state.isRead = true
        let bytes: [UInt8]
        let version: FileVersion
        do throws(KeySetFileError) {
            (bytes, version) = try files.contents(ofFile: file.path, atMost: JSONWebKeySet.maximumLength)
        } catch {
            // It is tried again at the next request: what keeps a file from being read may pass without a trace in it.
            state.isSettled = false
            return refuse(error.problem, &state)
        }
        let isKnown = !isFirst && version == state.version
        state.version = version
        state.isSettled = version.changedAt + 1 < now.seconds
        if isKnown, state.view.problem == nil, bytes == state.bytes { return nil }
        if state.view.set != nil, bytes == state.bytes {
            state.view.confirmedAt = NumericDate(version.modifiedAt)
            guard isFirst || state.view.problem != nil, let set = state.view.set else { return nil }
            state.view.problem = nil
            return .keySetRead(file, keys: set.keys.count, skipped: set.skipped.map(\.problem))
        }
        do throws(KeySetError) {
            let set = try JSONWebKeySet(parsing: bytes, for: algorithms)
            state.bytes = bytes
            state.view = View(
                set: set,
                generation: state.view.generation + 1,
                confirmedAt: NumericDate(version.modifiedAt),
                problem: nil
            )
            return .keySetRead(file, keys: set.keys.count, skipped: set.skipped.map(\.problem))
        } catch {
            return refuse(error.problem, &state)
        }
    }

    private func refuse(_ problem: String, _ state: inout State) -> LoginEvent? {
        guard state.view.problem != problem else { return nil }
        state.view.problem = problem
        return .keySetRefused(file, problem: problem, isLastGoodKept: state.view.set != nil)
    }
}
