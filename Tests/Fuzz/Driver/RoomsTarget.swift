import LiveKitToken
import RoomAccess
import RoomPattern
import StrictJSON

/// The claim of rooms, given as text: what it gives in a room is what a second reading of its entries gives, a glob
/// takes a bounded number of steps and matches what its definition says, and an entry more takes nothing away.
enum RoomsClaims {
    static let rooms = ["stage-1", "stage-10", "a", "ab", "aab", "team-42-x"].compactMap {
        Identifier(UTF8String($0))
    }

    static func check(_ bytes: [UInt8]) {
        guard let text = UTF8String(validating: bytes) else { return }
        // The input is a glob as well as a claim.
        for room in rooms { checkGlob(text.utf8, room) }
        let read = try? JSONValue(parsing: bytes)
        let claim = try? RoomsClaim(.string(text))
        want((claim != nil) == (read?.members != nil && bytes.count <= RoomsClaim.maximumLength), "not an object")
        guard let claim, let members = read?.members else { return }
        for room in rooms {
            let matching = members.filter { matches($0.name.utf8, room.text.utf8) }
            let given = claim.memberships(in: room)
            want((given != nil) == !matching.isEmpty, "a room without an entry, or an entry without its room")
            let expected = matching.flatMap { memberships($0.value) }
            want((given ?? []) == expected, "other memberships than the entries have")
            let entries = matching.reduce(0) { count, member in
                guard case .array(let roles) = member.value else { return count + 1 }
                return count + roles.count
            }
            want((claim.fault(in: room) == nil) == (entries == expected.count), "a fault too many or too few")
            let more = JSONMember(name: "added-*-entry", value: .array([.string("host")]))
            let wider = try? RoomsClaim(.object(members + [more]))
            want(wider?.memberships(in: room) == given, "an entry for other rooms changes this one")
        }
    }

    private static func checkGlob(_ glob: [UInt8], _ room: Identifier) {
        guard let text = UTF8String(validating: glob) else { return }
        let steps = RoomGlob(text).steps(matching: room.text.utf8)
        want(steps <= 4 * (glob.count + room.text.utf8.count), "\(steps) steps")
        want(RoomGlob(text).matches(room) == matches(glob, room.text.utf8), "two readings of a glob")
    }

    /// A set of places in the room that a beginning of the glob reaches.
    static func matches(_ glob: [UInt8], _ room: [UInt8]) -> Bool {
        var reach = [true] + [Bool](repeating: false, count: room.count)
        for byte in glob {
            var next = [Bool](repeating: false, count: room.count + 1)
            if byte == UInt8(ascii: "*") {
                guard let first = reach.firstIndex(of: true) else { return false }
                for index in first...room.count { next[index] = true }
            } else {
                for index in room.indices where reach[index] && room[index] == byte { next[index + 1] = true }
            }
            reach = next
        }
        return reach[room.count]
    }

    /// What the roles of an entry give.
    static func memberships(_ roles: JSONValue) -> [Membership] {
        guard case .array(let roles) = roles else { return [] }
        return roles.compactMap { role in
            if let name = role.text { return Identifier(name).map { Membership(role: $0) } }
            guard let members = role.members,
                members.allSatisfy({ ["role", "scene", "event", "until"].contains($0.name.description) }),
                let name = role["role"]?.text.flatMap({ Identifier($0) })
            else { return nil }
            let scene = role["scene"].map { $0.text.flatMap { Identifier($0) } }
            let event = role["event"].map { $0.text.flatMap { Identifier($0) } }
            let until = role["until"].map { end(of: $0) }
            // Present and unreadable.
            if case .some(.none) = scene { return nil }
            if case .some(.none) = event { return nil }
            if case .some(.none) = until { return nil }
            return Membership(
                role: name,
                scene: scene ?? nil,
                event: event ?? nil,
                expiresAt: until.flatMap { $0 }.map { NumericDate($0) }
            )
        }
    }

    private static func end(of value: JSONValue) -> Int64? {
        if let seconds = value.integer { return seconds }
        guard let text = value.text, !text.utf8.isEmpty, text.utf8.count <= 18,
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int64(text.description)
    }
}
