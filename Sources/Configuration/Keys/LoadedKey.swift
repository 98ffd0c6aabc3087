package import LiveKitToken

/// The key that signs, and where it was found.
package struct LoadedKey: Sendable {
    package let key: APIKey
    package let place: KeyPlace
    /// The places that hold keys too, and are not looked at.
    package let hidden: [KeyPlace]
}

/// A place that holds keys.
package enum KeyPlace: Equatable, Sendable {
    /// `LIVEKIT_API_SECRET`, with `LIVEKIT_API_KEY`.
    case secretVariable
    /// `LIVEKIT_KEYS`.
    case keysVariable
    /// The key file, by the path that an administrator would mend.
    case file(String)

    /// The name of the variable, or the path of the file.
    package var name: String {
        switch self {
        case .secretVariable: KeySource.secretVariables[0]
        case .keysVariable: KeySource.secretVariables[1]
        case .file(let path): path
        }
    }
}
