import Testing

@testable import YAML

@Suite struct `A YAML document` {
    @Test func `is scalars, sequences and mappings, in order`() throws {
        #expect(try tree("{b: 1, a: [x, 'y', \"z\"]}") == ["b": "1", "a": ["x", .quoted("y"), .quoted("z")]])
        #expect(try tree("- a\n-\n  - b\n  -\n") == ["a", ["b", ""]])
        #expect(try tree("? a\n: b\n? c\n") == ["a": "b", "c": ""])
        #expect(try tree("a: |\n  b\n  c\nd: >-\n  e\n  f\n") == ["a": .quoted("b\nc\n"), "d": .quoted("e f")])
        #expect(try tree("{\"a\":1,}") == [.quoted("a"): "1"])
    }

    @Test(arguments: ["", "\n", "# a comment\n", "  # another", "\u{FEFF}", "\u{FEFF}# a comment\n"])
    func `is absent from a text of comments`(_ text: String) throws {
        #expect(try tree(text) == nil)
    }

    @Test(arguments: ["---", "---\n", "--- # a comment\n", "---\n...\n"])
    func `is one empty text where only its start is written`(_ text: String) throws {
        #expect(try tree(text) == "")
    }

    @Test func `knows the line of each node`() throws {
        let root = try #require(try YAMLNode(parsing: Array("# \n\na: 1\nb:\n  - x\n  - [y,\n    z]\n".utf8)))
        #expect(root.line == 3)
        guard case .mapping(let pairs) = root.content, case .sequence(let list) = pairs[1].value.content,
            case .sequence(let inner) = list[1].content
        else {
            Issue.record("another shape")
            return
        }
        #expect(pairs.map(\.key.line) == [3, 4] && pairs.map(\.value.line) == [3, 5])
        #expect(list.map(\.line) == [5, 6] && inner.map(\.line) == [6, 7])
    }

    @Test(arguments: ["a: 1\r\nb: 2\r\n", "a: 1\rb: 2\r", "a: 1\u{85}b: 2", "a:\t1\nb: 2\t\n"])
    func `breaks its lines as YAML 1.1 has it, and has tabs where they only separate`(_ text: String) throws {
        #expect(try tree(text) == ["a": "1", "b": "2"])
    }

    @Test(arguments: ["a: 1\nb: @", "a: 1\r\nb: @", "a: 1\rb: @", "a: 1\u{85}b: @", "a: '\u{2028}'\nb: @", "\n\nb: @"])
    func `counts lines as it breaks them`(_ text: String) throws {
        let line = text.contains("\u{2028}") || text.hasPrefix("\n") ? 3 : 2
        #expect(throws: YAMLError(kind: .syntax("found character that cannot start any token"), line: line)) {
            try tree(text)
        }
    }

    @Test(arguments: ["%YAML 1.1\n---\na", "%YAML 1.2\n---\na", "--- a\n...\n", "---\na\n...\n# end\n"])
    func `may say its version and its end`(_ text: String) throws {
        #expect(try tree(text) == "a")
    }

    @Test func `may begin with a byte order mark`() throws {
        #expect(try tree("\u{FEFF}a: 1\nb: 2\n") == ["a": "1", "b": "2"])
        #expect(Refused("\u{FEFF}a: 1\nb: @\n", .tab, line: 0).error?.line == 2)
        #expect(try tree("\u{FEFF}") == nil)
    }

    @Test func `has the characters that are escaped in it, and ends at none of them`() throws {
        #expect(try tree(#""a\0b\e\x85\uFFFF""#) == .quoted("a\0b\u{1B}\u{85}\u{FFFF}"))
        #expect(try tree(#"{"k\0": 1, "k": 2}"#) == [.quoted("k\0"): "1", .quoted("k"): "2"])
    }

    @Test func `may have a no-break space inside of a text, and anywhere in quotes`() throws {
        #expect(try tree("a: 1\u{A0}000") == ["a": "1\u{A0}000"])
        #expect(try tree("'\u{A0}a': \"b:\u{A0}c\"") == [.quoted("\u{A0}a"): .quoted("b:\u{A0}c")])
    }
}

@Suite struct `An alias` {
    @Test func `stands for the node of its anchor, and is where it is written`() throws {
        let root = try #require(try YAMLNode(parsing: Array("a: &x {b: 1}\nc:\n  *x\n".utf8)))
        #expect(Tree(root) == ["a": ["b": "1"], "c": ["b": "1"]])
        guard case .mapping(let pairs) = root.content else { return }
        #expect(pairs[1].value.line == 3)
        #expect(try tree("&k a: 1\nb: {*k : *k}") == ["a": "1", "b": ["a": "a"]])
    }

