package import LiveKitToken

/// The airtime of a room, for a request that names a scene and an event of it or leaves them out.
enum Airtime {
    case off
    /// `nil` where no end is set.
    case on(until: NumericDate?)

    /// A room without stream sessions is always on air, another one while a stream session is open that matches: of
    /// several the one that lasts longest counts.
    init(of room: RoomEntry, scene: Identifier?, event: Identifier?, at now: NumericDate) {
        guard room.isScheduled else {
            self = .on(until: nil)
            return
        }
        var end: NumericDate?
        for session in room.streamSessions where session.standing(scene: scene, event: event, at: now) == .open {
            guard let closesAt = session.closesAt else {
                self = .on(until: nil)
                return
            }
            end = end.map { max($0, closesAt) } ?? closesAt
        }
        self = end.map { .on(until: $0) } ?? .off
    }

    var isOn: Bool {
        if case .off = self { false } else { true }
    }

    var end: NumericDate? {
        if case .on(let until) = self { until } else { nil }
    }
}

extension StreamSession {
    /// What a stream session comes to in a request.
    package enum Standing: Equatable, Sendable {
        /// It matches, and the room is on air by it.
        case open
        case ofOtherScene
        case ofOtherEvent
        case notYetOpen
        case closed
    }

    /// What this stream session comes to in a request that names a scene and an event or leaves them out, as clients do
    /// that cannot name them: it matches if each of its limits is unset, or what is named, or left out.
    package func standing(scene: Identifier?, event: Identifier?, at now: NumericDate) -> Standing {
        guard self.scene == nil || scene == nil || self.scene == scene else { return .ofOtherScene }
        guard self.event == nil || event == nil || self.event == event else { return .ofOtherEvent }
        if let opensAt, now < opensAt { return .notYetOpen }
        if let closesAt, closesAt <= now { return .closed }
        return .open
    }
}
