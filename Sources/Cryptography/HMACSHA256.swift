import CNettle
import Glibc

/// HMAC-SHA-256 (RFC 2104, RFC 4868) under one key, set up once for any number of messages and threads.
///
/// It keeps the keyed state (RFC 2104 §4) in place of the key, at one place in memory that is wiped on release. That
/// state is a secret too, since it signs. Nothing prints it.
package struct HMACSHA256: Sendable {
    /// 32 bytes.
    package typealias Code = InlineArray<32, UInt8>

    private let key: KeyedState

    /// Sets up a key of any length, none included: how long a key must be is the caller's rule.
    ///
    /// The bytes stay the caller's to wipe.
    package init(key: Span<UInt8>) {
        self.key = KeyedState(key)
    }

    /// The authentication code of a message.
    package func code(for message: Span<UInt8>) -> Code {
        var code = Code(repeating: 0)
        var codeSpan = code.mutableSpan
        unsafe codeSpan.withUnsafeMutableBufferPointer { code in
            unsafe message.withUnsafeBufferPointer { message in
                unsafe withWipedMemory(for: hmac_sha256_ctx.self) { context in
                    unsafe key.copy(to: context)
                    unsafe nettle_hmac_sha256_update(context, message.count, message.baseAddress)
                    unsafe cnettle_hmac_sha256_digest(context, code.baseAddress)
                }
            }
        }
        return code
    }

    /// Whether this is the code of that message; the time taken does not depend on the bytes of the code.
    ///
    /// A truncated code is refused: RFC 2104 §5 allows one, no protocol here does.
    package func isValid(_ code: Span<UInt8>, for message: Span<UInt8>) -> Bool {
        let right = self.code(for: message)
        return ConstantTime.areEqual(code, right.span)
    }
}

/// The state of HMAC after the key, at an address that never changes: every copy of it is made and wiped here.
///
/// It is unchecked because of the pointer. What it points to is written before the initializer returns and read only
/// from then on.
@safe
private final class KeyedState: @unchecked Sendable {
    private let context: UnsafeMutablePointer<hmac_sha256_ctx>

    init(_ key: Span<UInt8>) {
        unsafe context = .allocate(capacity: 1)
        unsafe key.withUnsafeBufferPointer { key in
            unsafe nettle_hmac_sha256_set_key(context, key.count, key.baseAddress)
        }
        cnettle_wipe_stack()
    }

    deinit {
        unsafe explicit_bzero(context, MemoryLayout<hmac_sha256_ctx>.size)
        unsafe context.deallocate()
    }

    func copy(to other: UnsafeMutablePointer<hmac_sha256_ctx>) {
        unsafe other.initialize(from: context, count: 1)
    }
}

extension HMACSHA256: CustomStringConvertible, CustomReflectable {
    package var description: String { "HMACSHA256(redacted)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
