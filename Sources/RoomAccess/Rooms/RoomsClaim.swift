import LiveKitToken
package import StrictJSON

/// A claim of memberships: an object of rooms, each an id or a glob, and the roles that the claim's holder has there.
///
///     {"stage-1": ["host"],
///      "team-42-*": [{"role": "speaker", "scene": "intro", "event": "launch", "until": 1793000000}]}
///
/// A role is a name, or an object with limits. All entries that match a room add up. An entry that is not of this form
/// gives nothing, and takes nothing from others.
///
/// It has at most as many rooms as an object of a token has members (`JSONLimits.token`).
package struct RoomsClaim: Sendable {
    /// The most bytes of a claim that is text: what a web server passes in one parameter with buffers of 16 KiB.
    package static let maximumLength = 16_384

    private let rooms: [JSONMember]

    /// Reads a claim; a string is read as JSON, once.
    ///
    /// - Throws: what is wrong with the claim as a whole; it then gives no rooms.
    package init(_ claim: JSONValue) throws(ClaimFault) {
        var value = claim
        if let text = claim.text {
            guard text.utf8.count <= Self.maximumLength else { throw .tooLong(text.utf8.count) }
            do throws(JSONError) {
                value = try JSONValue(parsing: text.utf8, within: .token)
            } catch {
                throw .notJSON(error)
            }
        }
        guard let rooms = value.members else { throw .notAnObject }
        self.rooms = rooms
    }

    /// The memberships that the claim gives in a room; `nil` if no entry is about the room.
    package func memberships(in room: Identifier) -> [Membership]? {
        var memberships: [Membership]?
        forEachEntry(about: room) { memberships = (memberships ?? []) + $0.compactMap { try? $0.get() } }
        return memberships
    }

    /// What is wrong with the first entry about a room that gives nothing; `nil` if there is none.
    package func fault(in room: Identifier) -> ClaimFault? {
        var fault: ClaimFault?
        forEachEntry(about: room) { results in
            for case .failure(let found) in results where fault == nil { fault = found }
        }
        return fault
    }

    private func forEachEntry(about room: Identifier, _ body: ([Result<Membership, ClaimFault>]) -> Void) {
        for member in rooms where RoomGlob(member.name).matches(room) {
            guard case .array(let roles) = member.value else {
                body([.failure(.notAList(room: member.name))])
                continue
            }
            body(
                roles.enumerated().map { index, role in
                    Result { () throws(EntryFault) in try Membership(claim: role) }
                        .mapError { ClaimFault.entry(room: member.name, index: index, $0) }
                }
            )
        }
    }
}

/// What keeps a claim of rooms or groups from being what it should be, for the operator.
package enum ClaimFault: Error, Equatable, Sendable {
    /// A text has more bytes than are read.
    case tooLong(Int)
    case notJSON(JSONError)
    case notAnObject
    /// The roles of a room are no list.
    case notAList(room: UTF8String)
    /// An element of a room's list gives nothing.
    case entry(room: UTF8String, index: Int, EntryFault)
    /// The groups are neither text nor a list.
    case notGroups
    /// An element of the list of groups is no text.
    case notAGroup(index: Int)
}

/// What keeps an element of a room's list from being a membership.
package enum EntryFault: Error, Equatable, Sendable {
    case neitherNameNorObject
    case notARole
    case noRole
    case unknownMember(UTF8String)
    /// The name of a member whose value sets no limit.
    case unreadable(String)
}

extension Membership {
    /// Reads a role of a claim: a name, or an object with limits.
    fileprivate init(claim: JSONValue) throws(EntryFault) {
        switch claim {
        case .string(let name):
            guard let role = Identifier(name) else { throw .notARole }
            self.init(role: role)
        case .object(let members):
            for member in members where ClaimMember(rawValue: member.name.description) == nil {
                throw .unknownMember(member.name)
            }
            func value(_ member: ClaimMember) -> JSONValue? { claim[UTF8String(member.rawValue)] }
            func id(_ member: ClaimMember) throws(EntryFault) -> Identifier? {
                guard let value = value(member) else { return nil }
                guard let id = value.text.flatMap({ Identifier($0) }) else { throw .unreadable(member.rawValue) }
                return id
            }
            guard value(.role) != nil else { throw .noRole }
            guard let role = value(.role)?.text.flatMap({ Identifier($0) }) else { throw .notARole }
            self.init(
                role: role,
                scene: try id(.scene),
                event: try id(.event),
                expiresAt: try value(.until).map { (value) throws(EntryFault) in
                    guard let end = NumericDate(limit: value) else { throw .unreadable(ClaimMember.until.rawValue) }
                    return end
                }
            )
        default: throw .neitherNameNorObject
        }
    }
}

/// A member of a role with limits.
private enum ClaimMember: String, CaseIterable {
    case role
    case scene
    case event
    case until
}

extension NumericDate {
    /// Reads a time as a claim has it: whole seconds, as a number or as 1 to 18 digits in a string; `nil` for anything
    /// else.
    fileprivate init?(limit: JSONValue) {
        switch limit {
        case .integer(let seconds): self.init(seconds)
        case .string(let text): self.init(digits: text.utf8)
        default: return nil
        }
    }
}

// MARK: - For the operator

extension ClaimFault: CustomStringConvertible {
    /// What is wrong, and what would be right, for the log.
    package var description: String {
        switch self {
        case .tooLong(let bytes): "is text of \(bytes) bytes, at most \(RoomsClaim.maximumLength) are read"
        case .notJSON(let error): "is text that is not JSON: \(error.kind.rawValue), at byte \(error.offset)"
        case .notAnObject: #"must be an object of rooms and their roles, such as {"stage-1": ["host"]}"#
        case .notAList(let room): #"of "\#(room.excerpt)" must be a list of roles, such as ["host"]"#
        case .entry(let room, let index, let fault): #"of "\#(room.excerpt)": element \#(index + 1) \#(fault)"#
        case .notGroups: "must be the name of a group, or a list of names"
        case .notAGroup(let index): "has an element \(index + 1) that is no name of a group"
        }
    }
}

extension EntryFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .neitherNameNorObject: #"must be the name of a role, or an object such as {"role": "host"}"#
        case .notARole: "has a role that is not 1 to \(Identifier.maximumLength) visible ASCII characters"
        case .noRole: "has no role"
        case .unknownMember(let name):
            #"has "\#(name.excerpt)"; known are \#(ClaimMember.allCases.map(\.rawValue).joined(separator: ", "))"#
        case .unreadable("until"): "has an until that is not seconds since 1970, in digits"
        case .unreadable(let member): "has a \(member) that is not an id"
        }
    }
}

extension UTF8String {
    /// Up to 64 bytes of a name that a provider has written, fit to stand in a line: others than visible ASCII are `?`.
    fileprivate var excerpt: String {
        let bytes = utf8.prefix(64).map { (0x21...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }
        return String(decoding: bytes, as: UTF8.self) + (utf8.count > 64 ? "…" : "")
    }
}
