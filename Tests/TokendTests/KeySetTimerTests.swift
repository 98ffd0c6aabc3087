import Testing

@testable import livekit_tokend

/// What `check` says of the timer that fetches key sets, by its files, what systemd says, and the age of the sets.
@Suite struct `The timer of key sets` {
    private let folder: Folder
    private static let name = KeySetTimer.name

    init() throws {
        folder = try Folder()
        try folder.write("lib/\(Self.name)", "[Timer]\nOnBootSec=30s\nOnUnitInactiveSec=5min\n")
    }

    private func enable() throws { try folder.write("etc/timers.target.wants/\(Self.name)", "") }

    private func timer(
        _ timer: SystemdUnitState?,
        _ service: SystemdUnitState?,
        age: Int64?,
        uptime: Int64 = 86_400_000_000
    ) -> KeySetTimer {
        let units = SystemdUnits(directories: ["\(folder.path)/etc", "\(folder.path)/lib"])
        return KeySetTimer(units: units, timer: timer, service: service, age: age, uptime: uptime)
    }

    /// What `systemctl show` of systemd 252 prints for the two.
    private static func state(
        _ activity: String,
        result: String = "success",
        since: Int64 = 0,
        ran: Int64? = nil
    ) -> SystemdUnitState? {
        let start = ran.map { "ExecMainStartTimestampMonotonic=\($0)\n" } ?? ""
        return SystemdUnitState(
            shown: "Result=\(result)\nLoadState=loaded\nActiveState=\(activity)\n"
                + "ActiveEnterTimestampMonotonic=\(since)\n\(start)"
        )
    }

    private static let waiting = state("active", since: 30_000_000)
    private static let good = state("inactive", ran: 60_000_000)

    @Test func `that is not installed, or not enabled`() throws {
        #expect(timer(nil, nil, age: 5).verdict.words.contains("systemctl enable --now \(Self.name)"))
        let bare = KeySetTimer(units: SystemdUnits(directories: []), timer: nil, service: nil, age: 5, uptime: 0)
        #expect(!bare.verdict.isGood && bare.verdict.words.contains("not installed"))
    }

    @Test func `that fetches is good, with its rhythm`() throws {
        try enable()
        let verdict = timer(Self.waiting, Self.good, age: 299).verdict
        #expect(verdict.isGood && verdict.words == "\(Self.name) fetches them every 5m 0s")
        // While a fetch runs.
        #expect(timer(Self.waiting, Self.state("activating", ran: 1), age: 299).verdict.isGood)
    }

    @Test func `that is enabled and was never started is to be started, however fresh the sets are`() throws {
        try enable()
        let verdict = timer(Self.state("inactive"), Self.good, age: 1).verdict
        #expect(!verdict.isGood)
        #expect(verdict.words.contains("is enabled and not started"))
        #expect(verdict.words.hasSuffix("run: systemctl start \(Self.name)"))
    }

    @Test(arguments: [("failed", "exit-code"), ("inactive", "signal")])
    func `whose last fetch failed`(activity: String, result: String) throws {
        try enable()
        let verdict = timer(Self.waiting, Self.state(activity, result: result, ran: 9), age: 1).verdict
        #expect(!verdict.isGood && verdict.words.contains("the last fetch failed; journalctl -u livekit-tokend-keys"))
    }

    @Test func `that has started and never fetched, unless it is about to`() throws {
        try enable()
        let never = Self.state("inactive", ran: 0)
        for age: Int64? in [nil, 901] {
            let verdict = timer(Self.waiting, never, age: age, uptime: 151_000_000).verdict
            #expect(!verdict.isGood && verdict.words.contains("has never fetched"))
            #expect(verdict.words.contains("systemctl start livekit-tokend-keys"))
        }
        #expect(timer(Self.waiting, never, age: nil, uptime: 149_000_000).verdict.isGood)
        // A drop-in may let the first fetch after a boot come later.
        #expect(timer(Self.waiting, never, age: 900, uptime: 151_000_000).verdict.isGood)
    }

    @Test func `once a day has not fetched since a boot, and its sets may be fresh`() throws {
        try enable()
        try folder.write("etc/\(Self.name).d/daily.conf", "[Timer]\nOnCalendar=daily\n")
        let never = Self.state("inactive", ran: 0)
        #expect(timer(Self.waiting, never, age: 3600, uptime: 151_000_000).verdict.isGood)
        #expect(timer(Self.waiting, never, age: nil, uptime: 151_000_000).verdict.words.contains("has never fetched"))
    }

    @Test(arguments: [("masked", "systemctl unmask"), ("bad-setting", "systemctl status")])
    func `that systemd has not loaded is said to be so, with its link in place or without`(
        load: String,
        cure: String
    ) throws {
        let state = SystemdUnitState(shown: "LoadState=\(load)\nActiveState=inactive\n")
        for isEnabled in [false, true] {
            if isEnabled { try enable() }
            let verdict = timer(state, Self.good, age: 1).verdict
            #expect(!verdict.isGood && verdict.words.contains("\(Self.name) is \(load)"))
            #expect(verdict.words.hasSuffix("run: \(cure) \(Self.name)"))
        }
    }

    /// Without systemd's word the age of the sets is what can be known: three turns that have come to nothing.
    @Test(arguments: [(900 as Int64?, true), (901, false), (nil, false)])
    func `of which systemd says nothing is judged by the age of the sets`(age: Int64?, isGood: Bool) throws {
        try enable()
        let verdict = timer(nil, nil, age: age).verdict
        #expect(verdict.isGood == isGood)
        guard !isGood else { return }
        #expect(verdict.words.contains(age == nil ? "one has never been confirmed" : "one was confirmed 15m 1s ago"))
        #expect(verdict.words.contains("it is not started, or fetches fail"))
        #expect(verdict.words.contains("systemctl start \(Self.name)"))
    }

    @Test func `with another rhythm is judged by that, and by none that is not read`() throws {
        try enable()
        let dropIn = "etc/\(Self.name).d/slow.conf"
        try folder.write(dropIn, "[Timer]\nOnUnitInactiveSec=\nOnUnitInactiveSec=1h\n")
        #expect(timer(nil, nil, age: 10_800).verdict.words.contains("fetches them every 1h 0m"))
        #expect(!timer(nil, nil, age: 10_801).verdict.isGood)
        for other in ["[Timer]\nOnUnitInactiveSec=1h 30min\n", "[Timer]\nOnCalendar=daily\n"] {
            try folder.write(dropIn, other)
            #expect(timer(nil, nil, age: 10_801).verdict.words == "\(Self.name) fetches them")
        }
    }

    @Test(arguments: ["", "LoadState=not-found\nActiveState=inactive\n", "ActiveState=active", "\0=\n=="])
    func `has no state where systemd knows no such unit`(shown: String) {
        #expect(SystemdUnitState(shown: shown) == nil)
    }

    /// Neither a machine without systemctl(1), nor one where it fails, and nothing that is another program's words.
    @Test(arguments: ["/no/such/systemctl", "/bin/false", "/bin/echo"])
    func `has no state where systemd cannot be asked`(program: String) {
        #expect(SystemdUnitState(of: Self.name, by: program) == nil)
    }
}