    @Test func `stands for the later of two anchors of one name`() throws {
        #expect(try tree("[&a 1, *a, &a 2, *a]") == ["1", "1", "2", "2"])
        #expect(try tree("[&a 1, &a [*a], *a]") == ["1", ["1"], ["1"]])
    }

    @Test(arguments: [
        Refused("a: 1\nb: *a\n", .undefinedAlias("a"), line: 2),
        Refused("[*a, &a 1]", .undefinedAlias("a"), line: 1),
        Refused("&a [*a]", .undefinedAlias("a"), line: 1),
        Refused("a: &x\n  b: *x\n", .undefinedAlias("x"), line: 2),
        Refused("&a {? *a : 1}", .undefinedAlias("a"), line: 1),
        Refused("--- &a 1\n--- *a\n", .secondDocument, line: 2),
    ])
    func `stands for nothing without a node that is complete above it: there are no cycles`(_ text: Refused) {
        #expect(text.error == text.expected)
    }

    @Test func `may be that of any of thousands of anchors`() throws {
        let anchors = (0..<5_500).map { "- &a\($0) \($0)\n" }.joined()
        #expect(try tree(anchors + "- *a7\n")?.count == 5_502)
    }
}

@Suite struct `A key of a mapping` {
    @Test(arguments: [
        Refused("a: 1\nb: 2\na: 3\n", .duplicateKey(["a"]), line: 1),
        Refused("a: 1\n'a': 3\n", .duplicateKey(["a"]), line: 1),
        Refused("\n1: x\n\"1\": y\n", .duplicateKey(["1"]), line: 2),
        Refused("{'1': x,\n1: y}", .duplicateKey(["1"]), line: 1),
        Refused("a:\n  - b:\n      c: 1\n      c: 2\n", .duplicateKey(["a", "b", "c"]), line: 3),
        Refused("? [a]\n: {b: 1, b: 2}\n", .duplicateKey(["?", "b"]), line: 2),
        Refused("&a a: 1\n*a : 2\n", .duplicateKey(["a"]), line: 1),
        Refused("~: 1\n~: 2\n", .duplicateKey(["~"]), line: 1),
        Refused("{'': 1, ? : 2}", .duplicateKey([""]), line: 1),
    ])
    func `is refused where it is written twice, with the line of the first`(_ text: Refused) {
        #expect(text.error == text.expected)
    }

    @Test func `is another in another mapping, or in other bytes`() throws {
        #expect(try tree("{a: {a: {a: 1}}, b: {a: 1}}")?.count == 11)
        #expect(try tree("{\u{E9}: 1, e\u{301}: 2}")?.count == 5)
    }

    @Test func `is ordinary where it is <<`() throws {
        #expect(try tree("{a: &a {b: 1}, <<: *a}") == ["a": ["b": "1"], "<<": ["b": "1"]])
    }

    @Test func `may be a collection, and one of those may come twice`() throws {
        #expect(try tree("[a, b]: c\n? {d: e}\n: f\n") == [["a", "b"]: "c", ["d": "e"]: "f"])
        #expect(
            try tree("{[a]: 1, [a]: 2}") == .mapping([.init(key: ["a"], value: "1"), .init(key: ["a"], value: "2")])
        )
    }

    @Test func `may be one of thousands`() throws {
        #expect(try tree((0..<7_000).map { "k\($0): \n" }.joined())?.count == 14_001)
    }

    @Test func `is no longer than 1,024 characters, unless it says that it is one`() throws {
        let long = String(repeating: "k", count: 1_025)
        #expect(Refused("\(long): 1", .tab, line: 1).error?.kind.isSyntax == true)
        #expect(try tree("? \(long)\n: 1") == [.plain(long): "1"])
    }

    @Test func `has at most 4,096 bytes, whether it is written or an alias`() throws {
        func text(_ length: Int) -> String { String(repeating: "k", count: length) }
        let most = YAMLNode.maximumKeyLength
        #expect(try tree("? \(text(most))\n: 1")?.count == 3)
        #expect(try tree("- &a \(text(most))\n- {*a : 1}\n")?.count == 5)
        for long in ["\n? \(text(most + 1))\n: 1", "- &a \(text(most + 1))\n- {*a : 1}\n"] {
            #expect(throws: YAMLError(kind: .keyTooLong, line: 2)) { try tree(long) }
        }
    }
}

