import Glibc

/// The names in a folder (readdir(3)).
package enum FolderContents {
    /// The names in a folder, less `.` and `..`; empty if the folder cannot be read.
    package static func names(in path: String) -> [String] { readableNames(in: path) ?? [] }

    /// The names in a folder, less `.` and `..`; `nil` if the folder cannot be read.
    package static func readableNames(in path: String) -> [String]? {
        guard let folder = unsafe opendir(path) else { return nil }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }
}
