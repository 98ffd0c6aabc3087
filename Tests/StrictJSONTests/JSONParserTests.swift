import StrictJSON
import Testing

@Suite struct `the JSON parser` {
    @Test(arguments: structures + names + strings + numbers + encodings + limits)
    func `a text means one value or is refused at one byte`(_ row: JSONCase) {
        let result = Result { () throws(JSONError) in try JSONValue(parsing: row.bytes) }
        switch (row.verdict, result) {
        case (.means(let value), .success(let read)): #expect(Tree(read) == value)
        case (.refused(let kind, let offset), .failure(let error)):
            #expect(error.kind == kind)
            #expect(error.offset == offset)
        case (.means, .failure(let error)): Issue.record("refused: \(error)")
        case (.refused(let kind, _), .success(let read)): Issue.record("read as \(Tree(read)), but it is \(kind)")
        }
    }

    @Test func `every way to cut a text short is refused as an end that came too early`() throws {
        let text = Array(#"{"a":["\u0041\uD83D\uDE00",{"b":"x"}],"c":true}"#.utf8)
        _ = try JSONValue(parsing: text)
        for length in 1..<text.count where !isInsideLiteral(text, length) {
            let error = #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text.prefix(length))) }
            #expect(error?.offset ?? -1 <= length)
            #expect(
                error?.kind == .unexpectedEnd || error?.kind == .loneSurrogate,
                "\(String(decoding: text.prefix(length), as: UTF8.self))"
            )
        }
    }

