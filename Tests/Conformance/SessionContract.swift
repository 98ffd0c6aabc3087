import LiveKitToken
import RoomAccess
import StrictJSON
import TestSupport
import Testing

extension DirectoryContract {
    static let sessionCases = [
        ContractCase("a directory without anything answers a probe") { try $0.directory.probe() },
        ContractCase("a bearer that never was is no session") {
            try $0.add([.user("ada"), .session("b", user: "ada")])
            #expect(try $0.session("nobody's") == nil)
        },
        ContractCase("a session comes back whole") {
            try $0.add([.user("ada", did: "did:web:a", name: "Ada"), .session("b", user: "ada", expires: noon(7))])
            let user = User(id: id("ada"), did: "did:web:a", name: "Ada", isDisabled: false)
            let expected = DirectorySession(user: user, expiresAt: noon(7), isRevoked: false)
            #expect(try $0.session("b") == expected)
        },
        ContractCase("a digest that differs in one bit is no session") { fixture in
            try fixture.add([.user("ada"), .session("b", user: "ada")])
            for bit in 0..<256 {
                var bytes = digest("b").bytes
                bytes[bit / 8] ^= 1 << (bit % 8)
                let other = try #require(SessionDigest(bytes: bytes))
                #expect(try fixture.directory.snapshot().session(other) == nil, "bit \(bit)")
            }
        },
        ContractCase("an expired session is still known, with its end") {
            try $0.add([.user("ada"), .session("b", user: "ada", expires: noon(-1))])
            #expect(try $0.session("b")?.expiresAt == noon(-1))
        },
        ContractCase("a session revoked in the past is revoked") {
            try $0.add([.user("ada"), .session("b", user: "ada", revoked: noon(-1))])
            #expect(try $0.session("b")?.isRevoked == true)
        },
        ContractCase("a session revoked at a time to come is revoked") {
            try $0.add([.user("ada"), .session("b", user: "ada", revoked: noon(999))])
            #expect(try $0.session("b")?.isRevoked == true)
        },
        ContractCase("a revocation is what the next call sees") {
            try $0.add([.user("ada"), .session("b", user: "ada")])
            #expect(try $0.session("b")?.isRevoked == false)
            try $0.change(.revoke("b", at: noon))
            #expect(try $0.session("b")?.isRevoked == true)
        },
        ContractCase("a revocation of one session leaves the others of the user") {
            try $0.add([.user("ada"), .session("b", user: "ada"), .session("c", user: "ada")])
            try $0.change(.revoke("b", at: noon))
            #expect(try $0.session("c")?.isRevoked == false)
        },
        ContractCase("a session opened after a call for it is what the next call sees") {
            try $0.add(.user("ada"))
            #expect(try $0.session("b") == nil)
            try $0.add(.session("b", user: "ada"))
            #expect(try $0.session("b") != nil)
        },
    ]

