import Conformance
import RoomAccess
import SQLiteDirectory
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

    @Test(arguments: IdentityContract.cases)
    func `of identities, when this program writes it`(_ contract: IdentityContractCase) throws {
        try contract.check(try WriterFixture())
    }

    @Test(arguments: IdentityContract.cases)
    func `of identities, when other processes write it with sqlite3`(_ contract: IdentityContractCase) throws {
        try contract.check(try ShellFixture())
    }
}

extension WriterFixture: IdentityFixture {
    func identityRows(of subject: IdentitySubject) -> any IdentityRows {
        SQLiteIdentityRows(path: folder.directory, of: subject, .keep)
    }
}

extension ShellFixture: IdentityFixture {
    func identityRows(of subject: IdentitySubject) -> any IdentityRows {
        SQLiteIdentityRows(path: folder.directory, of: subject, .keep)
    }
}
