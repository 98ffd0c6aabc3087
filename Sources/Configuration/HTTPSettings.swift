/// The section `http`: how answers differ between deployments.
package struct HTTPSettings: Sendable {
    /// The status of an answer to a caller without a valid session: 403, or the 401 of RFC 6750.
    package let unauthenticatedStatus: Int

    init(_ section: ConfigurationReader) throws(ConfigurationError) {
        var status = Defaults.unauthenticatedStatus
        if let written = try section.integer("unauthenticated_status", in: 0...999) {
            guard [401, 403].contains(written.value) else { throw section.error(written, "must be 403 or 401") }
            status = written.value
        }
        unauthenticatedStatus = status
        try section.finish()
    }
}
