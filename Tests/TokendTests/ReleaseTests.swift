import Daemon
import LiveKitToken
import Testing

@testable import livekit_tokend

@Suite struct `The release` {
    /// `#filePath` is `Tests/TokendTests/ReleaseTests.swift` in the package.
    private func changelog(_ file: String = #filePath) throws -> [Substring] {
        let root = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let bytes = try ReadableFile(opening: "\(root)/deploy/debian/changelog").contents(atMost: 1 << 20)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }

    @Test func `has the version and the date of the newest entry of the changelog`() throws {
        let lines = try changelog()
        let title = try #require(lines.first)
        #expect(title.hasPrefix("livekit-tokend (\(Program.version)) "))
        // ` -- NAME <ADDRESS>  Sun, 29 Nov 2026 18:00:00 +0000` (deb-changelog(5))
        let trailer = try #require(lines.first { $0.hasPrefix(" -- ") })
        let date = trailer.split(separator: " ").suffix(5).prefix(3)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let (day, name, year) = (date[date.startIndex], date[date.startIndex + 1], date[date.startIndex + 2])
        let month = try #require(months.firstIndex { $0 == name }) + 1
        let text = "\(year)-\(month < 10 ? "0" : "")\(month)-\(day.count < 2 ? "0" : "")\(day)T00:00:00Z"
        #expect(
            Program.releasedAt == NumericDate(rfc3339: text),
            "set releasedAt in Program.swift to \(text), the date of the newest entry of deploy/debian/changelog"
        )
    }
}
