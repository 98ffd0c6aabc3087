import LiveKitToken
import StrictJSON
import TokenEndpoint

/// An id that a test knows to be one.
func id(_ text: String) -> Identifier {
    guard let id = Identifier(UTF8String(text)) else { preconditionFailure("not an id: \(text)") }
    return id
}

/// The digest of a bearer.
func digest(_ bearer: String) -> SessionDigest {
    SessionDigest(bearer: Array(bearer.utf8))
}

extension SessionDigest {
    var hex: String {
        bytes.map { byte in String(byte >> 4, radix: 16) + String(byte & 0x0F, radix: 16) }.joined()
    }
}

/// The moment at which the tests ask.
let noon = NumericDate(1_795_521_600)

/// So many seconds after noon, or before it.
func noon(_ seconds: Int64) -> NumericDate {
    noon.advanced(by: seconds)
}
