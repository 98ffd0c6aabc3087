/// The section `sessions`: where the sessions of callers are looked up.
package struct SessionSettings: Sendable {
    /// A source of sessions.
    package enum Source: String, CaseIterable, Sendable {
        case directory
    }

    /// `sessions.source`.
    package let source: Source

    init(_ section: ConfigurationReader) throws(ConfigurationError) {
        var source = Defaults.sessionSource
        if let name = try section.string("source") {
            guard let known = Source(rawValue: name.value) else {
                let all = Source.allCases.map(\.rawValue).joined(separator: ", ")
                throw section.error(name, "must be \(all)")
            }
            source = known
        }
        self.source = source
        try section.finish()
    }
}
