import CommandLineInterface
import Daemon

/// A file that a command line names, read whole.
struct InputFile {
    /// What messages call it.
    let name: String
    let bytes: [UInt8]

    /// Reads a file, or standard input for `-`.
    init(_ path: String, atMost maximumLength: Int) throws(Failure) {
        if path == "-" {
            name = "standard input"
            bytes = try StandardInput.read(atMost: maximumLength)
            guard bytes.count <= maximumLength else {
                throw Failure(.data, "standard input has more than \(maximumLength) bytes")
            }
            return
        }
        name = path.harmless
        do throws(ReadableFileError) {
            bytes = try ReadableFile(opening: path).contents(atMost: maximumLength)
        } catch .isTooLong {
            throw Failure(.data, "\(path) has more than \(maximumLength) bytes")
        } catch {
            throw Failure(.data, "\(path) cannot be read: \(error)")
        }
    }
}
