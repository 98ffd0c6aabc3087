package import LiveKitToken
package import RoomAccess

/// An event of logins by token, for counters and the log.
package enum LoginEvent: Equatable, Sendable {
    /// A signature was verified, or found invalid.
    case verified
    /// A token was known from before.
    case remembered
    /// A set is in use from now on, or again; keys that verify nothing are told with why.
    case keySetRead(KeySetFile, keys: Int, skipped: [String])
    /// The file that is there is not used: the problem is a predicate whose subject is the file.
    case keySetRefused(KeySetFile, problem: String, isLastGoodKept: Bool)
    /// Key sets are wanted now: a token names a key that none has.
    case fetchWanted(KeySetFile)
}

/// A key set at one time, for metrics and commands.
package struct KeySetStatus: Equatable, Sendable {
    /// The key of the configuration, such as `sessions.jwt`.
    package let setting: String
    package let file: KeySetFile
    /// The keys of the set in use; `nil` if there is none.
    package let keys: Int?
    package let confirmedAt: NumericDate?
    /// Why tokens are not judged by it, or an operator should look; `nil` if all is well.
    package let problem: String?
    /// Whether tokens are judged by it.
    package let isUsable: Bool
}
