import RoomAccess
import StrictJSON

extension ConfigurationReader {
    /// Objects that providers let users write themselves, by the name of the claim.
    private static let writtenByUsers = ["user_metadata", "unsafe_metadata"]

    /// The path of a claim at a key, a string for one name or a list; `nil` if the key is absent.
    ///
    /// - Parameter decides: whether the claim says who somebody is, or what they may do: then a user must not be able
    ///   to write it.
    func claimPath(_ key: String, decides: Bool) throws(ConfigurationError) -> ClaimPath? {
        guard let names = try stringOrStrings(key) else { return nil }
        guard let path = ClaimPath(names.value.map { UTF8String($0.value) }) else {
            throw error(
                names,
                "must be the name of a claim, or a list of 1 to \(ClaimPath.maximumDepth) names, one inside the other, "
                    + "such as [app_metadata, livekit_rooms]"
            )
        }
        if decides, let first = names.value.first?.value, Self.writtenByUsers.contains(first) {
            throw error(
                names,
                "is below \(first), which users write themselves; name a claim that only the provider "
                    + "writes, such as one in app_metadata"
            )
        }
        return path
    }
}
