package import LiveKitToken
package import RoomAccess
package import StrictJSON

/// The names of rooms that are made for clients that name none: a text with a UUID in it.
package struct GeneratedRoom: Equatable, Sendable {
    /// What stands for the UUID in the text of a configuration.
    package static let placeholder = "{uuid}"

    private let head: [UInt8]
    private let tail: [UInt8]

    /// Takes a text such as `call-{uuid}`; `nil` unless it has the placeholder once.
    package init?(_ text: UTF8String) {
        let placeholder = Array(Self.placeholder.utf8)
        let starts = text.utf8.indices.filter { text.utf8[$0...].starts(with: placeholder) }
        guard starts.count == 1, let start = starts.first else { return nil }
        head = Array(text.utf8[..<start])
        tail = Array(text.utf8[(start + placeholder.count)...])
    }

    /// The name with a UUID; `nil` if that is no id.
    package func name(_ uuid: UUID) -> Identifier? {
        UTF8String(validating: head + uuid.text.utf8 + tail).flatMap { Identifier($0) }
    }

    /// A glob that matches each name.
    package var glob: RoomGlob {
        RoomGlob(UTF8String(String(decoding: head + [UInt8(ascii: "*")] + tail, as: UTF8.self)))
    }

    /// Names with UUIDs of one hexadecimal digit each, which show whether all names fit a pattern or a glob.
    package var samples: [Identifier?] {
        (UInt64(0)..<16).map { digit in
            let half = (0..<16).reduce(0) { half, _ in half << 4 | digit }
            return name(UUID(high: half, low: half))
        }
    }
}
