@testable import Configuration
import LiveKitToken
import TokenEndpoint

/// Configurations: settings within their limits, or one line that says what is wrong.
enum ConfigurationText {
    static func check(_ bytes: [UInt8]) {
        do throws(Failure) {
            let settings = try Settings(yaml: bytes, file: "config.yaml", environment: { _ in nil })
            let token = settings.token
            want(token.bounds.contains(token.lifetime), "a lifetime outside its bounds")
            want(TokenPolicy.hardLimits.contains(token.bounds.lowerBound), "a lower bound that is too low")
            want(TokenPolicy.hardLimits.contains(token.bounds.upperBound), "an upper bound that is too high")
            want((1...256).contains(settings.workers), "\(settings.workers) workers")
            want([401, 403].contains(settings.unauthenticatedStatus), "status \(settings.unauthenticatedStatus)")
            want(!settings.roles.isEmpty, "no role")
            want(settings.listenPath.hasPrefix("/") && settings.directoryPath.hasPrefix("/"), "a relative path")
        } catch {
            isOneLine(error)
        }
    }
}

/// Key files: keys that can be used, or one line without any of what stands there but an id.
enum KeyFileText {
    static func check(_ bytes: [UInt8]) {
        do throws(Failure) {
            let entries = try KeyFile.parse(bytes, place: "keys.yaml")
            want(Set(entries.map(\.id)).count == entries.count, "an id comes twice")
            for entry in entries {
                want(!entry.secret.isEmpty && entry.secret.allSatisfy { (0x21...0x7E).contains($0) }, "an odd secret")
            }
        } catch {
            isOneLine(error)
        }
    }
}

private func isOneLine(_ failure: Failure) {
    want(failure.status == .configuration, "status \(failure.status)")
    let isOdd: (Unicode.Scalar) -> Bool = {
        $0.properties.generalCategory == .control || $0.properties.generalCategory == .lineSeparator
            || $0.properties.generalCategory == .paragraphSeparator
    }
    want(!failure.message.unicodeScalars.contains(where: isOdd), "not one line: \(failure.message.debugDescription)")
}
