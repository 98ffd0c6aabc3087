package import RoomAccess

extension KeySource {
    /// The file of a secret beside the key file: a relative path starts where that of a key file does.
    func secretFile(_ path: String) -> SecretFile {
        guard !path.hasPrefix("/") else { return SecretFile(path: path, originalPath: path) }
        return SecretFile(path: "\(directory)/\(path)", originalPath: "\(originalDirectory ?? directory)/\(path)")
    }

    /// Reads the secret of an issuer of tokens, less one line end: the bytes are for the caller to wipe.
    ///
    /// - Parameters:
    ///   - setting: the key of the configuration that names the file.
    ///   - minimumLength: the bytes that it must have.
    /// - Throws: if others can read the file, and if the secret is short or one of LiveKit's own, with which its issuer
    ///   could sign tokens for rooms.
    package func sharedSecret(
        in file: SecretFile,
        setting: String,
        minimumLength: Int,
        on system: some OperatingSystem
    ) throws(ConfigurationError) -> [UInt8] {
        let place = file.originalPath
        let kind = FileOfSecrets(
            noun: "the secret file",
            setting: setting,
            absence: "the secret file is empty or missing; write the secret that the issuer signs with into it, with "
                + "mode 0600"
        )
        var secret = try kind.contents(of: file.path, place: place, on: system)
        if secret.last == UInt8(ascii: "\n") { secret.removeLast() }
        let problem =
            secret.isEmpty
            ? kind.absence
            : secret.count < minimumLength
                ? "the secret has \(secret.count) bytes, and HS256 needs \(minimumLength); make one with: openssl rand "
                    + "-base64 32, and give it to the issuer"
                : hasSecret(secret, on: system)
                    ? "the secret is one of LiveKit's own, with which its issuer could sign tokens for every room; "
                        + "make another with: openssl rand -base64 32, and give it to the issuer"
                    : nil
        guard let problem else { return secret }
        system.wipe(&secret)
        throw ConfigurationError("\(place): \(problem)")
    }

    /// Whether bytes are a secret of any place of keys, also of one that is hidden; a place that cannot be read has
    /// none.
    private func hasSecret(_ bytes: [UInt8], on system: some OperatingSystem) -> Bool {
        places(on: system).contains { place in
            guard var content = try? contents(of: place, on: system) else { return false }
            defer { system.wipe(&content) }
            if place == .secretVariable { return content == bytes }
            let entries = (try? KeyFile.parse(content, place: place.name)) ?? []
            return entries.contains { entry in
                var secret = KeyFile.secret(of: entry, in: content)
                defer { system.wipe(&secret) }
                return secret == bytes
            }
        }
    }
}
