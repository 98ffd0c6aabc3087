import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing

extension DirectoryContract {
    private static let uuid = "0f8fad5b-d9cb-469f-a165-70867728950e"

    static let blockCases = [
        ContractCase("nobody is blocked where no block is") {
            try $0.add([.user("ada"), .room("r")])
            #expect(try $0.block("ada") == nil)
        },
        ContractCase("a block comes back whole") {
            try $0.add(.block("ada", room: "r", until: noon(7), why: "spam, \"loud\" \u{1F4E3}"))
            let expected = Block(user: id("ada"), room: id("r"), until: noon(7), why: "spam, \"loud\" \u{1F4E3}")
            #expect(try $0.block("ada") == expected)
        },
        ContractCase("a block without room, end and reason has none") {
            try $0.add(.block("ada"))
            #expect(try $0.block("ada") == Block(user: id("ada")))
        },
        ContractCase("a block of one room bars from no other") {
            try $0.add([.room("r"), .room("R"), .room("r2"), .block("ada", room: "r")])
            #expect(try $0.block("ada") != nil)
            for other in ["R", "r2", "q", "*", "%", "_"] { #expect(try $0.block("ada", in: other) == nil, "\(other)") }
        },
        ContractCase("a block of every room bars from each, listed or not") {
            try $0.add([.room("r"), .block("ada")])
            for room in ["r", "q", "*", "0"] { #expect(try $0.block("ada", in: room) != nil, "\(room)") }
        },
        ContractCase("a block of a room that is no pattern is of that id") {
            try $0.add([.block("ada", room: "r*"), .block("bob", room: "%")])
            #expect(try $0.block("ada", in: "r2") == nil)
            #expect(try $0.block("bob", in: "r") == nil)
            #expect(try $0.block("ada", in: "r*") != nil)
        },
        ContractCase("a block has ended from the second of its end on") {
            try $0.add(.block("ada", room: "r", until: noon))
            #expect(try $0.block("ada", at: noon(-1)) != nil)
            #expect(try $0.block("ada", at: noon) == nil)
            #expect(try $0.block("ada", at: noon(1)) == nil)
        },
        ContractCase("a block without an end is for ever") {
            try $0.add(.block("ada"))
            for now in [NumericDate(0), noon, .writable.upperBound] { #expect(try $0.block("ada", at: now) != nil) }
        },
        ContractCase("an ended block hides no other") {
            try $0.add([.block("ada", until: noon(-1)), .block("ada", room: "r")])
            try $0.add([.block("bob"), .block("bob", room: "r", until: noon(-1))])
            #expect(try $0.block("ada")?.room == id("r"))
            #expect(try $0.block("ada", in: "q") == nil)
            #expect(try $0.block("bob") == Block(user: id("bob")))
        },
        ContractCase("a UUID is one person, however its letters are written") {
            try $0.add([.block(uuid, room: "r"), .block(uuid.uppercased(), room: "q")])
            #expect(try $0.block(uuid.uppercased()) != nil)
            #expect(try $0.block(uuid, in: "q") != nil)
        },
        ContractCase("ids that differ in case are two people") {
            try $0.add([.user("ada"), .user("Ada"), .block("Ada")])
            #expect(try $0.block("ada") == nil)
            #expect(try $0.block("ADA") == nil)
            #expect(try $0.block("Ada") != nil)
        },
        ContractCase("a UUID that has been derived is not the person whose identity it is") {
            let derived = String(ParticipantIdentity(user: "ada").text.description.dropFirst("user-".utf8.count))
            try $0.add(.block(derived))
            #expect(try $0.block("ada") == nil)
            #expect(try $0.block(derived) != nil)
        },
        ContractCase("a block bars a person whom the directory does not know, from a room that it does not list") {
            try $0.add(.block("auth0|5f7c8ec7c33c6c004bbafe82", room: "r"))
            #expect(try $0.directory.snapshot().user(id("auth0|5f7c8ec7c33c6c004bbafe82")) == nil)
            #expect(try $0.room("r", "ada") == nil)
            #expect(try $0.block("auth0|5f7c8ec7c33c6c004bbafe82") != nil)
            #expect(try $0.block("auth0|5f7c8ec7c33c6c004bbafe8") == nil)
        },
        ContractCase("a block, its new end and its lifting are what the next call sees") {
            #expect(try $0.block("ada") == nil)
            try $0.add(.block("ada", room: "r", until: noon(9)))
            #expect(try $0.block("ada")?.until == noon(9))
            try $0.change(.block("ada", room: "r", until: nil))
            #expect(try $0.block("ada") == Block(user: id("ada"), room: id("r")))
            try $0.change(.block("ada", room: "r", until: noon))
            #expect(try $0.block("ada") == nil)
            try $0.change(.block("ada", room: "r", until: noon(9)))
            try $0.change(.unblock("ada", room: "r"))
            #expect(try $0.block("ada") == nil)
        },
        ContractCase("a block of one room is lifted alone") {
            try $0.add([.block("ada"), .block("ada", room: "r"), .block("bob", room: "r")])
            try $0.change(.unblock("ada", room: "r"))
            #expect(try $0.block("ada") == Block(user: id("ada")))
            #expect(try $0.block("bob") != nil)
        },
        ContractCase("a block outlasts its user and its room") {
            try $0.add([.user("ada"), .room("r"), .block("ada", room: "r")])
            try $0.change(.removeUser("ada"))
            try $0.change(.removeRoom("r"))
            #expect(try $0.block("ada") != nil)
            try $0.add([.user("ada"), .room("r")])
            #expect(try $0.block("ada") != nil)
        },
        ContractCase("a snapshot that knows a session or a user has the blocks of that moment") {
            try $0.add([.user("ada"), .session("b", user: "ada")])
            do {
                let (bySession, byUser) = ($0.directory.snapshot(), $0.directory.snapshot())
                _ = try bySession.session(digest("b"))
                _ = try byUser.user(id("ada"))
                try $0.add(.block("ada"))
                for snapshot in [bySession, byUser] {
                    let ada = ParticipantIdentity(user: "ada")
                    #expect(try snapshot.block(of: ada, in: id("r"), at: noon) == nil)
                }
            }
            #expect(try $0.block("ada") != nil)
        },
    ]
}
