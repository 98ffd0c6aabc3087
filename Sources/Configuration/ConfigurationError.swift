/// The reason why a configuration or a key cannot be used.
package struct ConfigurationError: Error, Equatable {
    /// The place, what is wrong there, and what would be right; no secret.
    ///
    /// A quoted key or value stands there as the file has it, control characters included.
    package let message: String

    init(_ message: String) {
        self.message = message
    }
}
