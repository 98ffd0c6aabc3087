import StrictJSON

extension LiveKitClaims {
    /// The names of grants in a payload that no role can give, in the order of their bytes, each once: flags of the
    /// video grant by their own names, members of other objects after the object's and a point.
    ///
    /// A member that LiveKit is not known to read is one of them where it says more than its absence would: a later
    /// version may take it for a grant. At the top level that is an object, a list or `true`, as LiveKit's grants are;
    /// a text or a number there is none, or a claim that LiveKit adds to the tokens it renews would bar each return.
    static func foreignGrants(of payload: [JSONMember]) -> [UTF8String] {
        var names: [UTF8String] = []
        for (name, value) in payload.lazy.map({ ($0.name, $0.value) }) where value.saysMoreThanAbsence {
            switch (name, value) {
            case ("video", .object(let members)): names += members.filter(isForeign).map(\.name)
            case ("kind", .string("standard")): break
            case ("kind", _), ("kindDetails", _), ("roomPreset", _): names.append(name)
            case ("roomConfig", .object(let members)):
                names += members.filter { $0.name != "agents" && $0.value.saysMoreThanAbsence }
                    .map { name.dot($0.name) }
                names += membersOfDispatches(members).map { name.dot("agents").dot($0) }
            case ("attributes", _), ("aud", _): break
            case (_, .object(let members)):
                names += members.filter(\.value.saysMoreThanAbsence).map { name.dot($0.name) }
            case (_, .array), (_, .bool): names.append(name)
            default: break
            }
        }
        return Set(names).sorted()
    }

    /// Whether a member of `video` gives what no role can.
    private static func isForeign(_ member: JSONMember) -> Bool {
        guard member.value.saysMoreThanAbsence, member.name != "room" else { return false }
        if case ("canPublishSources", .array(let sources)) = (member.name, member.value) {
            // LiveKit takes another name for the source `unknown`, which a track can have too.
            return !sources.allSatisfy { trackSource($0) != nil }
        }
        return !(VideoFlag(member.name)?.isOfARole ?? false)
    }

    static func trackSource(_ value: JSONValue) -> TrackSource? {
        value.text.flatMap { text in TrackSource.allCases.first { UTF8String($0.rawValue) == text } }
    }

    /// The names of what dispatches of agents say beyond what the issuer writes.
    private static func membersOfDispatches(_ roomConfig: [JSONMember]) -> [UTF8String] {
        guard case .array(let dispatches)? = JSONValue.object(roomConfig)["agents"] else { return [] }
        return dispatches.flatMap { $0.members ?? [] }
            .filter { !dispatched.contains($0.name) && $0.value.saysMoreThanAbsence }
            .map(\.name)
    }
}

extension UTF8String {
    /// The name of a member of the object of this name.
    fileprivate func dot(_ member: UTF8String) -> UTF8String {
        UTF8String("\(self).\(member)")
    }
}
