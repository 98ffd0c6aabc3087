/// The paths of files.
package enum FilePath {
    /// The directory that a file is in, which a relative path in the file starts from.
    package static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

extension ConfigurationReader {
    /// The absolute path of a file; `nil` if the key is absent or the path empty.
    ///
    /// - Parameter example: a path that would be right.
    func absolutePath(_ key: String, such example: String) throws(ConfigurationError) -> Located<String>? {
        guard let path = try string(key), !path.value.isEmpty else { return nil }
        guard path.value.hasPrefix("/"), !path.value.hasSuffix("/") else {
            throw error(path, "must be the absolute path of a file, such as \(example)")
        }
        return path
    }
}
