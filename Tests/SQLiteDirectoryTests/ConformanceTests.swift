import Conformance
import Testing

@Suite struct `The directory in SQLite keeps the contract` {
    @Test(arguments: DirectoryContract.cases)
    func `when this program writes it`(_ contract: ContractCase) throws {
        try contract.check(try WriterFixture())
    }

    @Test(arguments: DirectoryContract.cases)
    func `when other processes write it with sqlite3`(_ contract: ContractCase) throws {
        try contract.check(try ShellFixture())
    }
}
