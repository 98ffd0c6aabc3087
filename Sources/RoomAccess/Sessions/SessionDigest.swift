import Cryptography

/// The SHA-256 of a bearer token: all that a directory keeps of it.
///
/// A look-up by digest compares no secret, so its time tells nothing about one.
package struct SessionDigest: Hashable, Sendable {
    /// 32 bytes.
    package let bytes: [UInt8]

    package init(bearer: some Collection<UInt8>) {
        let digest = SHA256.digest(of: ArraySlice(bearer).span)
        bytes = [UInt8](capacity: SHA256.digestLength) { bytes in
            for index in digest.indices { bytes.append(digest[index]) }
        }
    }

    /// Takes a digest that was kept; `nil` unless it has 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == SHA256.digestLength else { return nil }
        self.bytes = bytes
    }
}
