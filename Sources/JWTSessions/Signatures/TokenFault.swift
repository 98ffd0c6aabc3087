package import RoomAccess
package import StrictJSON

/// Why a bearer is not a token that a key of this deployment signed, by kind, for the log.
///
/// Words that come from the token are cleaned: visible ASCII, of a bounded length. A `kid` is as it came.
package enum TokenFault: Error, Equatable, Sendable {
    // The form (RFC 7515 §3.1, §7.1).
    case tooLong(bytes: Int, maximumLength: Int)
    /// Other than three parts between two dots, or five.
    case parts
    /// Five parts, of which the first is the header: an encrypted token (RFC 7516 §3.1).
    case encrypted
    /// A part that is not base64url without padding, or has another spelling of its own (RFC 4648 §3.5).
    case encoding(CompactJWS.Part)
    case headerSyntax(JSONError)
    case headerNotObject

    // The header (RFC 7515 §4.1, RFC 8725 §3).
    /// No `alg`, or one that is no string.
    case algorithmMissing
    /// An algorithm that is not allowed here, `none` among them.
    case algorithm(UTF8String)
    /// A `typ` of another kind of token (RFC 8725 §3.11).
    case type(UTF8String)
    /// A member that changes what a signature means, or that names or holds a key of the sender's choice.
    case member(UTF8String)
    case keyIDNotText

    // The key, and its signature.
    /// No key of the set has that `kid`.
    case keyIDUnknown(UTF8String)
    /// The key of that `kid` is not one for that algorithm.
    case keyAlgorithm(SignatureAlgorithm)
    /// Without a `kid`: no key of the set is for that algorithm.
    case noKey(SignatureAlgorithm)
    /// Without a `kid`: more than one key of the set is for that algorithm.
    case ambiguousKey(SignatureAlgorithm)
    case signature

    /// Enough for the URL of an issuer or an audience, and for a digest that is a `kid`: an operator compares them.
    private static let shownLength = 128

    /// A text of the token, as a line of a log can have it; one that is cut ends with dots.
    static func cleaned(_ text: UTF8String?) -> UTF8String {
        let bytes = text?.utf8 ?? Array("(no text)".utf8)
        let visible = bytes.prefix(shownLength).map { byte in
            (0x20...0x7E).contains(byte) ? byte : UInt8(ascii: "?")
        }
        return UTF8String(ascii: visible + (bytes.count > shownLength ? Array("...".utf8) : []))
    }
}
