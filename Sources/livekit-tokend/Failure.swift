import CommandLineInterface

/// Why a command ends without having done its work: an exit status of sysexits(3) and one line for a person.
package struct Failure: Error, Equatable {
    package enum Status: Int32, Sendable {
        case usage = 64
        case data = 65
        case unavailable = 69
        case software = 70
        case configuration = 78
    }

    package let status: Status
    /// What is wrong and what would be right, in one line without a secret, not capitalized and without a full stop.
    package let message: String

    /// Takes the words, which may quote a file or an argument: whatever would end the line or command a terminal becomes
    /// a `?`.
    package init(_ status: Status, _ message: String) {
        self.status = status
        self.message = message.harmless
    }
}

/// The end of a command that has told of its failure already.
struct FailureTold: Error {
    let status: Failure.Status
}
