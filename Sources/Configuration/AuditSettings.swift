/// The section `audit`: where the log of requests goes.
package struct AuditSettings: Sendable {
    /// The path of a file; `nil` for standard output.
    package let path: String?

    init(_ section: ConfigurationReader) throws(ConfigurationError) {
        path = try section.absolutePath("file", such: "/var/lib/livekit-tokend/audit.log")?.value
        try section.finish()
    }
}
