import Daemon
import LiveKitToken

// MARK: - LiveKit behind the gate: where it answers, its clock, its version

extension Check {
    private static let subject = "livekit"

    /// Asks LiveKit at its own address, and at the machine's others.
    mutating func checkLiveKit(_ livekit: LiveKitAddress, _ own: inout OwnAnswers) {
        let others = host.addresses()
        guard livekit.isLoopback else {
            guard !others.contains(livekit.host) else {
                return add(
                    .error,
                    Self.subject,
                    "LiveKit is at \(livekit.text), an address that others reach past the gate; set bind_addresses: "
                        + "[127.0.0.1] in livekit.yaml, restart LiveKit, and write server 127.0.0.1:\(livekit.port); "
                        + "in nginx"
                )
            }
            return add(
                .warning,
                Self.subject,
                "LiveKit is on another machine, \(livekit.text), which is not asked from here: let its firewall take "
                    + "TCP port \(livekit.port) from this machine and from your back ends alone, and run NTP on both"
            )
        }
        let probe = Probe(address: livekit.host, port: livekit.port)
        switch own.outcome(of: probe) {
        case .noCurl: return
        case .notConnected, .silent, .other:
            return add(
                .warning,
                Self.subject,
                "LiveKit does not answer at \(livekit.text), so that clients get 502; start it, or mend \"server\" in "
                    + "/etc/nginx/snippets/livekit-tokend-gate.conf"
            )
        case .answered: own.livekit = probe
        }
        let open = others.first { address in isSame(at: address, as: probe, &own) }
        if let open {
            add(
                .error,
                Self.subject,
                "LiveKit answers at \(open.contains(":") ? "[\(open)]" : open):\(livekit.port) too, where clients pass "
                    + "the gate by; set bind_addresses: [127.0.0.1] in livekit.yaml, or publish a container's port as "
                    + "127.0.0.1:\(livekit.port), and restart LiveKit"
            )
        } else {
            add(.ok, Self.subject, "LiveKit answers at \(livekit.text), and at no other address of this machine")
        }
        checkClock(of: probe, &own)
    }

    /// Whether another address gives the answer that LiveKit gives at its own.
    private func isSame(at address: String, as probe: Probe, _ own: inout OwnAnswers) -> Bool {
        let question = probe.asking(validateBelow: "")
        var other = Probe(address: address, port: probe.port, path: question.path)
        other.hasToken = true
        guard case .answered(let answer) = other.send() else { return false }
        return answer.isLiveKits(beside: own.answer(to: question))
    }

    private mutating func checkClock(of probe: Probe, _ own: inout OwnAnswers) {
        guard let theirs = own.answer(to: probe)?.date else { return }
        // The question was asked a moment ago.
        let behind = WallClock.now.date.seconds - theirs
        guard let finding = Self.verdict(onClockBehind: behind) else { return }
        add(finding.level, Self.subject, finding.words)
    }

    /// What it means that LiveKit's clock is so many seconds behind ours; `nil` where it means nothing.
    static func verdict(onClockBehind seconds: Int64) -> (level: Finding.Level, words: String)? {
        let size = abs(seconds)
        guard size >= 5 else { return nil }
        let level: Finding.Level = size >= 50 ? .error : .warning
        let what =
            seconds > 0
            ? "behind: at a minute it takes no new token"
            : "ahead: each token lives that much shorter, and at a minute none that it renews passes the gate"
        return (level, "LiveKit's clock is \(size) s \(what); run NTP on both")
    }

    /// What the version must be for WHIP, which no answer of LiveKit's tells.
    mutating func checkWHIP(_ configurations: [NginxConfiguration], _ own: OwnAnswers) {
        guard configurations.contains(where: { $0.files.contains { $0.hasSuffix("/gate-whip.conf") } }) else { return }
        var own = own
        let answer = own.livekit.flatMap { own.answer(to: $0.asking(validateBelow: "")) }
        let words = "gate-whip.conf is included, and a LiveKit before 1.13.11 may let people in as somebody "
        add(
            .warning,
            Self.subject,
            words + "else by WHIP (its pull request 4861); "
                + (answer?.namesUnknownKey == true
                    ? "this one answers as older ones do: upgrade it, or take gate-whip.conf out"
                    : "which one runs, livekit-server --version says: upgrade an older one, or take gate-whip.conf out")
        )
    }
}
