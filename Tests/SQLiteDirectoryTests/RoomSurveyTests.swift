import Conformance
import RoomAccess
import SQLiteDirectory
import TestSupport
import Testing

@Suite struct `A survey of rooms` {
    private let fixture: ShellFixture

    init() throws {
        fixture = try ShellFixture()
        try fixture.add([.user("ada"), .room("a"), .room("b"), .room("c"), .room("d")])
    }

    private func survey() throws -> RoomSurvey {
        try SQLiteDirectoryReader.surveyRooms(path: fixture.folder.directory, at: noon)
    }

    @Test func `names the rooms all of whose stream sessions have closed`() throws {
        #expect(try survey().closedRooms == [])
        try fixture.add([
            .streamSession("1", room: "d", StreamSession(closesAt: noon)),
            .streamSession("2", room: "a", StreamSession(opensAt: noon(-9), closesAt: noon(-1))),
            .streamSession("3", room: "a", StreamSession(scene: "s", closesAt: noon(-1))),
            .streamSession("4", room: "b", StreamSession(closesAt: noon(-1))),
            .streamSession("5", room: "b", StreamSession(opensAt: noon(5), closesAt: noon(9))),
            .streamSession("6", room: "c", StreamSession(closesAt: noon(-1))),
            .streamSession("7", room: "c", StreamSession(scene: "s")),
        ])
        #expect(try survey().closedRooms == ["a", "d"])
    }

    @Test func `counts the memberships of each role that have not expired`() throws {
        #expect(try survey().memberships == [:])
        try fixture.add([
            .member("ada", room: "a", Membership(role: "host")),
            .member("ada", room: "b", Membership(role: "host", expiresAt: noon(1))),
            .member("ada", room: "c", Membership(role: "host", expiresAt: noon)),
            .member("ada", room: "a", Membership(role: "Host", scene: "s")),
        ])
        #expect(try survey().memberships == ["host": 2, "Host": 1])
    }

    @Test func `passes over what is no id`() throws {
        let outcome = try Shell.sqlite3(
            fixture.folder.directory,
            """
            PRAGMA ignore_check_constraints = ON;
            INSERT INTO members (room_id, user_id, role) VALUES ('a', 'ada', 'two words'), ('a', 'ada', 'host');
            INSERT INTO stream_sessions (room_id, closes_at) VALUES ('two words', 1), ('a', 1);
            """
        )
        try #require(outcome.status == 0)
        #expect(try survey() == RoomSurvey(closedRooms: ["a"], memberships: ["host": 1]))
    }

    @Test func `fails where there is no directory, and makes none`() throws {
        let folder = try TemporaryFolder()
        #expect(throws: DirectoryError.self) { try SQLiteDirectoryReader.surveyRooms(path: folder.directory, at: noon) }
        #expect(!folder.exists("directory.sqlite"))
    }
}
