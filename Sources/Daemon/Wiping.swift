import Glibc

extension [UInt8] {
    /// Overwrites the bytes where they are (explicit_bzero(3)); no other array may share them.
    package mutating func wipe() {
        unsafe withUnsafeMutableBytes { bytes in
            if let start = bytes.baseAddress { unsafe explicit_bzero(start, bytes.count) }
        }
    }
}
