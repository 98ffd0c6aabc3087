import LiveKitToken
import RoomAccess
import StrictJSON

/// What a JSON Web Token says of itself, which anybody may have written: it explains a refusal, and decides nothing.
struct UnverifiedToken {
    let header: JSONValue?
    let claims: JSONValue?
    /// The members of the payload, the longest first, with their bytes in the token.
    let sizes: [(name: String, bytes: Int)]

    init(_ bearer: BearerToken) {
        let parts = bearer.bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        header = parts.first.flatMap { Self.json($0) }
        claims = parts.count == 3 ? Self.json(parts[1]) : nil
        sizes = (claims?.members ?? []).map { member in
            var writer = JSONWriter()
            writer.value(.object([member]))
            // Base64 makes four characters of three bytes; the braces are not the member's.
            return (member.name.description, (writer.bytes.count - 2) * 4 / 3)
        }.sorted { ($1.bytes, $0.name) < ($0.bytes, $1.name) }
    }

    private static func json(_ part: ArraySlice<UInt8>) -> JSONValue? {
        Base64URL.decode(part).flatMap { try? JSONValue(parsing: $0, within: .token) }
    }

    /// A claim that is text; `nil` for anything else.
    func text(_ claim: UTF8String) -> UTF8String? { claims?[claim]?.text }

    /// The texts of `aud`.
    var audiences: [UTF8String] {
        switch claims?["aud"] {
        case .string(let text): [text]
        case .array(let elements): elements.compactMap(\.text)
        default: []
        }
    }

    /// The first of some claims that there is.
    func first(of names: [UTF8String]) -> UTF8String? {
        names.first { claims?[$0] != nil && claims?[$0] != .null }
    }
}
