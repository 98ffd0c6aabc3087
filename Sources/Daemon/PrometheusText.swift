/// A page in Prometheus' text format, version 0.0.4.
package struct PrometheusText {
    /// The media type of a page.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The page so far.
    package private(set) var text = ""

    /// Begins an empty page.
    package init() {}

    /// Adds a counter for each value of a label.
    package mutating func counters(_ name: String, by label: String, _ values: [(String, UInt64)], help: String) {
        describe(name, as: "counter", help)
        for (value, count) in values { text += "\(name){\(label)=\"\(Self.escaped(value))\"} \(count)\n" }
    }

    /// Adds a counter for each pair of values of two labels.
    package mutating func counters(
        _ name: String,
        by labels: (String, String),
        _ values: [(String, String, UInt64)],
        help: String
    ) {
        describe(name, as: "counter", help)
        for (first, second, count) in values {
            text += "\(name){\(labels.0)=\"\(Self.escaped(first))\",\(labels.1)=\"\(Self.escaped(second))\"} \(count)\n"
        }
    }

    /// Adds a counter.
    package mutating func counter(_ name: String, _ value: some CustomStringConvertible, help: String) {
        describe(name, as: "counter", help)
        text += "\(name) \(value)\n"
    }

    /// Adds a gauge for each value of a label.
    package mutating func gauges(_ name: String, by label: String, _ values: [(String, Int64)], help: String) {
        describe(name, as: "gauge", help)
        for (value, gauge) in values { text += "\(name){\(label)=\"\(Self.escaped(value))\"} \(gauge)\n" }
    }

    /// Adds a gauge.
    package mutating func gauge(
        _ name: String,
        _ value: some CustomStringConvertible,
        labels: KeyValuePairs<String, String> = [:],
        help: String
    ) {
        describe(name, as: "gauge", help)
        let list = labels.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
        text += "\(name)\(list.isEmpty ? "" : "{\(list)}") \(value)\n"
    }

    /// Adds a histogram of durations, in seconds.
    package mutating func histogram(_ name: String, _ histogram: Histogram, help: String) {
        describe(name, as: "histogram", help)
        let (counts, sum) = histogram.state
        for (bound, count) in zip(Histogram.bounds, counts) {
            text += "\(name)_bucket{le=\"\(Self.seconds(UInt64(bound)))\"} \(count)\n"
        }
        let total = counts.last ?? 0
        text += "\(name)_bucket{le=\"+Inf\"} \(total)\n"
        text += "\(name)_sum \(Self.seconds(sum))\n"
        text += "\(name)_count \(total)\n"
    }

    /// Nanoseconds as seconds, exactly: `0.00025`.
    package static func seconds(_ nanoseconds: UInt64) -> String {
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        guard rest > 0 else { return String(whole) }
        var digits = String(1_000_000_000 + rest).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(whole).\(digits)"
    }

    private mutating func describe(_ name: String, as type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    /// The value of a label, as it stands between quotes.
    private static func escaped(_ value: String) -> String {
        var escaped = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped += #"\\"#
            case "\"": escaped += #"\""#
            case "\n": escaped += #"\n"#
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
