import Testing

/// What every `SessionStore` and `RoomDirectory` must do, whatever it is made of.
///
/// An adapter runs it with a fixture of its own:
///
///     @Test(arguments: DirectoryContract.cases)
///     func `keeps the contract`(_ contract: ContractCase) throws { try contract.check(try MyFixture()) }
enum DirectoryContract {
    static let cases = sessionCases + userCases + roomCases + membershipCases + streamSessionCases
}

/// One promise, and what shows that it is kept.
struct ContractCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let check: @Sendable (any DirectoryFixture) throws -> Void

    init(_ promise: String, _ check: @escaping @Sendable (any DirectoryFixture) throws -> Void) {
        testDescription = promise
        self.check = check
    }
}
