/// The service's side of systemd's watchdog: readiness, signs of life and a status, from probes and not from a timer.
///
/// It sends a probe twice in each interval. A sign of life follows only a probe that a worker has finished: with all
/// workers hung no sign is given, and systemd restarts the service.
package struct Watchdog {
    /// In nanoseconds.
    package static let statusInterval: Int64 = 5_000_000_000

    /// How far a probe has come.
    package enum Progress: Equatable, Sendable {
        case waiting
        /// A worker has finished it.
        case finished
        case failed
    }

    /// A request of the service to itself, to be asked for its progress.
    package typealias Probe = () -> Progress

    private let interval: Int64?
    private let notify: ([SystemdNotifier.Notification]) -> Bool
    private let sendProbe: () -> Probe
    private let status: () -> String

    private var probe: Probe?
    private var nextProbe: Int64 = 0
    /// Whether systemd knows that the service is ready.
    package private(set) var isReady = false
    /// Whether systemd is still to hear that the latest reload is over.
    private var owesEndOfReload = false
    private var nextStatus: Int64 = 0
    private var sentStatus = ""

    /// Prepares the watchdog, which works when `tick` is called.
    ///
    /// - Parameters:
    ///   - interval: nanoseconds within which a sign must come; `nil` if only readiness and status are wanted.
    ///   - notify: sends to systemd; `false` if the message did not get through.
    ///   - sendProbe: begins a probe.
    ///   - status: the state of the service in words.
    package init(
        interval: Int64?,
        notify: @escaping ([SystemdNotifier.Notification]) -> Bool,
        sendProbe: @escaping () -> Probe,
        status: @escaping () -> String
    ) {
        self.interval = interval
        self.notify = notify
        self.sendProbe = sendProbe
        self.status = status
    }

    /// Does what is due; to be called often, on one thread.
    ///
    /// - Parameter now: nanoseconds of the monotonic clock.
    package mutating func tick(at now: Int64) {
        endReload()
        followProbe()
        if now >= nextProbe, !isReady || interval != nil {
            // The probe before has had half of the interval, and is given up.
            probe = sendProbe()
            nextProbe = now + (interval ?? Self.statusInterval) / 2
        }
        if isReady, now >= nextStatus {
            nextStatus = now + Self.statusInterval
            let text = status()
            if text != sentStatus, notify([.status(text)]) { sentStatus = text }
        }
    }

    /// Reloads, and tells systemd before and after it.
    ///
    /// A systemd that has not heard of readiness yet hears of it from a probe alone.
    ///
    /// - Parameter now: nanoseconds of the monotonic clock.
    package mutating func reload(at now: Int64, _ body: () -> Void) {
        if isReady { _ = notify([.reloading(since: now)]) }
        body()
        owesEndOfReload = isReady
        endReload()
    }

    /// A message that does not get through is sent again: systemd would take the service for one that still reloads.
    private mutating func endReload() {
        guard owesEndOfReload else { return }
        let text = status()
        guard notify([.ready, .status(text)]) else { return }
        (owesEndOfReload, sentStatus) = (false, text)
    }

    private mutating func followProbe() {
        switch probe?() {
        case nil, .waiting?: return
        case .failed?: probe = nil
        case .finished?:
            // A message that does not get through is sent again: the probe stays finished.
            guard notify(isReady ? [.alive] : [.ready, .alive]) else { return }
            isReady = true
            probe = nil
        }
    }
}
