import Daemon
import JWTSessions
import LiveKitToken

// MARK: - Logins by token: what fetches the key sets of their issuers

extension Check {
    /// Looks at the timer that fetches key sets, and at what its fetches have come to.
    mutating func checkFetch(of sets: [KeySetStatus]) {
        // With another configuration, or without systemd, something else may fetch.
        guard let units, units.has(SystemdUnits.service) else { return }
        let now = WallClock.now.date
        let ages = sets.map { set in set.confirmedAt.map { now.seconds(since: $0) } }
        let systemctl = host.systemctl
        // The manager of the system answers root also where there is no D-Bus.
        let states = user.asRealUser {
            [KeySetTimer.name, KeySetTimer.service].map { SystemdUnitState(of: $0, by: systemctl) }
        }
        let timer = KeySetTimer(
            units: units,
            timer: states[0],
            service: states[1],
            age: ages.contains(nil) ? nil : ages.compactMap(\.self).max(),
            uptime: MonotonicClock.nanoseconds / 1000
        )
        let verdict = timer.verdict
        add(verdict.isGood ? .ok : .warning, "key sets", verdict.words)
    }
}

/// The timer that fetches key sets: as its files and systemd have it, and as the sets show.
struct KeySetTimer {
    static let name = "livekit-tokend-keys.timer"
    static let service = "livekit-tokend-keys.service"

    let units: SystemdUnits
    /// What systemd says of the timer and of the fetch; `nil` where it says nothing.
    let timer: SystemdUnitState?
    let service: SystemdUnitState?
    /// Seconds since that set was confirmed whose turn was longest ago; `nil` if one never was.
    let age: Int64?
    /// Microseconds since the machine has started, as systemd counts.
    let uptime: Int64

    /// In microseconds: a timer starts its fetch within a minute.
    private static let patience: Int64 = 120_000_000

    /// Whether all is well, as far as can be known; what is, and what to do.
    var verdict: (isGood: Bool, words: String) {
        let (name, journal) = (Self.name, "journalctl -u livekit-tokend-keys")
        guard units.has(Self.name) else { return (false, "\(name) is not installed, so that systemd fetches none") }
        if let timer, timer.load != "loaded" {
            return (
                false,
                "\(name) is \(timer.load), so that systemd starts no fetch; run: "
                    + (timer.load == "masked" ? "systemctl unmask \(name)" : "systemctl status \(name)")
            )
        }
        guard units.isEnabled(Self.name, in: "timers.target.wants") else {
            return (
                false,
                "\(name) is not enabled, so that nothing fetches them after the next boot; run: systemctl enable --now "
                    + name
            )
        }
        if let timer, !timer.isActive {
            return (
                false,
                "\(name) is enabled and not started, so that nothing fetches them before the next boot; run: systemctl "
                    + "start \(name)"
            )
        }
        if let service, service.hasFailed {
            return (false, "\(name) fetches them, and the last fetch failed; \(journal) says why")
        }
        let interval = units.fetchInterval
        // Of three turns one at least has come to something; `nil` where that cannot be known.
        let isFresh = age.map { age in interval.map { age <= 3 * $0 } } ?? false
        if let timer, let service, !service.hasRun, uptime - timer.activeSince > Self.patience, isFresh == false {
            return (
                false,
                "\(name) is started, and has never fetched; see OnBootSec= in: systemctl cat \(name); until then run: "
                    + "systemctl start livekit-tokend-keys"
            )
        }
        let rhythm = interval.map { " every \(NumericDate.span($0))" } ?? ""
        if service?.hasRun != false || timer == nil, interval != nil, isFresh == false {
            let found = age.map { "was confirmed \(NumericDate.span($0)) ago at last" } ?? "has never been confirmed"
            return (
                false,
                "\(name) is enabled, to fetch them\(rhythm), and one \(found): "
                    + (timer == nil
                        ? "it is not started, or fetches fail; run: systemctl start \(name); "
                        : "fetches have failed; ") + "\(journal) says why"
            )
        }
        return (true, "\(name) fetches them\(rhythm)")
    }
}

extension SystemdUnits {
    /// Whether a unit is wanted by another, by a link in the folder of those that are (systemctl(1), enable).
    func isEnabled(_ unit: String, in folder: String) -> Bool {
        directories.contains { FolderContents.names(in: "\($0)/\(folder)").contains(unit) }
    }

    /// The seconds from one fetch to the next; `nil` where the timer has another rhythm, or one in other words.
    fileprivate var fetchInterval: Int64? {
        guard values(of: "OnCalendar", in: KeySetTimer.name).isEmpty,
            let text = values(of: "OnUnitInactiveSec", in: KeySetTimer.name).last
        else { return nil }
        let digits = text.prefix { ("0"..."9").contains($0) }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        let factors: [Substring: Int64] = ["": 1, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "hr": 3600]
        guard digits.count <= 9, let count = Int64(digits), let factor = factors[unit] else { return nil }
        return count * factor
    }
}
