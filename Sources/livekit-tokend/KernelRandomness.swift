import CLinux

/// The kernel's random numbers, two words a call: as many as an identifier takes.
struct KernelRandomness: RandomNumberGenerator {
    private var spare: UInt64?

    mutating func next() -> UInt64 {
        if let word = spare.take() { return word }
        var words = (UInt64(0), UInt64(0))
        // So few bytes come whole, and are not interrupted (getrandom(2)).
        precondition(unsafe getrandom(&words, 16, 0) == 16)
        spare = words.1
        return words.0
    }
}
