import LiveKitToken
import SQLiteDirectory
import TokenEndpoint

// What the settings describe, put together: the one place that knows all parts.

extension Settings {
    /// The directory for look-ups, made and brought up to date where that is needed.
    func openDirectory(readers: Int) throws(Failure) -> DirectoryReader {
        do throws(DirectoryError) {
            return try DirectoryReader(path: directoryPath, readers: readers)
        } catch {
            throw Failure(.unavailable, "directory.url: \(error.reason)")
        }
    }
}

extension Endpoint {
    /// The endpoint that the settings describe.
    init(_ settings: Settings, key: APIKey, directory: any Directory) {
        self.init(
            directory: directory,
            issuer: Issuer(settings, key: key),
            policy: Policy(
                ids: settings.ids,
                unauthenticatedStatus: settings.unauthenticatedStatus,
                earliestTime: WallClock.earliest,
                tokenSource: settings.tokenSource
            )
        )
    }
}

extension Issuer {
    /// The issuer that the settings describe.
    init(_ settings: Settings, key: APIKey) {
        self.init(key: key, policy: settings.token, join: settings.join) {
            var generator = KernelRandomness()
            return .random(using: &generator)
        }
    }
}

extension Log {
    /// The log that the settings describe.
    ///
    /// - Parameter operations: where everything but the audit goes, and the audit too unless it has a file.
    init(_ settings: Settings, operations: LineSink) throws(Failure) {
        self.operations = operations
        guard let path = settings.auditPath else {
            audit = operations
            return
        }
        do throws(LineSink.Failure) {
            audit = try LineSink(appendingTo: path)
        } catch {
            throw Failure(.configuration, "audit.file: \(path) cannot be appended to: \(error)")
        }
    }
}
