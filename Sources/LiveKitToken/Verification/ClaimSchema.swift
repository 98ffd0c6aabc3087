package import StrictJSON

/// The members of an object in a token: every name that LiveKit reads there, and the type of its value.
package struct ClaimSchema: Sendable {
    /// A type of values, beside `null`, which LiveKit takes for an absent member.
    package enum ValueType: Sendable {
        case anything
        case flag
        case number
        case text
        case texts
        case textOrTexts
        /// An object whose members are texts, of any name.
        case textMap
        case object(ClaimSchema)
        case objects(ClaimSchema)
    }

    private let types: [UTF8String: ValueType]
    private let foldedNames: Set<[UInt8]>

    /// Takes names, each once.
    init(_ members: [(UTF8String, ValueType)]) {
        types = Dictionary(uniqueKeysWithValues: members)
        foldedNames = Set(types.keys.map(Self.folded))
    }

    /// Whether LiveKit reads a member of that name.
    package func has(_ name: UTF8String) -> Bool {
        types[name] != nil
    }

    /// Whether a member has a value of the type that LiveKit reads; `nil` for a name that it does not read.
    package func isOfRightType(_ member: JSONMember) -> Bool? {
        types[member.name].map { (try? Self.check(member.value, $0)) != nil }
    }

    /// Checks members, and those of the objects in them that LiveKit reads; it may have further ones.
    ///
    /// - Throws: `.claimInOtherCase`, or `.payload` for a value of another type.
    func check(_ members: [JSONMember]) throws(AccessTokenFault) {
        for member in members {
            if let type = types[member.name] {
                try Self.check(member.value, type)
            } else if foldedNames.contains(Self.folded(member.name)) {
                throw .claimInOtherCase
            }
        }
    }

    private static func check(_ value: JSONValue, _ type: ValueType) throws(AccessTokenFault) {
        switch (type, value) {
        case (_, .null), (.anything, _), (.flag, .bool), (.number, .integer), (.number, .number), (.text, .string),
            (.textOrTexts, .string):
            break
        case (.texts, .array(let texts)), (.textOrTexts, .array(let texts)):
            guard texts.allSatisfy({ $0.text != nil }) else { throw .payload }
        case (.textMap, .object(let members)):
            guard members.allSatisfy({ $0.value.text != nil }) else { throw .payload }
        case (.object(let schema), .object(let members)):
            try schema.check(members)
        case (.objects(let schema), .array(let objects)):
            for object in objects {
                guard let members = object.members else { throw .payload }
                try schema.check(members)
            }
        default: throw .payload
        }
    }

    /// A name as LiveKit's reader of JSON compares names that no field has to the letter: letters of ASCII without
    /// case, and the two characters beyond it that have a letter of ASCII as their other case.
    ///
    /// They are U+017F, a small `s`, and U+212A, a capital `K`.
    static func folded(_ name: UTF8String) -> [UInt8] {
        var folded: [UInt8] = []
        folded.reserveCapacity(name.utf8.count)
        var rest = name.utf8[...]
        while let byte = rest.first {
            if rest.starts(with: [0xC5, 0xBF]) {
                folded.append(UInt8(ascii: "s"))
                rest = rest.dropFirst(2)
            } else if rest.starts(with: [0xE2, 0x84, 0xAA]) {
                folded.append(UInt8(ascii: "k"))
                rest = rest.dropFirst(3)
            } else {
                folded.append(byte.lowercase)
                rest = rest.dropFirst()
            }
        }
        return folded
    }
}
