import CLibFuzzer
import Glibc
import StrictJSON

/// The fuzzers in one program: `Fuzz TARGET` and then what libFuzzer's command line takes, or `Fuzz verdicts` (of
/// the JSON parser), or `Fuzz documents` (of the YAML reader).
@main
enum Fuzz {
    /// Each is called with one input, and stops the program if anything about it is wrong.
    private static let targets: [String: @Sendable ([UInt8]) -> Void] = [
        "gate-query": GateQuery.check,
        "gate-token": GateToken.check,
        "json": JSON.check,
        "bearer": Bearer.check,
        "configuration": ConfigurationText.check,
        "keyfile": KeyFileText.check,
        "token": Token.check,
        "signature": Signature.check,
        "jws": CompactSignature.check,
        "jwk-set": KeySet.check,
        "claims": TokenClaims.check,
        "request": Body.check,
        "room-pattern": PatternText.check,
        "rooms-claim": RoomsClaims.check,
        "rfc3339": Instant.check,
        "base64url": Encoding.check,
        "yaml": YAMLText.check,
    ]

    fileprivate static let check: @Sendable ([UInt8]) -> Void = {
        guard let target = targets[CommandLine.arguments[1]] else { fail("no target has that name") }
        return target
    }()

    static func main() {
        guard CommandLine.arguments.count > 1 else { fail("which of \(targets.keys.sorted())?") }
        if CommandLine.arguments[1] == "verdicts" { return JSON.answer() }
        if CommandLine.arguments[1] == "documents" { return YAMLText.answer() }
        exit(unsafe run_fuzzer(CommandLine.argc, CommandLine.unsafeArgv))
    }

    private static func fail(_ problem: String) -> Never {
        print(problem)
        exit(64)
    }
}

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
func checkOne(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    Fuzz.check(unsafe Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}

/// Stops the fuzzer: what it holds is a finding.
func finding(_ what: String) -> Never {
    fatalError("FINDING: \(what)")
}

/// Fails unless a property holds.
func want(_ holds: Bool, _ otherwise: @autoclosure () -> String) {
    if !holds { finding(otherwise()) }
}

/// The bytes of the next line of standard input, which has them in hexadecimal; `nil` at its end.
func readHexadecimalLine() -> [UInt8]? {
    guard let digits = readLine()?.compactMap(\.hexDigitValue) else { return nil }
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// Takes an input apart into values: a structure of its own out of any bytes.
struct Input {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    mutating func byte() -> UInt8 {
        rest.popFirst() ?? 0
    }

    mutating func integer() -> Int64 {
        (0..<8).reduce(0) { (value, _) in value << 8 | Int64(byte()) }
    }

    mutating func bytes(atMost limit: Int) -> [UInt8] {
        let count = min(Int(byte()), limit, rest.count)
        defer { rest.removeFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func text() -> UTF8String {
        let bytes = bytes(atMost: 255)
        return UTF8String(validating: bytes) ?? UTF8String(String(decoding: bytes, as: UTF8.self))
    }
}
