package import StrictJSON

/// A glob of room ids: `*` stands for any run of bytes, also for none, and every other byte for itself.
///
/// A text of n bytes is matched against a glob of m in at most 4 (n + m) steps.
package struct RoomGlob: Hashable, Sendable {
    private static let star = UInt8(ascii: "*")

    package let text: UTF8String

    package init(_ text: UTF8String) {
        self.text = text
    }

    /// Whether it stands for one room alone, its text.
    package var isLiteral: Bool { !text.utf8.contains(Self.star) }

    /// Whether the glob matches the id of a room from its first byte to its last.
    package func matches(_ room: Identifier) -> Bool { matches(room.text.utf8) {} }

    /// Whether every id that another glob matches is matched by this one too.
    ///
    /// A star of the other can only be matched by one of this: no other part of a glob holds that byte.
    package func covers(_ other: RoomGlob) -> Bool { matches(other.text.utf8) {} }

    /// The number of steps that matching a text takes.
    package func steps(matching text: [UInt8]) -> Int {
        var steps = 0
        _ = matches(text) { steps += 1 }
        return steps
    }

    private func matches(_ room: [UInt8], _ step: () -> Void) -> Bool {
        let glob = text.utf8
        guard let first = glob.firstIndex(of: Self.star), let last = glob.lastIndex(of: Self.star) else {
            return Self.equal(glob[...], room[...], step)
        }
        let (head, tail) = (glob[..<first], glob[(last + 1)...])
        guard head.count + tail.count <= room.count, Self.equal(head, room.prefix(head.count), step),
            Self.equal(tail, room.suffix(tail.count), step)
        else { return false }
        var rest = room[head.count..<room.count - tail.count]
        // What stands between stars is taken where it comes first: that leaves the most for what follows.
        for part in glob[first..<last].split(separator: Self.star) {
            guard let end = Self.endOfFirst(part, in: rest, step) else { return false }
            rest = rest[end...]
        }
        return true
    }

    private static func equal(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>, _ step: () -> Void) -> Bool {
        guard left.count == right.count else { return false }
        for (left, right) in zip(left, right) {
            step()
            if left != right { return false }
        }
        return true
    }

    /// The index after the first occurrence of a part, by the algorithm of Knuth, Morris and Pratt (1977): it never
    /// goes back in the text.
    private static func endOfFirst(
        _ part: ArraySlice<UInt8>,
        in text: ArraySlice<UInt8>,
        _ step: () -> Void
    ) -> Int? {
        guard part.count <= text.count else { return nil }
        let part = Array(part)
        // For each length of a beginning of the part: the longest shorter beginning that it ends with.
        var borders = [0]
        var length = 0
        for index in part.indices.dropFirst() {
            step()
            while length > 0, part[index] != part[length] {
                step()
                length = borders[length - 1]
            }
            if part[index] == part[length] { length += 1 }
            borders.append(length)
        }
        length = 0
        for index in text.indices {
            step()
            while length > 0, text[index] != part[length] {
                step()
                length = borders[length - 1]
            }
            if text[index] == part[length] { length += 1 }
            if length == part.count { return index + 1 }
        }
        return nil
    }
}

extension RoomGlob: CustomStringConvertible {
    package var description: String { text.description }
}
