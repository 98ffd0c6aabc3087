package import RoomAccess
import TestSupport
import Testing

/// The contract of the `IdentityRows` of a directory, as cases that every adapter must pass.
package enum IdentityContract {
    package static let cases = [
        IdentityContractCase("an empty directory has no user and no session") { fixture in
            for subject in [IdentitySubject.users, .sessions] {
                let reading = try Reading(fixture.identityRows(of: subject))
                #expect(reading.holders == [])
            }
        },
        IdentityContractCase("all users are read, each with its own letters, and disabled ones too") { fixture in
            let upper = "3F2504E0-4F89-41D3-9A0C-0305E82C3301"
            let long = String(repeating: "x", count: 256)
            try fixture.add([.user("ada"), .user("bob", disabled: true), .user(upper), .user(long)])
            let holders = try Reading(fixture.identityRows(of: .users)).holders
            #expect(Set(holders.map(\.user)) == [id("ada"), id("bob"), id(upper), id(long)])
            #expect(holders.count == 4 && holders.allSatisfy { $0.session == nil })
        },
        IdentityContractCase("all sessions are read, those of a user one after the other, and ended ones too") {
            fixture in
            try fixture.add([
                .user("ada"), .user("bob"), .user("cyd"), .session("a1", user: "ada"), .session("b1", user: "bob"),
                .session("a2", user: "ada", expires: noon(-1)), .session("b2", user: "bob", revoked: noon),
                .session("a3", user: "ada"),
            ])
            let holders = try Reading(fixture.identityRows(of: .sessions)).holders
            let expected = ["a1": "ada", "a2": "ada", "a3": "ada", "b1": "bob", "b2": "bob"].map {
                IdentityHolder(user: id($1), session: digest($0))
            }
            #expect(holders.count == 5)
            #expect(expected.allSatisfy { holders.contains($0) })
            #expect(holders.map(\.user) == holders.map(\.user).sorted(), "\(holders.map(\.user))")
        },
        IdentityContractCase("a reading is current for as long as nothing is committed, however often one asks") {
            try $0.add(.user("ada"))
            let rows = $0.identityRows(of: .users)
            let reading = try Reading(rows)
            for _ in 0..<100 { #expect(try rows.isCurrent(reading.reading)) }
        },
        IdentityContractCase("a user who was added a moment ago makes a reading old, and is in the next") { fixture in
            let rows = fixture.identityRows(of: .users)
            for number in 0..<20 {
                let reading = try Reading(rows)
                try fixture.add(.user("user-\(number)"))
                #expect(try !rows.isCurrent(reading.reading))
                let next = try Reading(rows)
                #expect(next.holders.map(\.user).contains(id("user-\(number)")))
                #expect(try !rows.isCurrent(reading.reading), "the one before stays old")
                #expect(try rows.isCurrent(next.reading))
            }
        },
        IdentityContractCase("a session that was made a moment ago is in the next reading") { fixture in
            try fixture.add(.user("ada"))
            let rows = fixture.identityRows(of: .sessions)
            let reading = try Reading(rows)
            try fixture.add(.session("b", user: "ada"))
            #expect(try !rows.isCurrent(reading.reading))
            #expect(try Reading(rows).holders == [IdentityHolder(user: "ada", session: digest("b"))])
        },
        IdentityContractCase("a user who was removed is not in the next reading, nor a session of that user") {
            fixture in
            try fixture.add([.user("ada"), .session("a", user: "ada"), .user("bob"), .session("b", user: "bob")])
            let (users, sessions) = (fixture.identityRows(of: .users), fixture.identityRows(of: .sessions))
            let (before, sessionsBefore) = (try Reading(users), try Reading(sessions))
            try fixture.change(.removeUser("ada"))
            #expect(try !users.isCurrent(before.reading))
            #expect(try !sessions.isCurrent(sessionsBefore.reading))
            #expect(try Reading(users).holders == [IdentityHolder(user: "bob")])
            #expect(try Reading(sessions).holders == [IdentityHolder(user: "bob", session: digest("b"))])
        },
        IdentityContractCase("a revoked session stays, as it is known whose it was") { fixture in
            try fixture.add([.user("ada"), .session("a", user: "ada")])
            let rows = fixture.identityRows(of: .sessions)
            let before = try Reading(rows)
            try fixture.change(.revoke("a", at: noon))
            #expect(try !rows.isCurrent(before.reading))
            #expect(try Reading(rows).holders == before.holders)
        },
        IdentityContractCase("two that read the same directory each know what the other has not read") { fixture in
            let (one, other) = (fixture.identityRows(of: .users), fixture.identityRows(of: .users))
            let reading = try Reading(one)
            try fixture.add(.user("ada"))
            let newer = try Reading(other)
            #expect(try other.isCurrent(newer.reading))
            #expect(try !one.isCurrent(reading.reading))
        },
        IdentityContractCase("what has never read has nothing that is current") { fixture in
            let rows = fixture.identityRows(of: .users)
            for number in [0, 1] as [UInt64] {
                let isCurrent = try rows.isCurrent(IdentityReading(number: number, flaw: nil))
                #expect(!isCurrent)
            }
        },
    ]

    /// A reading, with all that it has read.
    private struct Reading {
        let reading: IdentityReading
        let holders: [IdentityHolder]

        init(_ rows: any IdentityRows) throws {
            var holders: [IdentityHolder] = []
            reading = try rows.read { holders.append(IdentityHolder(user: $0, session: $1)) }
            self.holders = holders
            #expect(reading.flaw == nil)
        }
    }
}

/// A directory that a case fills, and whose users and sessions it reads whole.
package protocol IdentityFixture: DirectoryFixture {
    func identityRows(of subject: IdentitySubject) -> any IdentityRows
}

/// One promise, and what shows that it is kept.
package struct IdentityContractCase: Sendable, CustomTestStringConvertible {
    package let testDescription: String
    package let check: @Sendable (any IdentityFixture) throws -> Void

    init(_ promise: String, _ check: @escaping @Sendable (any IdentityFixture) throws -> Void) {
        testDescription = promise
        self.check = check
    }
}
