import RoomAccess
import TestSupport
import Testing

@Suite struct `a session digest` {
    /// NIST's vector for `abc`.
    @Test func `is the SHA-256 of the bearer token`() throws {
        let token = try #require(BearerToken(Array("abc".utf8)[...]))
        #expect(token.digest.hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func `has 32 bytes`() {
        for length in [0, 20, 31, 33, 64] { #expect(SessionDigest(bytes: [UInt8](repeating: 1, count: length)) == nil) }
        #expect(SessionDigest(bytes: [UInt8](repeating: 1, count: 32))?.bytes == [UInt8](repeating: 1, count: 32))
    }
}
