import Daemon
import Testing

@Suite struct `Prometheus' text format` {
    @Test(
        arguments: [
            (0, "0"), (50_000, "0.00005"), (1_000_000_000, "1"), (2_500_000, "0.0025"), (1_234_567_891, "1.234567891"),
            (18_446_744_073_709_551_615, "18446744073.709551615"),
        ] as [(UInt64, String)]
    )
    func `has seconds, exactly`(_ nanoseconds: UInt64, _ text: String) {
        #expect(PrometheusText.seconds(nanoseconds) == text)
    }

    @Test func `has a help and a type line before each metric`() {
        var page = PrometheusText()
        page.counters("x_total", by: "code", [("200", 3), ("403", 0)], help: "Things.")
        page.gauge("g", -1, labels: ["v": "a\"\\\n"], help: "One.")
        let histogram = Histogram()
        histogram.observe(60_000)
        page.histogram("h", histogram, help: "Times.")
        let lines = page.text.split(separator: "\n").map(String.init)
        #expect(
            Array(lines.prefix(9)) == [
                "# HELP x_total Things.", "# TYPE x_total counter", #"x_total{code="200"} 3"#,
                #"x_total{code="403"} 0"#, "# HELP g One.", "# TYPE g gauge", #"g{v="a\"\\\n"} -1"#, "# HELP h Times.",
                "# TYPE h histogram",
            ]
        )
        #expect(
            Array(lines[9...11]) == [
                #"h_bucket{le="0.00005"} 0"#, #"h_bucket{le="0.0001"} 1"#, #"h_bucket{le="0.00025"} 1"#,
            ]
        )
        #expect(Array(lines.suffix(3)) == [#"h_bucket{le="+Inf"} 1"#, "h_sum 0.00006", "h_count 1"])
        #expect(page.text.hasSuffix("\n"))
    }
}