@Suite struct `A bound of YAML documents` {
    @Test(arguments: [("[", "]", ""), ("{a: ", "}", "1"), ("- ", "", "a"), ("? ", "", "a"), ("- - ", "", "a")])
    func `takes 32 levels and refuses 33`(open: String, close: String, inner: String) throws {
        let (step, rest) = (open == "- - " ? 2 : 1, inner.isEmpty ? 0 : 1)
        func nested(_ levels: Int) -> String {
            let count = (levels - rest) / step
            return String(repeating: open, count: count) + (step * count + rest < levels ? "- " : "") + inner
                + String(repeating: close, count: count)
        }
        #expect(try tree(nested(YAMLNode.maximumDepth)) != nil)
        #expect(throws: YAMLError(kind: .tooDeep, line: 1)) { try tree(nested(YAMLNode.maximumDepth + 1)) }
    }

    @Test func `counts the levels that an alias adds`() throws {
        func nested(_ levels: Int, in outer: Int) -> String {
            let (open, close) = (String(repeating: "[", count: levels), String(repeating: "]", count: levels))
            return "- &a \(open)\(close)\n"
                + "- \(String(repeating: "[", count: outer))\n *a\(String(repeating: "]", count: outer))\n"
        }
        #expect(try tree(nested(20, in: 11)) != nil)
        #expect(throws: YAMLError(kind: .tooDeep, line: 3)) { try tree(nested(20, in: 12)) }
    }

    @Test(arguments: [
        String(repeating: "[", count: 65_536), String(repeating: "[]", count: 32_768),
        String(repeating: "[", count: 32_768) + String(repeating: "]", count: 32_768),
        String(repeating: "{a: ", count: 16_000), String(repeating: "- ", count: 32_000),
        String(repeating: "? ", count: 32_000), String(repeating: "{? ", count: 16_000),
    ])
    func `ends what is nested without end where the bound is passed`(_ text: String) {
        // `[][]` is refused for what it is.
        let error = Refused(text, .tooDeep, line: 1).error
        #expect(error?.kind == .tooDeep || text.hasPrefix("[]") && error?.kind.isSyntax == true)
    }

    @Test func `knows the line where the levels are too many`() {
        let steps = (0..<40).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        // The key in the 32nd mapping is the 33rd level.
        #expect(Refused(steps, .tooDeep, line: 32).error == YAMLError(kind: .tooDeep, line: 32))
    }

    @Test func `takes 20,000 nodes and refuses 20,001`() throws {
        // The root is one of them.
        func list(_ count: Int) -> String { String(repeating: "-\n", count: count - 1) }
        #expect(try tree(list(YAMLNode.maximumCount))?.count == YAMLNode.maximumCount)
        #expect(throws: YAMLError(kind: .tooManyNodes, line: 20_000)) {
            try tree(list(YAMLNode.maximumCount + 1))
        }
    }

    @Test func `counts an alias as all that it stands for, as a value and as a key`() throws {
        // 1 + 101 + 2 × 98, and then each alias 101.
        func list(_ aliases: Int, _ more: Int, _ alias: String) -> String {
            "- &a [\(String(repeating: "x,", count: 100))]\n" + String(repeating: alias, count: aliases)
                + String(repeating: "- y\n", count: more)
        }
        // (20,000 − 102) = 197 × 101 + 1
        #expect(try tree(list(197, 1, "- *a\n"))?.count == 20_000)
        #expect(throws: YAMLError(kind: .tooManyNodes, line: 200)) { try tree(list(197, 2, "- *a\n")) }
        #expect(throws: YAMLError(kind: .tooManyNodes, line: 199)) { try tree(list(198, 0, "- *a\n")) }
        // (20,000 − 102) = 193 × 103 + 19
        #expect(try tree(list(193, 19, "- {*a : }\n"))?.count == 20_000)
        #expect(throws: YAMLError(kind: .tooManyNodes, line: 214)) { try tree(list(193, 20, "- {*a : }\n")) }
    }

    @Test func `stops aliases of aliases where they are too many, as values and as keys`() {
        func bomb(_ alias: (String) -> String) -> String {
            var text = "- &a [x,x,x,x,x,x,x,x,x]\n"
            for (name, next) in zip("abcdefgh", "bcdefghi") {
                let elements = (1...9).map { _ in alias("*\(name)") }.joined(separator: ",")
                text += "- &\(next) [\(elements)]\n"
            }
            return text
        }
        #expect(Refused(bomb(\.self), .tooManyNodes, line: 5).error == YAMLError(kind: .tooManyNodes, line: 5))
        let keys = bomb { "{\($0) : }" }
        #expect(Refused(keys, .tooManyNodes, line: 5).error == YAMLError(kind: .tooManyNodes, line: 5))
    }

    @Test func `allows ten thousand aliases of a text`() throws {
        #expect(try tree("[&a 1\(String(repeating: ",*a", count: 10_000))]")?.count == 10_002)
    }
}
