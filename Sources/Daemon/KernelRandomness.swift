import CLinux

/// The kernel's random number generator (getrandom(2)), the only source of randomness of a program.
///
/// One call fetches two words, as many as an identifier takes; the standard library's generator makes a call a word.
package struct KernelRandomness: RandomNumberGenerator {
    private var spare: UInt64?

    /// Fetches nothing yet.
    package init() {}

    /// The next word, which cannot be predicted from those before.
    package mutating func next() -> UInt64 {
        if let word = spare.take() { return word }
        var words = (UInt64(0), UInt64(0))
        // So few bytes come whole, and are not interrupted.
        precondition(unsafe getrandom(&words, 16, 0) == 16)
        spare = words.1
        return words.0
    }
}
