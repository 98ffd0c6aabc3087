/// A number with its noun: `no sessions`, `1 session`, `1,204 sessions`.
func counted(_ count: some BinaryInteger, _ noun: String) -> String {
    guard count > 0 else { return "no \(noun)s" }
    var digits = String(count)
    for place in stride(from: digits.count - 3, to: 0, by: -3) {
        digits.insert(",", at: digits.index(digits.startIndex, offsetBy: place))
    }
    return "\(digits) \(noun)\(count == 1 ? "" : "s")"
}