    @Test func `nothing is made of members that are not kept, at any depth`() throws {
        let text = Array(#"{"a":"\u0041","b":{"c":[1,{"a":2}],"a":[true,"x"]},"d":"\"","d":null}"#.utf8)
        let kept = try JSONValue(parsing: text, keeping: ["a", "b"])
        #expect(Tree(kept) == Tree(try JSONValue(parsing: Array(#"{"a":"A","b":{"a":[true,"x"]}}"#.utf8))))
    }

    @Test(arguments: structures + strings + numbers + encodings)
    func `what is not kept must be as well formed`(_ row: JSONCase) {
        guard case .refused(let kind, let offset) = row.verdict else { return }
        #expect(throws: JSONError(kind: kind, offset: offset)) { try JSONValue(parsing: row.bytes, keeping: []) }
    }

    @Test func `a name counts as kept however it is escaped, and may not occur twice`() throws {
        let once = Array(#"{"\u0061":1,"b":2}"#.utf8)
        #expect(try JSONValue(parsing: once, keeping: ["a"]).members?.map(\.name) == ["a"])
        let twice = Array(#"{"\u0061":1,"a":2}"#.utf8)
        #expect(throws: JSONError(kind: .duplicateName, offset: 12)) {
            try JSONValue(parsing: twice, keeping: ["a"])
        }
    }

    @Test func `members come in their order and are found by their exact names`() throws {
        let value = try JSONValue(parsing: Array(#"{"b":1,"a":"x","e\u0301":true}"#.utf8))
        #expect(value.members?.map(\.name) == ["b", "a", "e\u{301}"])
        #expect(value["b"]?.integer == 1)
        #expect(value["a"]?.text == "x")
        #expect(value["\u{e9}"] == nil)
        #expect(value["c"] == nil)
        #expect(value["b"]?["x"] == nil)
    }

    /// Half a literal is an unexpected character, as a wrong one is.
    private func isInsideLiteral(_ text: [UInt8], _ length: Int) -> Bool {
        [UInt8(ascii: "t"), UInt8(ascii: "r"), UInt8(ascii: "u")].contains(text[length - 1]) && length > text.count - 6
    }
}

// MARK: - RFC 8259 §2, §3, §5: structure

let structures: [JSONCase] = [
    .y("structure_null", "null", nil),
    .y("structure_true", "true", true),
    .y("structure_false", "false", false),
    .y("structure_lonely_string", #""a""#, "a"),
    .y("structure_lonely_integer", "7", 7),
    .y("structure_all_four_kinds_of_whitespace", " \t\r\n[ \t\r\n1 \t\r\n, 2 ] \t\r\n", [1, 2]),
    .y("structure_whitespace_around_colon", #"{ "a" : 1 }"#, ["a": 1]),
    .y("array_empty", "[]", []),
    .y("array_empty_with_space", "[ ]", []),
    .y("array_of_everything", #"[null,true,1,1.5,"s",[],{}]"#, [nil, true, 1, 1.5, "s", [], [:]]),
    .y("array_nested", "[[],[[]]]", [[], [[]]]),
    .y("object_empty", "{}", [:]),
    .y("object_keeps_order", #"{"b":1,"a":2}"#, ["b": 1, "a": 2]),
    .y("object_nested", #"{"a":{"a":{}}}"#, ["a": ["a": [:]]]),
    .y("object_empty_name", #"{"":0}"#, ["": 0]),
    .n("structure_empty", "", .unexpectedEnd, at: 0),
    .n("structure_only_whitespace", " \n", .unexpectedEnd, at: 2),
    .n("structure_no_break_space", "\u{A0}1", .unexpectedByte, at: 0),
    .n("structure_form_feed", "\u{C}1", .unexpectedByte, at: 0),
    .n("structure_vertical_tab", "\u{B}1", .unexpectedByte, at: 0),
    .n("structure_form_feed_after", "1\u{C}", .trailingData, at: 1),
    .n("structure_zero_width_space", "[\u{200B}]", .unexpectedByte, at: 1),
    .n("structure_line_separator", "[\u{2028}]", .unexpectedByte, at: 1),
    .n("structure_word_joiner", "\u{2060}{}", .unexpectedByte, at: 0),
    .n("structure_NUL_after", "{}\0", .trailingData, at: 2),
    .n("structure_NUL_before", "\0{}", .unexpectedByte, at: 0),
    .n("structure_two_values", "{}{}", .trailingData, at: 2),
    .n("structure_two_lines", "{}\n{}", .trailingData, at: 3),
    .n("structure_trailing_comma", "{},", .trailingData, at: 2),
    .n("structure_trailing_bracket", "[]]", .trailingData, at: 2),
    .n("structure_comment_after", "{}//", .trailingData, at: 2),
    .n("structure_comment_before", "/**/{}", .unexpectedByte, at: 0),
    .n("structure_comment_inside", "[1/**/]", .unexpectedByte, at: 2),
    .n("structure_hash_comment", "#\n{}", .unexpectedByte, at: 0),
    .n("structure_capital_true", "True", .unexpectedByte, at: 0),
    .n("structure_capital_null", "[NULL]", .unexpectedByte, at: 1),
    .n("structure_half_true", "tru", .unexpectedByte, at: 0),
    .n("structure_true_and_more", "trues", .trailingData, at: 4),
    .n("structure_undefined", "undefined", .unexpectedByte, at: 0),
    .n("structure_bare_word", "stage", .unexpectedByte, at: 0),
    .n("structure_open_array", "[", .unexpectedEnd, at: 1),
    .n("structure_open_object", "{", .unexpectedEnd, at: 1),
    .n("structure_close_only", "]", .unexpectedByte, at: 0),
    .n("structure_wrong_close", "[}", .unexpectedByte, at: 1),
    .n("structure_form", "roomId=stage", .unexpectedByte, at: 0),
    .n("array_trailing_comma", "[1,]", .unexpectedByte, at: 3),
    .n("array_leading_comma", "[,1]", .unexpectedByte, at: 1),
    .n("array_double_comma", "[1,,2]", .unexpectedByte, at: 3),
    .n("array_only_comma", "[,]", .unexpectedByte, at: 1),
    .n("array_no_comma", "[1 2]", .unexpectedByte, at: 3),
    .n("array_colon", "[1:2]", .unexpectedByte, at: 2),
    .n("array_unclosed", "[1", .unexpectedEnd, at: 2),
    .n("array_unclosed_after_comma", "[1,", .unexpectedEnd, at: 3),
    .n("object_trailing_comma", #"{"a":1,}"#, .unexpectedByte, at: 7),
    .n("object_leading_comma", #"{,"a":1}"#, .unexpectedByte, at: 1),
    .n("object_double_comma", #"{"a":1,,"b":2}"#, .unexpectedByte, at: 7),
    .n("object_no_comma", #"{"a":1 "b":2}"#, .unexpectedByte, at: 7),
    .n("object_no_colon", #"{"a" 1}"#, .unexpectedByte, at: 5),
    .n("object_double_colon", #"{"a"::1}"#, .unexpectedByte, at: 5),
    .n("object_equals", #"{"a"=1}"#, .unexpectedByte, at: 4),
    .n("object_no_value", #"{"a":}"#, .unexpectedByte, at: 5),
    .n("object_only_name", #"{"a"}"#, .unexpectedByte, at: 4),
    .n("object_bare_name", "{a:1}", .unexpectedByte, at: 1),
    .n("object_single_quotes", "{'a':1}", .unexpectedByte, at: 1),
    .n("object_number_as_name", "{1:1}", .unexpectedByte, at: 1),
    .n("object_null_as_name", "{null:1}", .unexpectedByte, at: 1),
    .n("object_unclosed", #"{"a":1"#, .unexpectedEnd, at: 6),
]

// MARK: - RFC 8259 §4: names

let names: [JSONCase] = [
    .n("names_duplicate", #"{"roomId":"a","roomId":"b"}"#, .duplicateName, at: 14),
    .n("names_duplicate_same_value", #"{"roomId":"a","roomId":"a"}"#, .duplicateName, at: 14),
    .n("names_duplicate_escaped", #"{"roomId":"a","room\u0049d":"b"}"#, .duplicateName, at: 14),
    .n("names_duplicate_escaped_first", #"{"room\u0049d":"a","roomId":"b"}"#, .duplicateName, at: 19),
    .n("names_duplicate_all_escaped", #"{"a":1,"\u0061":2}"#, .duplicateName, at: 7),
    .n("names_duplicate_hex_case", #"{"\u004a":1,"\u004A":2}"#, .duplicateName, at: 12),
    .n("names_duplicate_solidus", #"{"a/b":1,"a\/b":2}"#, .duplicateName, at: 9),
    .n("names_duplicate_surrogate_pair", #"{"😀":1,"\uD83D\uDE00":2}"#, .duplicateName, at: 10),
    .n("names_duplicate_empty", #"{"":1,"":2}"#, .duplicateName, at: 6),
    .n("names_duplicate_not_adjacent", #"{"a":1,"b":2,"a":3}"#, .duplicateName, at: 13),
    .n("names_duplicate_inside", #"[{"o":{"a":1,"a":2}}]"#, .duplicateName, at: 13),
    .y("names_same_in_sisters", #"[{"a":1},{"a":2}]"#, [["a": 1], ["a": 2]]),
    .y("names_same_in_parent", #"{"a":{"a":1}}"#, ["a": ["a": 1]]),
    .y("names_differ_in_case", #"{"roomId":1,"roomid":2}"#, ["roomId": 1, "roomid": 2]),
    .y("names_NFC_and_NFD_differ", "{\"\u{E9}\":1,\"e\u{301}\":2}", ["\u{E9}": 1, "e\u{301}": 2]),
    .y("names_KELVIN_SIGN_is_not_K", "{\"K\":1,\"\u{212A}\":2}", ["K": 1, "\u{212A}": 2]),
    .y("names_ANGSTROM_SIGN_is_not_A_RING", #"{"\u00C5":1,"\u212B":2}"#, ["\u{C5}": 1, "\u{212B}": 2]),
    .y("names_zero_width_joiner_counts", "{\"a\":1,\"a\u{200D}\":2}", ["a": 1, "a\u{200D}": 2]),
    .y("names_NUL_ends_nothing", #"{"a":1,"a\u0000":2}"#, ["a": 1, "a\0": 2]),
]

// MARK: - RFC 8259 §7, §8.2: strings

let strings: [JSONCase] = [
    .y("string_empty", #""""#, ""),
    .y("string_every_short_escape", #""\"\\\/\b\f\n\r\t""#, .scalars(0x22, 0x5C, 0x2F, 0x08, 0x0C, 0x0A, 0x0D, 0x09)),
    .y("string_escape_first_and_last", #""\nab\n""#, "\nab\n"),
    .y("string_escaped_NUL", #""\u0000""#, "\0"),
    .y("string_escaped_last_before_surrogates", #""\uD7FF""#, "\u{D7FF}"),
    .y("string_escaped_first_after_surrogates", #""\uE000""#, "\u{E000}"),
    .y("string_escaped_noncharacter", #""\uFFFF""#, "\u{FFFF}"),
    .y("string_hex_of_both_cases", #""\u00e9\u00E9""#, "\u{E9}\u{E9}"),
    .y("string_first_pair", #""\uD800\uDC00""#, "\u{10000}"),
    .y("string_last_pair", #""\uDBFF\uDFFF""#, "\u{10FFFF}"),
    .y("string_pair_in_lower_case", #""\ud83d\ude00""#, "😀"),
    .y("string_DEL", "\"\u{7F}\"", "\u{7F}"),
    .y("string_C1", "\"\u{85}\"", "\u{85}"),
    .y("string_line_separators", "\"\u{2028}\u{2029}\"", "\u{2028}\u{2029}"),
    .y("string_BOM_inside", "\"\u{FEFF}\"", "\u{FEFF}"),
    .y("string_raw_two_three_four_bytes", "\"é€😀\"", "é€😀"),
    .y("string_right_to_left_override", "\"\u{202E}a\"", "\u{202E}a"),
    .y("string_not_normalized", "\"e\u{301}\"", .scalars(0x65, 0x301)),
    .y("string_CRLF_escaped", #""\r\n""#, .scalars(0x0D, 0x0A)),
    .y("string_backslash_u_escaped", #""\\u0041""#, #"\u0041"#),
    .n("string_unclosed", #""a"#, .unexpectedEnd, at: 2),
    .n("string_only_quote", #"""#, .unexpectedEnd, at: 1),
    .n("string_ends_in_backslash", #""\"#, .unexpectedEnd, at: 2),
    .n("string_escaped_quote_at_end", #""\""#, .unexpectedEnd, at: 3),
    .n("string_single_quotes", "'a'", .unexpectedByte, at: 0),
    .n("string_raw_NUL", "\"a\0b\"", .controlCharacter, at: 2),
    .n("string_raw_tab", "\"\t\"", .controlCharacter, at: 1),
    .n("string_raw_LF", "\"a\nb\"", .controlCharacter, at: 2),
    .n("string_raw_CR", "\"a\rb\"", .controlCharacter, at: 2),
    .n("string_raw_CRLF", "\"a\r\nb\"", .controlCharacter, at: 2),
    .n("string_raw_ESC", "\"\u{1B}[0m\"", .controlCharacter, at: 1),
    .n("string_raw_US", "\"\u{1F}\"", .controlCharacter, at: 1),
    .n("string_raw_control_after_escape", "\"\\n\u{1}\"", .controlCharacter, at: 3),
    .n("string_raw_control_in_name", "{\"a\n\":1}", .controlCharacter, at: 3),
    .n("string_escape_a", #""\a""#, .badEscape, at: 1),
    .n("string_escape_x", #""\x41""#, .badEscape, at: 1),
    .n("string_escape_capital_U", #""\U0041""#, .badEscape, at: 1),
    .n("string_escape_quote", #""\'""#, .badEscape, at: 1),
    .n("string_escape_zero", #""\0""#, .badEscape, at: 1),
    .n("string_escape_newline", "\"\\\n\"", .badEscape, at: 1),
    .n("string_escape_emoji", #""\😀""#, .badEscape, at: 1),
    .n("string_u_three_digits", #""\u004""#, .badEscape, at: 6),
    .n("string_u_no_digits", #""\u""#, .badEscape, at: 3),
    .n("string_u_cut", #""\u00"#, .unexpectedEnd, at: 5),
    .n("string_u_not_hex", #""\u00G0""#, .badEscape, at: 5),
    .n("string_u_sign", #""\u+041""#, .badEscape, at: 3),
    .n("string_u_space", #""\u 041""#, .badEscape, at: 3),
    .n("string_u_braces", #""\u{41}""#, .badEscape, at: 3),
    .n("string_u_fullwidth_digits", #""\u００４１""#, .badEscape, at: 3),
    .i("surrogate_high_alone", #""\uD800""#, .loneSurrogate, at: 1),
    .i("surrogate_last_high_alone", #""\uDBFF""#, .loneSurrogate, at: 1),
    .i("surrogate_low_alone", #""\uDC00""#, .loneSurrogate, at: 1),
    .i("surrogate_last_low_alone", #""\uDFFF""#, .loneSurrogate, at: 1),
    .i("surrogate_high_then_character", #""\uD800a""#, .loneSurrogate, at: 1),
    .i("surrogate_high_then_escape", #""\uD800\n""#, .loneSurrogate, at: 1),
    .i("surrogate_high_then_letter", #""\uD800\u0041""#, .loneSurrogate, at: 1),
    .i("surrogate_high_high", #""\uD800\uD800""#, .loneSurrogate, at: 1),
    .i("surrogate_high_high_low", #""\uD800\uD83D\uDE00""#, .loneSurrogate, at: 1),
    .i("surrogate_low_high", #""\uDE00\uD83D""#, .loneSurrogate, at: 1),
    .i("surrogate_low_low", #""\uDE00\uDE00""#, .loneSurrogate, at: 1),
    .i("surrogate_pair_then_low", #""\uD83D\uDE00\uDE00""#, .loneSurrogate, at: 13),
    .i("surrogate_pair_then_high", #""\uD83D\uDE00\uD83D""#, .loneSurrogate, at: 13),
    .i("surrogate_pair_torn_by_space", #""\uD83D \uDE00""#, .loneSurrogate, at: 1),
    .i("surrogate_high_then_end", #""\uD800"#, .loneSurrogate, at: 1),
    .i("surrogate_high_in_name", #"{"\uD800":1}"#, .loneSurrogate, at: 2),
    .n("surrogate_high_then_bad_escape", #""\uD83D\uZZZZ""#, .badEscape, at: 9),
    .n("surrogate_low_then_bad_escape", #""\uDE00\uZZZZ""#, .loneSurrogate, at: 1),
    .n("surrogate_high_then_cut", #""\uD83D\uDE"#, .unexpectedEnd, at: 11),
]

// MARK: - RFC 8259 §6: numbers

let numbers: [JSONCase] = [
    .y("number_zero", "0", 0),
    .y("number_negative", "-1", -1),
    .i("number_negative_zero_is_an_integer", "-0", 0),
    .y("number_negative_zero_fraction", "-0.0", .number(-0.0)),
    .y("number_fraction", "1.5", 1.5),
    .y("number_exponent", "1e2", 100.0),
    .y("number_capital_exponent", "1E+2", 100.0),
    .y("number_negative_exponent", "25e-1", 2.5),
    .y("number_exponent_with_zeros", "1e002", 100.0),
    .y("number_zero_exponent", "0e0", 0.0),
    .y("number_fraction_and_exponent", "-1.25E1", -12.5),
    .i("number_largest_Int64", "9223372036854775807", .integer(.max)),
    .i("number_smallest_Int64", "-9223372036854775808", .integer(.min)),
    .i("number_past_Int64", "9223372036854775808", .numberOutOfRange, at: 0),
    .i("number_past_negative_Int64", "[-9223372036854775809]", .numberOutOfRange, at: 1),
    .i("number_of_30_digits", "123456789012345678901234567890", .numberOutOfRange, at: 0),
    .i("number_huge_exponent", "1e400", .numberOutOfRange, at: 0),
    .i("number_huge_negative", "[0,-1e400]", .numberOutOfRange, at: 3),
    .i("number_absurd_exponent", "1e99999999999999999999", .numberOutOfRange, at: 0),
    .i("number_largest_double", "1.7976931348623157e308", .number(.greatestFiniteMagnitude)),
    .i("number_too_small_is_zero", "1e-400", 0.0),
    .i("number_of_30_digits_with_a_point", "123456789012345678901234567890.0", 1.2345678901234568e29),
    .n("number_leading_zero", "01", .badNumber, at: 1),
    .n("number_double_zero", "00", .badNumber, at: 1),
    .n("number_negative_leading_zero", "-01", .badNumber, at: 2),
    .n("number_plus", "+1", .unexpectedByte, at: 0),
    .n("number_minus_alone", "-", .badNumber, at: 1),
    .n("number_double_minus", "--1", .badNumber, at: 1),
    .n("number_minus_space", "- 1", .badNumber, at: 1),
    .n("number_minus_letter", "-a", .badNumber, at: 1),
    .n("number_point_first", ".5", .unexpectedByte, at: 0),
    .n("number_minus_point", "-.5", .badNumber, at: 1),
    .n("number_point_last", "1.", .badNumber, at: 2),
    .n("number_point_exponent", "1.e1", .badNumber, at: 2),
    .n("number_two_points", "1.2.3", .trailingData, at: 3),
    .n("number_exponent_empty", "1e", .badNumber, at: 2),
    .n("number_exponent_sign_only", "1e+", .badNumber, at: 3),
    .n("number_exponent_two_signs", "1e+-1", .badNumber, at: 3),
    .n("number_exponent_fraction", "1e1.5", .trailingData, at: 3),
    .n("number_hex", "0x1F", .trailingData, at: 1),
    .n("number_underscore", "1_000", .trailingData, at: 1),
    .n("number_comma", "1,5", .trailingData, at: 1),
    .n("number_space", "[1 000]", .unexpectedByte, at: 3),
    .n("number_fullwidth", "１", .unexpectedByte, at: 0),
    .n("number_arabic_indic", "٣", .unexpectedByte, at: 0),
    .n("number_NaN", "NaN", .unexpectedByte, at: 0),
    .n("number_nan", "nan", .unexpectedByte, at: 0),
    .n("number_Infinity", "Infinity", .unexpectedByte, at: 0),
    .n("number_minus_Infinity", "-Infinity", .badNumber, at: 1),
    .n("number_inf", "[inf]", .unexpectedByte, at: 1),
]

// MARK: - RFC 8259 §8.1, RFC 3629 §3: encodings

let encodings: [JSONCase] = [
    .i("encoding_UTF-8_BOM", bytes: [0xEF, 0xBB, 0xBF, 0x7B, 0x7D], .byteOrderMark, at: 0),
    .i("encoding_BOM_alone", bytes: [0xEF, 0xBB, 0xBF], .byteOrderMark, at: 0),
    .n("encoding_half_a_BOM", bytes: [0xEF, 0xBB], .notUTF8, at: 0),
    .n("encoding_BOM_after_space", bytes: [0x20, 0xEF, 0xBB, 0xBF, 0x31], .unexpectedByte, at: 1),
    .i("encoding_UTF-16LE_BOM", bytes: [0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00], .notUTF8, at: 0),
    .i("encoding_UTF-16BE_BOM", bytes: [0xFE, 0xFF, 0x00, 0x7B, 0x00, 0x7D], .notUTF8, at: 0),
    .n("encoding_UTF-16LE", bytes: [0x7B, 0x00, 0x7D, 0x00], .unexpectedByte, at: 1),
    .n("encoding_UTF-16BE", bytes: [0x00, 0x7B, 0x00, 0x7D], .unexpectedByte, at: 0),
    .n("encoding_UTF-32LE_BOM", bytes: [0xFF, 0xFE, 0x00, 0x00, 0x31, 0x00, 0x00, 0x00], .notUTF8, at: 0),
    .n("encoding_UTF-32BE_BOM", bytes: [0x00, 0x00, 0xFE, 0xFF, 0x00, 0x00, 0x00, 0x31], .notUTF8, at: 2),
    .n("encoding_UTF-32LE", bytes: [0x31, 0x00, 0x00, 0x00], .trailingData, at: 1),
    .n("encoding_UTF-32BE", bytes: [0x00, 0x00, 0x00, 0x31], .unexpectedByte, at: 0),
    .n("encoding_UTF-7", "+AHsAfQ-", .unexpectedByte, at: 0),
    .n("encoding_Latin-1", bytes: quoted(0xE9), .notUTF8, at: 1),
    .n("encoding_lone_continuation", bytes: quoted(0x80), .notUTF8, at: 1),
    .n("encoding_overlong_two_bytes", bytes: quoted(0xC0, 0xAF), .notUTF8, at: 1),
    .n("encoding_overlong_NUL", bytes: quoted(0xC0, 0x80), .notUTF8, at: 1),
    .n("encoding_overlong_quote", bytes: [0x22, 0xC0, 0xA2], .notUTF8, at: 1),
    .n("encoding_overlong_C1", bytes: quoted(0xC1, 0xBF), .notUTF8, at: 1),
    .n("encoding_overlong_three_bytes", bytes: quoted(0xE0, 0x80, 0xAF), .notUTF8, at: 1),
    .n("encoding_overlong_four_bytes", bytes: quoted(0xF0, 0x80, 0x80, 0xAF), .notUTF8, at: 1),
    .n("encoding_raw_surrogate", bytes: quoted(0xED, 0xA0, 0x80), .notUTF8, at: 1),
    .n("encoding_CESU-8_pair", bytes: quoted(0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80), .notUTF8, at: 1),
    .n("encoding_past_Unicode", bytes: quoted(0xF4, 0x90, 0x80, 0x80), .notUTF8, at: 1),
    .n("encoding_five_bytes", bytes: quoted(0xF8, 0x88, 0x80, 0x80, 0x80), .notUTF8, at: 1),
    .n("encoding_FE", bytes: quoted(0xFE), .notUTF8, at: 1),
    .n("encoding_FF", bytes: quoted(0xFF), .notUTF8, at: 1),
    .n("encoding_cut_two_bytes", bytes: quoted(0xC3), .notUTF8, at: 1),
    .n("encoding_cut_three_bytes", bytes: quoted(0xE2, 0x82), .notUTF8, at: 1),
    .n("encoding_cut_four_bytes", bytes: quoted(0xF0, 0x9F, 0x98), .notUTF8, at: 1),
    .n("encoding_cut_at_the_end", bytes: [0x22, 0x22, 0xC3], .notUTF8, at: 2),
    .n("encoding_wrong_after_the_value", bytes: [0x7B, 0x7D, 0x0A, 0xFF], .notUTF8, at: 3),
    .n("encoding_wrong_in_a_name", bytes: [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], .notUTF8, at: 2),
    .y("encoding_last_scalar", bytes: quoted(0xF4, 0x8F, 0xBF, 0xBF), "\u{10FFFF}"),
    .y("encoding_noncharacter", bytes: quoted(0xEF, 0xBF, 0xBE), .scalars(0xFFFE)),
    .y("encoding_shortest_of_each_length", bytes: quoted(0xC2, 0x80, 0xE0, 0xA0, 0x80), .scalars(0x80, 0x800)),
]

// MARK: - RFC 8259 §9: limits

private let limits: [JSONCase] = [
    .i("depth_8_arrays", nested(8, "[", "]"), [[[[[[[[]]]]]]]]),
    .i("depth_9_arrays", nested(9, "[", "]"), .tooDeep, at: 8),
    .i(
        "depth_8_objects",
        nested(8, #"{"a":"#, "}", around: "1"),
        ["a": ["a": ["a": ["a": ["a": ["a": ["a": ["a": 1]]]]]]]]
    ),
    .i("depth_9_objects", nested(9, #"{"a":"#, "}", around: "1"), .tooDeep, at: 40),
    .i("depth_9_mixed", nested(4, #"[{"a":"#, "}]", around: "[]"), .tooDeep, at: 24),
    .i("depth_100000", nested(100_000, "[", ""), .tooDeep, at: 8),
    .i("depth_counts_nesting_not_sisters", "[[],[],[],[],[],[],[],[],[]]", [[], [], [], [], [], [], [], [], []]),
    .i("members_64", members(64), .object((0..<64).map { Tree.Member(name: UTF8String("m\($0)"), value: 0) })),
    .i("members_65", members(65), .tooManyMembers, at: 503),
]

private func quoted(_ bytes: UInt8...) -> [UInt8] {
    [0x22] + bytes + [0x22]
}