    static let userCases = [
        ContractCase("a directory has users from the first to the last") {
            try $0.add([.room("r"), .block("ada")])
            #expect(try !$0.directory.snapshot().hasUsers())
            try $0.add([.user("ada"), .user("bob", disabled: true)])
            #expect(try $0.directory.snapshot().hasUsers())
            try $0.change(.removeUser("ada"))
            #expect(try $0.directory.snapshot().hasUsers())
            try $0.change(.removeUser("bob"))
            #expect(try !$0.directory.snapshot().hasUsers())
        },
        ContractCase("a disabled user is known to be") {
            try $0.add([.user("ada", disabled: true), .session("b", user: "ada")])
            #expect(try $0.session("b")?.user.isDisabled == true)
        },
        ContractCase("disabling and enabling a user is what the next call sees") {
            try $0.add([.user("ada"), .session("b", user: "ada")])
            #expect(try $0.session("b")?.user.isDisabled == false)
            try $0.change(.disable("ada"))
            #expect(try $0.session("b")?.user.isDisabled == true)
            try $0.change(.enable("ada"))
            #expect(try $0.session("b")?.user.isDisabled == false)
        },
        ContractCase("disabling a user leaves the others") {
            try $0.add([.user("ada"), .user("bob"), .session("b", user: "bob")])
            try $0.change(.disable("ada"))
            #expect(try $0.session("b")?.user.isDisabled == false)
        },
        ContractCase("the sessions of a removed user are gone at the next call") {
            try $0.add([.user("ada"), .session("b", user: "ada")])
            #expect(try $0.session("b") != nil)
            try $0.change(.removeUser("ada"))
            #expect(try $0.session("b") == nil)
        },
        ContractCase("what a snapshot is asked is answered as of one moment, the next snapshot as of a later one") {
            try $0.add([.user("ada"), .session("b", user: "ada"), .room("r")])
            try $0.add(.member("ada", room: "r", Membership(role: id("host"))))
            do {
                let snapshot = $0.directory.snapshot()
                #expect(try snapshot.session(digest("b")) != nil)
                try $0.change(.removeMember("ada", room: "r"))
                #expect(try snapshot.room(id("r"), user: id("ada"), at: noon)?.memberships.count == 1)
            }
            #expect(try $0.room("r", "ada")?.memberships == [])
        },
        ContractCase("a snapshot that is asked for a user first is of that moment too") {
            try $0.add([.user("ada"), .room("r")])
            try $0.add(.member("ada", room: "r", Membership(role: id("host"))))
            let snapshot = $0.directory.snapshot()
            #expect(try snapshot.user(id("ada"))?.isDisabled == false)
            try $0.change(.removeMember("ada", room: "r"))
            #expect(try snapshot.room(id("r"), user: id("ada"), at: noon)?.memberships.count == 1)
            snapshot.end()
            #expect(try $0.room("r", "ada")?.memberships == [])
        },
        ContractCase("a snapshot that is not asked holds nothing, and an ended one neither") {
            let (unasked, ended) = ($0.directory.snapshot(), $0.directory.snapshot())
            #expect(try ended.session(digest("b")) == nil)
            ended.end()
            ended.end()
            try $0.add([.user("ada"), .session("b", user: "ada")])
            #expect(try unasked.session(digest("b")) != nil)
        },
        ContractCase("a user is known by id, disabled or not") {
            try $0.add([.user("ada", did: "did:web:a", name: "Ada"), .user("bob", disabled: true)])
            let snapshot = $0.directory.snapshot()
            #expect(
                try snapshot.user(id("ada")) == User(id: id("ada"), did: "did:web:a", name: "Ada", isDisabled: false)
            )
            #expect(try snapshot.user(id("bob"))?.isDisabled == true)
            #expect(try snapshot.user(id("Ada")) == nil)
        },
        ContractCase("a user added anew has nothing of the one before") {
            try $0.add([.user("ada"), .session("b", user: "ada"), .room("r")])
            try $0.add(.member("ada", room: "r", Membership(role: id("host"))))
            try $0.change(.removeUser("ada"))
            try $0.add(.user("ada"))
            #expect(try $0.session("b") == nil)
            #expect(try $0.room("r", "ada")?.memberships == [])
        },
        ContractCase("a user without DID and name has none") {
            try $0.add([.user("ada"), .session("b", user: "ada")])
            let user = try $0.session("b")?.user
            #expect(user == User(id: id("ada"), did: nil, name: nil, isDisabled: false))
        },
        ContractCase("user ids that differ in case are two users") {
            try $0.add([.user("ada", disabled: true), .user("Ada"), .session("b", user: "Ada")])
            #expect(try $0.session("b")?.user.id == id("Ada"))
            #expect(try $0.session("b")?.user.isDisabled == false)
        },
        ContractCase("a UUID in capitals stays as it was written") {
            let uuid = "0F8FAD5B-D9CB-469F-A165-70867728950E"
            try $0.add([.user(uuid), .session("b", user: uuid)])
            #expect(try $0.session("b")?.user.id == id(uuid))
        },
        ContractCase("an id of 256 bytes is whole, and not the one of 255") {
            let (long, shorter) = (String(repeating: "x", count: 256), String(repeating: "x", count: 255))
            try $0.add([.user(long), .user(shorter), .session("b", user: long)])
            #expect(try $0.session("b")?.user.id == id(long))
        },
        ContractCase("an id of every visible ASCII character is whole") {
            let every = String(
                String.UnicodeScalarView((0x21...0x7E).compactMap(Unicode.Scalar.init(_:) as (Int) -> Unicode.Scalar?))
            )
            try $0.add([.user(every), .session("b", user: every), .room(every)])
            try $0.add(.member(every, room: every, Membership(role: id(every), scene: id(every), event: id(every))))
            #expect(try $0.session("b")?.user.id == id(every))
            #expect(try $0.room(every, every)?.memberships.first?.scene == id(every))
        },
        ContractCase("a name comes back in the bytes it was given, composed or not") {
            let (composed, decomposed) = ("Zo\u{EB}", "Zoe\u{308}")
            try $0.add([.user("c", name: composed), .session("1", user: "c")])
            try $0.add([.user("d", name: decomposed), .session("2", user: "d")])
            #expect(try $0.session("1")?.user.name == UTF8String(composed))
            #expect(try $0.session("2")?.user.name == UTF8String(decomposed))
        },
        ContractCase("a name of 256 bytes beyond the BMP is whole") {
            let name = String(repeating: "🎙", count: 64)
            try $0.add([.user("ada", name: name), .session("b", user: "ada")])
            #expect(try $0.session("b")?.user.name == UTF8String(name))
        },
    ]
}
