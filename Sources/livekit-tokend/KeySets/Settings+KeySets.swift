import Configuration
import RoomAccess
import StrictJSON

extension Settings {
    /// The key sets that are fetched: of the issuers of `sessions.jwt` those with a `key_set_url`.
    var keySetSources: [KeySetSource] {
        (sessions.jwt?.issuers ?? []).compactMap { issuer -> KeySetSource? in
            guard case .keySet(let set) = issuer.keys, let url = set.url else { return nil }
            return KeySetSource(
                issuer: issuer.name?.description ?? issuer.setting,
                url: url,
                file: set.path,
                algorithms: issuer.algorithms
            )
        }
    }
}
