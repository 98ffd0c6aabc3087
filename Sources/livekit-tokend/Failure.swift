import CommandLineInterface

/// The failure of a command: an exit status of sysexits(3) and one line for a person.
package struct Failure: Error, Equatable {
    /// An exit status.
    package enum Status: Int32, Sendable {
        case usage = 64
        case data = 65
        case unavailable = 69
        case software = 70
        case configuration = 78
    }

    /// The exit status.
    package let status: Status
    /// What is wrong, where, and what to do: one line without a secret, not capitalized and without a full stop.
    package let message: String

    /// Makes a failure, whose message may quote a file or an argument: a character that would end the line or command
    /// a terminal becomes a `?`.
    package init(_ status: Status, _ message: String) {
        self.status = status
        self.message = message.harmless
    }
}

/// The exit status of a command that has reported its failure itself.
struct ReportedFailure: Error {
    let status: Failure.Status
}
