import Cryptography
import Foundation
import SQLiteDirectory
import Testing

@Suite struct `A released migration` {
    /// The SHA-256 of each, by its version: a release adds a line, which never changes.
    static let digests = [
        1: "39cf4e6b9127da39bdcf9221b90d0822215c2a698ef573a2bb802fa831d9593d",
        2: "afe19877a52edf4cdcd361d7e7364a0ee4f2ab44e645d81872f27c587f705753",
        3: "64b7ce44e03b8dffb3ac09f6f4d96386cdff4c724d63de79f461f854e3926f9b",
    ]

    @Test(arguments: digests.keys.sorted())
    func `is as it was released`(_ version: Int) throws {
        let migrations = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/SQLiteDirectory/Migrations")
        let bytes = Array(try Data(contentsOf: migrations.appending(path: "version\(version).sql")))
        let digest = SHA256.digest(of: bytes.span)
        let hexadecimal = digest.indices.map { String(format: "%02x", digest[$0]) }.joined()
        #expect(hexadecimal == Self.digests[version])
    }

    @Test func `has its digest here, each of them`() {
        #expect(Self.digests.keys.sorted() == Array(1...Schema.version))
    }
}
