import LiveKitToken
import RoomAccess
import TestSupport
import Testing

extension DirectoryContract {
    static let streamSessionCases = [
        ContractCase("a room that never had a stream session is not scheduled") {
            try $0.add(.room("r"))
            #expect(try $0.room("r", "ada")?.isScheduled == false)
        },
        ContractCase("a stream session comes back whole") {
            let session = StreamSession(scene: id("s"), event: id("e"), opensAt: noon(-1), closesAt: noon(1))
            try $0.add([.room("r"), .streamSession("1", room: "r", session)])
            #expect(try $0.room("r", "ada")?.streamSessions == [session])
            #expect(try $0.room("r", "ada")?.isScheduled == true)
        },
        ContractCase("a stream session without scene, event and times has none") {
            try $0.add([.room("r"), .streamSession("1", room: "r", StreamSession())])
            #expect(try $0.room("r", "ada")?.streamSessions == [StreamSession()])
        },
        ContractCase("a room whose stream sessions are all closed is scheduled, with none") {
            try $0.add(.room("r"))
            try $0.add((1...3).map { .streamSession("\($0)", room: "r", StreamSession(closesAt: noon(-$0))) })
            #expect(try $0.room("r", "ada")?.isScheduled == true)
            #expect(try $0.room("r", "ada")?.streamSessions == [])
        },
        ContractCase("a stream session is closed from the second of its end on") {
            try $0.add([.room("r"), .streamSession("1", room: "r", StreamSession(closesAt: noon))])
            #expect(try $0.room("r", "ada", at: noon(-1))?.streamSessions.count == 1)
            #expect(try $0.room("r", "ada", at: noon)?.streamSessions == [])
            #expect(try $0.room("r", "ada", at: noon(1))?.streamSessions == [])
        },
        ContractCase("a stream session that has not opened yet is there") {
            let session = StreamSession(opensAt: noon(60), closesAt: noon(120))
            try $0.add([.room("r"), .streamSession("1", room: "r", session)])
            #expect(try $0.room("r", "ada")?.streamSessions == [session])
        },
        ContractCase("a stream session without an end is there for ever") {
            try $0.add([.room("r"), .streamSession("1", room: "r", StreamSession(opensAt: noon(-9)))])
            #expect(try $0.room("r", "ada", at: noon(1_000_000_000))?.streamSessions.count == 1)
        },
        ContractCase("the stream sessions of other rooms are not seen") {
            try $0.add([.room("r"), .room("R"), .streamSession("1", room: "R", StreamSession())])
            #expect(try $0.room("r", "ada")?.isScheduled == false)
            #expect(try $0.room("r", "ada")?.streamSessions == [])
        },
        ContractCase("all stream sessions that are not closed come back") {
            let sessions = ["a", "b", "c"].flatMap { scene in
                [StreamSession(scene: id(scene)), StreamSession(scene: id(scene), closesAt: noon(5))]
            }
            try $0.add(.room("r"))
            try $0.add(sessions.enumerated().map { .streamSession("\($0)", room: "r", $1) })
            try $0.add(.streamSession("closed", room: "r", StreamSession(scene: id("d"), closesAt: noon(-5))))
            let found = try #require(try $0.room("r", "ada")).streamSessions
            #expect(found.count == sessions.count)
            #expect(sessions.allSatisfy(found.contains))
        },
        ContractCase("an end is what the next call sees, and the room stays scheduled") {
            try $0.add([.room("r"), .streamSession("1", room: "r", StreamSession())])
            #expect(try $0.room("r", "ada")?.streamSessions.count == 1)
            try $0.change(.end("1", at: noon))
            #expect(try $0.room("r", "ada")?.streamSessions == [])
            #expect(try $0.room("r", "ada")?.isScheduled == true)
        },
        ContractCase("a room whose stream sessions are cleared is not scheduled") {
            let sessions = [StreamSession(), StreamSession(closesAt: noon(-1))]
            try $0.add([.room("r"), .room("other"), .streamSession("o", room: "other", StreamSession())])
            try $0.add(sessions.enumerated().map { .streamSession("\($0)", room: "r", $1) })
            try $0.change(.clear(room: "r"))
            #expect(try $0.room("r", "ada")?.streamSessions == [])
            #expect(try $0.room("r", "ada")?.isScheduled == false)
            #expect(try $0.room("other", "ada")?.isScheduled == true)
        },
        ContractCase("an end before the opening closes it for ever") {
            let session = StreamSession(opensAt: noon(60), closesAt: noon(120))
            try $0.add([.room("r"), .streamSession("1", room: "r", session)])
            try $0.change(.end("1", at: noon))
            #expect(try $0.room("r", "ada", at: noon(90))?.streamSessions == [])
        },
    ]
}
