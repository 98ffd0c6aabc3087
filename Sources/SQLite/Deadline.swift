/// The time by which one statement has all its locks: the patience after its first wait.
///
/// SQLite's own timeout (`sqlite3_busy_timeout`) begins again with each lock that a statement waits for.
struct Deadline {
    let patience: Duration
    var end: ContinuousClock.Instant?

    /// The milliseconds to wait before a lock is tried again, 1 to 25; `nil` once the time is over.
    ///
    /// `attempts` is how often this lock was tried again so far: waits grow with it.
    mutating func pause(at now: ContinuousClock.Instant, attempts: Int32) -> Int32? {
        let end = end ?? now + patience
        self.end = end
        guard now < end else { return nil }
        let pause = min(attempts, 24) + 1
        return .milliseconds(pause) < end - now ? pause : 1
    }
}
