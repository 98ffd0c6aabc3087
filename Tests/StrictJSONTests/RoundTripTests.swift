import StrictJSON
import TestSupport
import Testing

@Suite struct `a round trip` {
    @Test(arguments: 0..<8 as Range<UInt64>)
    func `what was written is what is read`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<250 {
            let tree = Tree.random(using: &generator)
            let value = try JSONValue(parsing: tree.json)
            #expect(Tree(value) == tree)
            #expect(value.written == tree.json)
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `equal values give equal bytes, through the writer alone`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<250 {
            let members = (0..<Int.random(in: 0...8, using: &generator)).map { index in
                (
                    name: "\(index)" + String.random(using: &generator),
                    value: UTF8String(String.random(using: &generator))
                )
            }
            let bytes = JSONWriter.object { for member in members { $0.member(member.name, member.value) } }
            let read = try JSONValue(parsing: bytes)
            #expect(read.members?.map(\.name) == members.map { UTF8String($0.name) })
            #expect(read.members?.map(\.value) == members.map { .string($0.value) })
            #expect(
                JSONWriter.object {
                    for member in read.members ?? [] { $0.member(member.name.description, member.value.text ?? "") }
                }
                    == bytes
            )
        }
    }

    /// A parser of bytes from strangers neither traps nor reads two meanings into them.
    @Test(arguments: 0..<8 as Range<UInt64>)
    func `a damaged text is refused, or means what it says`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: 1000 + seed)
        var accepted = 0
        var refused = 0
        for _ in 0..<1500 {
            var bytes = Tree.random(using: &generator).json
            for _ in 0...Int.random(in: 0...2, using: &generator) { bytes.damage(using: &generator) }
            do throws(JSONError) {
                let read = try JSONValue(parsing: bytes)
                #expect((try? JSONValue(parsing: read.written)) == read)
                accepted += 1
            } catch {
                #expect((0...bytes.count).contains(error.offset))
                refused += 1
            }
        }
        #expect(accepted > 100, "the damage must not be such that nothing gets through")
        #expect(refused > 100)
    }
}

extension JSONValue {
    fileprivate var written: [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.bytes
    }
}

extension Tree {
    fileprivate static func random(using generator: inout SeededGenerator, depth: Int = 0) -> Tree {
        switch Int.random(in: 0..<(depth < 7 ? 9 : 6), using: &generator) {
        case 0: .null
        case 1: .bool(.random(using: &generator))
        case 2: .integer(.random(in: .min ... .max, using: &generator))
        case 3: .number(.random(in: -1e9...1e9, using: &generator) + 0.5)
        case 4, 5: .string(UTF8String(.random(using: &generator)))
        case 6:
            .array(
                (0..<Int.random(in: 0...4, using: &generator)).map { _ in random(using: &generator, depth: depth + 1) }
            )
        default:
            .object(
                (0..<Int.random(in: 0...4, using: &generator)).map { index in
                    Member(
                        name: UTF8String("\(index)" + .random(using: &generator)),
                        value: random(using: &generator, depth: depth + 1)
                    )
                }
            )
        }
    }
}

extension String {
    /// Scalars of every class that a writer or a parser treats in its own way.
    fileprivate static func random(using generator: inout SeededGenerator) -> String {
        let classes: [ClosedRange<UInt32>] = [
            0x00...0x1F, 0x20...0x7E, 0x20...0x7E, 0x22...0x22, 0x5C...0x5C, 0x7F...0x9F, 0xA0...0x7FF, 0x800...0xD7FF,
            0x2028...0x2029, 0xE000...0xFFFF, 0x10000...0x10FFFF, 0x300...0x36F,
        ]
        var view = UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...12, using: &generator) {
            let range = classes[Int.random(in: 0..<classes.count, using: &generator)]
            if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &generator)) { view.append(scalar) }
        }
        return String(view)
    }
}

extension [UInt8] {
    /// Changes, drops or inserts one byte, with a liking for bytes that mean something.
    fileprivate mutating func damage(using generator: inout SeededGenerator) {
        let bytes =
            Array(#"{}[]",:\/u0123456789eE+-.tfn "#.utf8) + [0x00, 0x0A, 0x7F, 0x80, 0xBF, 0xC3, 0xED, 0xF0, 0xFF]
        let byte = bytes[Int.random(in: 0..<bytes.count, using: &generator)]
        let position = Int.random(in: 0...count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0 where position < count: self[position] = byte
        case 1 where position < count: self[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 2 where position < count: remove(at: position)
        default: insert(byte, at: position)
        }
    }
}
