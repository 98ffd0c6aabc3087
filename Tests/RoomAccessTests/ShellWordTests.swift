import RoomAccess
import TestSupport
import Testing

@Suite struct `A word of a shell` {
    @Test(arguments: ["/var/lib/livekit-tokend/d.sqlite", "stage-1", "a=b,c%d@e+f:g"])
    func `is the text itself where a shell reads it so`(text: String) {
        #expect(text.shellWord == text)
    }

    @Test(arguments: [
        "", "a b", "$(id)", "it's", "''", "a\nb", "~", "*", "\\", "!x", "#x", "ä", "a;b", "`id`", "{a,b}",
    ]
    )
    func `is read by a shell as the text`(text: String) throws {
        let process = try CompletedProcess("/bin/sh", ["-c", "printf %s \(text.shellWord)"])
        #expect(process.status == 0 && String(decoding: process.output, as: UTF8.self) == text)
    }
}
