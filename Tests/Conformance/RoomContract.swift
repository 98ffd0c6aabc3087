import LiveKitToken
import RoomAccess
import TestSupport
import Testing

extension DirectoryContract {
    static let roomCases = [
        ContractCase("a room that never was is unknown") {
            try $0.add([.user("ada"), .room("other")])
            #expect(try $0.room("r", "ada") == nil)
        },
        ContractCase("a room is restricted or open") {
            try $0.add([.room("r"), .room("o", .open)])
            #expect(try $0.room("r", "ada")?.access == .restricted)
            #expect(try $0.room("o", "ada")?.access == .open)
        },
        ContractCase("a room is known to somebody who is no user") {
            try $0.add(.room("r"))
            let empty = RoomEntry(access: .restricted, memberships: [], isScheduled: false, streamSessions: [])
            #expect(try $0.room("r", "nobody") == empty)
        },
        ContractCase("room ids that differ in case are two rooms") {
            try $0.add(.room("stage"))
            #expect(try $0.room("Stage", "ada") == nil)
        },
        ContractCase("what a pattern would match is not what an id matches") { fixture in
            try fixture.add(.room("stage-1"))
            for pattern in ["stage-%", "stage__", "stage-*", "stage-?", "stage-[0-9]", "stage-1%", "stage-1'--"] {
                #expect(try fixture.room(pattern, "ada") == nil, "\(pattern)")
            }
        },
        ContractCase("ids that look like numbers are texts") { fixture in
            try fixture.add(.room("1"))
            for other in ["01", "1.0", "1e0", "+1"] { #expect(try fixture.room(other, "ada") == nil, "\(other)") }
            #expect(try fixture.room("1", "ada") != nil)
        },
        ContractCase("a room added or removed is what the next call sees") {
            #expect(try $0.room("r", "ada") == nil)
            try $0.add(.room("r"))
            #expect(try $0.room("r", "ada") != nil)
            try $0.change(.removeRoom("r"))
            #expect(try $0.room("r", "ada") == nil)
        },
        ContractCase("a room added anew has nothing of the one before") {
            try $0.add([.user("ada"), .room("r"), .streamSession("s", room: "r", StreamSession())])
            try $0.add(.member("ada", room: "r", Membership(role: id("host"))))
            try $0.change(.removeRoom("r"))
            try $0.add(.room("r"))
            let empty = RoomEntry(access: .restricted, memberships: [], isScheduled: false, streamSessions: [])
            #expect(try $0.room("r", "ada") == empty)
        },
    ]

    static let membershipCases = [
        ContractCase("a membership comes back whole") {
            let membership = Membership(role: id("host"), scene: id("s"), event: id("e"), expiresAt: noon(7))
            try $0.add([.user("ada"), .room("r"), .member("ada", room: "r", membership)])
            #expect(try $0.room("r", "ada")?.memberships == [membership])
        },
        ContractCase("a membership without scene, event and end has none") {
            try $0.add([.user("ada"), .room("r"), .member("ada", room: "r", Membership(role: id("host")))])
            #expect(try $0.room("r", "ada")?.memberships == [Membership(role: id("host"))])
        },
        ContractCase("all memberships of a user come back, ended ones too") {
            let memberships = [
                Membership(role: id("host"), expiresAt: noon(-1)), Membership(role: id("viewer")),
                Membership(role: id("host"), scene: id("a")), Membership(role: id("host"), scene: id("b")),
                Membership(role: id("host"), event: id("a")),
                Membership(role: id("host"), scene: id("a"), event: id("a")),
            ]
            try $0.add([.user("ada"), .room("r")] + memberships.map { .member("ada", room: "r", $0) })
            let found = try #require(try $0.room("r", "ada")).memberships
            #expect(found.count == memberships.count)
            #expect(memberships.allSatisfy(found.contains))
        },
        ContractCase("a membership that ends at this second comes back with its end") {
            try $0.add([.user("ada"), .room("r")])
            try $0.add(.member("ada", room: "r", Membership(role: id("host"), expiresAt: noon)))
            #expect(try $0.room("r", "ada")?.memberships.first?.expiresAt == noon)
        },
        ContractCase("the memberships of others are not seen") {
            try $0.add([.user("ada"), .user("ad"), .user("ada2"), .user("Ada"), .room("r")])
            try $0.add(["ad", "ada2", "Ada"].map { .member($0, room: "r", Membership(role: id("host"))) })
            #expect(try $0.room("r", "ada")?.memberships == [])
        },
        ContractCase("the memberships of other rooms are not seen") {
            try $0.add([.user("ada"), .room("r"), .room("R"), .room("r2")])
            try $0.add(["R", "r2"].map { .member("ada", room: $0, Membership(role: id("host"))) })
            #expect(try $0.room("r", "ada")?.memberships == [])
        },
        ContractCase("a member added or removed is what the next call sees") {
            try $0.add([.user("ada"), .room("r")])
            #expect(try $0.room("r", "ada")?.memberships == [])
            try $0.add(.member("ada", room: "r", Membership(role: id("host"))))
            #expect(try $0.room("r", "ada")?.memberships.count == 1)
            try $0.change(.removeMember("ada", room: "r"))
            #expect(try $0.room("r", "ada")?.memberships == [])
        },
        ContractCase("a new end of a membership is what the next call sees") {
            try $0.add([.user("ada"), .room("r")])
            try $0.add(.member("ada", room: "r", Membership(role: id("host"), expiresAt: noon(5))))
            #expect(try $0.room("r", "ada")?.memberships.first?.expiresAt == noon(5))
            let prolonged = Membership(role: id("host"), expiresAt: noon(50))
            try $0.change(.prolong("ada", room: "r", prolonged))
            #expect(try $0.room("r", "ada")?.memberships == [prolonged])
        },
        ContractCase("a disabled user's memberships stay what they are") {
            try $0.add([.user("ada", disabled: true), .room("r")])
            try $0.add(.member("ada", room: "r", Membership(role: id("host"))))
            #expect(try $0.room("r", "ada")?.memberships.count == 1)
        },
        ContractCase("two hundred memberships come back, each once") { fixture in
            try fixture.add([.user("ada"), .room("r")])
            let scenes = (0..<200).map { "scene-\($0)" }
            try fixture.add(scenes.map { .member("ada", room: "r", Membership(role: id("host"), scene: id($0))) })
            let found = try #require(try fixture.room("r", "ada")).memberships
            #expect(found.count == 200)
            #expect(Set(found.compactMap(\.scene)) == Set(scenes.map(id)))
        },
    ]
}
