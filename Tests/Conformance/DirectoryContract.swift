import Testing

/// The contract of a `Directory` and its `DirectoryWriter`, as cases that every adapter must pass.
///
/// An adapter runs it with a fixture of its own:
///
///     @Test(arguments: DirectoryContract.cases)
///     func `passes`(_ contract: ContractCase) throws { try contract.check(try MyFixture()) }
package enum DirectoryContract {
    package static let cases = sessionCases + userCases + roomCases + membershipCases + streamSessionCases + blockCases
}

/// One promise, and what shows that it is kept.
package struct ContractCase: Sendable, CustomTestStringConvertible {
    package let testDescription: String
    package let check: @Sendable (any DirectoryFixture) throws -> Void

    init(_ promise: String, _ check: @escaping @Sendable (any DirectoryFixture) throws -> Void) {
        testDescription = promise
        self.check = check
    }
}
