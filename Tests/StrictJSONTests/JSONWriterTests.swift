import StrictJSON
import Testing

@Suite struct `the JSON writer` {
    @Test func `members stand in the order of the calls, without white space`() {
        let bytes = JSONWriter.object {
            $0.member("text", "a" as UTF8String)
            $0.member("integer", -5)
            $0.member("yes", true)
            $0.member("no", false)
            $0.member("list", ["x", "y"] as [UTF8String])
            $0.member("none", [] as [UTF8String])
            $0.member("object", object: { $0.member("a", 1) })
            $0.member(
                "array",
                array: {
                    $0.string("s")
                    $0.object { _ in }
                    $0.array { $0.array { _ in } }
                }
            )
            $0.member("last", Int64.min)
        }
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"text":"a","integer":-5,"yes":true,"no":false,"list":["x","y"],"none":[],"object":{"a":1},"#
                + #""array":["s",{},[[]]],"last":-9223372036854775808}"#
        )
    }

    @Test func `a value that was read is written where it is wanted`() throws {
        let text = #"{"z":[null,true,-0.5,[],{}],"a":{"b":"\u001b","c":9}}"#
        let value = try JSONValue(parsing: Array(text.utf8))
        var writer = JSONWriter()
        writer.array {
            $0.value(value)
            $0.string("s")
            $0.value(.null)
            $0.value(value)
        }
        #expect(writer.text.description == "[\(text),\"s\",null,\(text)]")
    }

    @Test func `an absent member leaves no trace, not even a comma`() {
        let bytes = JSONWriter.object {
            $0.member(ifPresent: "a", nil)
            $0.member(ifPresent: "b", "1")
            $0.member(ifPresent: "c", nil)
            $0.member(ifPresent: "d", "")
        }
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"b":"1","d":""}"#)
    }

    @Test func `what RFC 8259 §7 lets be short is short`() {
        #expect(written("\"\\\u{8}\t\n\u{C}\r/") == #""\"\\\b\t\n\f\r/""#)
    }

    @Test(
        arguments: [
            (0x00, "\\u0000"), (0x01, "\\u0001"), (0x1B, "\\u001b"), (0x1F, "\\u001f"), (0x7F, "\\u007f"),
            (0x80, "\\u0080"),
            (0x85, "\\u0085"), (0x9F, "\\u009f"), (0x2028, "\\u2028"), (0x2029, "\\u2029"),
        ] as [(UInt32, String)]
    )
    func `a character that could forge a line or move a cursor is escaped`(_ scalar: UInt32, _ escape: String) throws {
        let scalar = try #require(Unicode.Scalar(scalar))
        #expect(written("a\(scalar)b") == UTF8String("\"a\(escape)b\""))
    }

    @Test(arguments: [0x20, 0x7E, 0xA0, 0xE9, 0x2027, 0x202A, 0xFFFD, 0xFFFF, 0x10000, 0x10FFFF] as [UInt32])
    func `every other character stands for itself`(_ scalar: UInt32) throws {
        let scalar = try #require(Unicode.Scalar(scalar))
        #expect(written("\(scalar)") == UTF8String("\"\(scalar)\""))
    }

    /// `Character` takes CR LF for one, which a filter by characters misses.
    @Test func `a CR LF pair is escaped like its halves`() {
        #expect(written("a\r\nb") == #""a\r\nb""#)
    }

    @Test func `a combining mark after an escaped character loses nothing`() {
        #expect(written("\"\u{301}\n\u{301}") == "\"\\\"\u{301}\\n\u{301}\"")
    }

    @Test func `a name is escaped as a value is`() {
        let bytes = JSONWriter.object { $0.member("\u{1B}\"", true) }
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"\u001b\"":true}"#)
    }

    /// All of Unicode, a thousand scalars at a time.
    @Test func `no control character and no line separator is ever written, and nothing is lost`() throws {
        let scalars = (UInt32(0)...0x10FFFF).compactMap(Unicode.Scalar.init)
        #expect(scalars.count == 0x110000 - 2048)
        for start in stride(from: 0, to: scalars.count, by: 1000) {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars[start..<min(start + 1000, scalars.count)])
            let text = UTF8String(String(view))
            var writer = JSONWriter(capacity: 8192)
            writer.string(text)
            let raw = writer.text.description.unicodeScalars.first { scalar in
                scalar.properties.generalCategory == .control || scalar == "\u{2028}" || scalar == "\u{2029}"
            }
            #expect(raw == nil)
            #expect(try JSONValue(parsing: writer.bytes) == .string(text))
        }
    }

    private func written(_ string: String) -> UTF8String {
        var writer = JSONWriter()
        writer.string(UTF8String(string))
        return writer.text
    }
}
