/// What takes the place of Swift's generator under the thread sanitizer: the same, but not empty.
///
/// The compiler tells the sanitizer of every value that is passed `inout`, and of one that has no bytes it tells an
/// address that is none.
struct SystemRandomNumberGenerator: RandomNumberGenerator {
    private var count: UInt64 = 0

    mutating func next() -> UInt64 {
        count &+= 1
        return .random(in: .min ... .max)
    }
}
