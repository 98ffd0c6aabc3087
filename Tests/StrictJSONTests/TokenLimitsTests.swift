import StrictJSON
import Testing

/// JSON of tokens and key sets that others make.
@Suite struct `the JSON of a token` {
    @Test(arguments: structures + names + strings + numbers + encodings + tokenLimits)
    func `is read as any other, within limits of its own`(_ row: JSONCase) {
        let result = Result { () throws(JSONError) in try JSONValue(parsing: row.bytes, within: .token) }
        switch (row.verdict, result) {
        case (.means(let value), .success(let read)): #expect(Tree(read) == value)
        case (.refused(let kind, let offset), .failure(let error)):
            #expect(error == JSONError(kind: kind, offset: offset))
        case (.means, .failure(let error)): Issue.record("refused: \(error)")
        case (.refused(let kind, _), .success(let read)): Issue.record("read as \(Tree(read)), but it is \(kind)")
        }
    }

    /// What a reader that takes the first or the last of two would see is not for us to guess.
    @Test(arguments: [
        (#"{"a":1,"b":2,"b":3}"#, 13), (#"{"b":1,"a":2,"\u0062":3}"#, 13), (#"{"a":{"b":1,"b":2}}"#, 12),
        (#"{"b":{"c":1,"c":2}}"#, 12), (#"{"b":[[{"a":1,"a":2}]]}"#, 14), (#"{"a":1,"a":2}"#, 7),
    ])
    func `has no name twice, kept or not, at any depth`(_ text: String, _ offset: Int) throws {
        let bytes = Array(text.utf8)
        #expect(throws: JSONError(kind: .duplicateName, offset: offset)) {
            try JSONValue(parsing: bytes, keeping: ["a"], within: .token)
        }
    }

    @Test(arguments: [2, 15, 16, 17, 18, 64, 1024]) func `has no name twice among many`(count: Int) throws {
        for other in Set([0, (count - 1) / 2, count - 2]) {
            let names = (0..<count - 1).map { "m\($0)" } + ["m\(other)"]
            let text = "{" + names.map { "\"\($0)\":0" }.joined(separator: ",") + "}"
            for keep: [UTF8String]? in [nil, [], ["m0"]] {
                let error = #expect(throws: JSONError.self) {
                    try JSONValue(parsing: Array(text.utf8), keeping: keep, within: .token)
                }
                #expect(error?.kind == .duplicateName)
            }
        }
    }

    @Test func `has many members, and those that are not kept leave nothing`() throws {
        let text = Array(members(1024).utf8)
        let kept = try JSONValue(parsing: text, keeping: ["m1000"], within: .token)
        #expect(Tree(kept) == ["m1000": 0])
    }
}

private let tokenLimits: [JSONCase] = [
    .i("depth_16", nested(16, "[", "]"), [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]),
    .i("depth_17", nested(17, "[", "]"), .tooDeep, at: 16),
    .i("depth_17_objects", nested(17, #"{"a":"#, "}", around: "1"), .tooDeep, at: 80),
    .i("depth_1000000", nested(1_000_000, "[", ""), .tooDeep, at: 16),
    .i("depth_1000000_objects", nested(1_000_000, #"{"a":"#, ""), .tooDeep, at: 80),
    .i("members_1024", members(1024), .object((0..<1024).map { Tree.Member(name: UTF8String("m\($0)"), value: 0) })),
    .i("members_1025", members(1025), .tooManyMembers, at: 9131),
    .i("members_20000", members(20_000), .tooManyMembers, at: 9131),
    .i(
        "elements_100000",
        "[" + String(repeating: "0,", count: 99_999) + "0]",
        .array(.init(repeating: 0, count: 100_000))
    ),
    .i("digits_1000000", String(repeating: "1", count: 1_000_000), .numberOutOfRange, at: 0),
    .i("digits_of_a_fraction_1000000", "0." + String(repeating: "1", count: 1_000_000), .numberOutOfRange, at: 0),
    .i("digits_of_an_exponent_1000000", "1e" + String(repeating: "0", count: 1_000_000), .numberOutOfRange, at: 0),
    .i("digits_1024", "0." + String(repeating: "1", count: 1022), .number(1.0 / 9)),
    .i("digits_1025", "0." + String(repeating: "1", count: 1023), .numberOutOfRange, at: 0),
]
