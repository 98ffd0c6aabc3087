import Configuration
import Daemon
import JoinGate
import LiveKitToken
import RoomAccess
import TokenEndpoint

extension Gate {
    /// The gate that the settings describe; `nil` where it is off.
    init?(_ settings: Settings, keys: KeyRing, directory: any Directory, identities: (any IdentityIndex)?) {
        guard let gate = settings.gate, let identities else { return nil }
        self.init(
            keys: keys,
            policy: Policy(
                grants: gate.grants,
                judgesMemberships: settings.memberships.source == .directory,
                sessions: settings.sessionsAtGate,
                admitsUnknownUsers: settings.sessions.users == .any,
                earliestTime: WallClock.earliest
            ),
            join: settings.rooms.join,
            memberships: settings.membershipSource,
            directory: directory,
            identities: identities
        )
    }
}

extension Settings {
    /// What the gate needs an index of; `nil` where it is off.
    var identitiesAtGate: IdentitySubject? {
        guard gate != nil else { return nil }
        return token.identity == .session ? .sessions : .users
    }

    /// The sessions that the gate judges: those of the directory alone, as no other is seen again.
    fileprivate var sessionsAtGate: Gate.Policy.Sessions {
        guard sessions.source == .directory else { return .none }
        return token.identity == .session ? .ofIdentity : .anyOfUser
    }
}
