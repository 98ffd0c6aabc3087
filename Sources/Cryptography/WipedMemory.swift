import Glibc

/// Lends memory for one value, which the body initializes, and wipes it afterwards.
///
/// A context of nettle holds the last block of what it was given, and of HMAC's the state that signs; nettle wipes
/// neither. A local variable would be at the compiler's mercy, which may copy it.
func withWipedMemory<Value: BitwiseCopyable>(
    for type: Value.Type,
    _ body: (UnsafeMutablePointer<Value>) -> Void
) {
    unsafe withUnsafeTemporaryAllocation(of: Value.self, capacity: 1) { buffer in
        guard let value = buffer.baseAddress else { preconditionFailure("memory for one value has an address") }
        unsafe body(value)
        unsafe explicit_bzero(value, MemoryLayout<Value>.size)
    }
}
