import CNettle

/// An ECDSA public key (FIPS 186-5 §6) on P-256, which verifies over SHA-256, or on P-384, over SHA-384.
package struct ECDSAPublicKey: Sendable {
    package enum Curve: Sendable {
        case p256
        case p384

        /// The octets of a coordinate, and of each half of a signature.
        package var coordinateLength: Int { self == .p256 ? 32 : 48 }
    }

    package let curve: Curve
    /// The coordinates, big-endian, with all octets that the curve has.
    package let x: [UInt8]
    package let y: [UInt8]
    private let point: CurvePoint

    /// Takes a point of the curve, by its coordinates in big-endian octets of the curve's length, zeros included.
    package init(curve: Curve, x: [UInt8], y: [UInt8]) throws(PublicKeyError) {
        for coordinate in [x, y] where coordinate.count != curve.coordinateLength {
            throw .wrongLength(coordinate.count)
        }
        guard let point = CurvePoint(curve, x: x.span, y: y.span) else { throw .notOnCurve }
        (self.curve, self.x, self.y, self.point) = (curve, x, y, point)
    }

    /// Whether the owner of this key signed that message.
    ///
    /// - Parameter signature: r and s in turn (IEEE P1363), each in the curve's length; no other length is valid, as
    ///   one signature would have many spellings otherwise.
    package func isValid(_ signature: Span<UInt8>, for message: Span<UInt8>) -> Bool {
        let half = curve.coordinateLength
        guard signature.count == 2 * half else { return false }
        let (r, s) = (signature.extracting(first: half), signature.extracting(last: half))
        switch curve {
        case .p256:
            let digest = SHA256.digest(of: message)
            return point.verifies(r, s, digest: digest.span)
        case .p384:
            let digest = SHA384.digest(of: message)
            return point.verifies(r, s, digest: digest.span)
        }
    }
}

extension ECDSAPublicKey: Equatable {
    package static func == (one: ECDSAPublicKey, other: ECDSAPublicKey) -> Bool {
        one.curve == other.curve && one.x == other.x && one.y == other.y
    }
}

/// A point as nettle holds it, at an address that never changes.
///
/// It is unchecked because of the pointer. What it points to is written before the initializer returns and read only
/// from then on.
@safe
private final class CurvePoint: @unchecked Sendable {
    private let point: UnsafeMutablePointer<ecc_point>

    /// Sets up a point; `nil` if it is not on the curve, or if a coordinate is not reduced.
    init?(_ curve: ECDSAPublicKey.Curve, x: Span<UInt8>, y: Span<UInt8>) {
        unsafe point = .allocate(capacity: 1)
        unsafe nettle_ecc_point_init(
            point,
            curve == .p256 ? nettle_get_secp_256r1() : nettle_get_secp_384r1()
        )
        let isOnCurve = unsafe withInteger(x) { x in
            unsafe withInteger(y) { y in unsafe nettle_ecc_point_set(point, x, y) == 1 }
        }
        guard isOnCurve else { return nil }
    }

    deinit {
        unsafe nettle_ecc_point_clear(point)
        unsafe point.deallocate()
    }

    func verifies(_ r: Span<UInt8>, _ s: Span<UInt8>, digest: Span<UInt8>) -> Bool {
        var signature = dsa_signature()
        unsafe nettle_dsa_signature_init(&signature)
        defer { unsafe nettle_dsa_signature_clear(&signature) }
        unsafe set(&signature.r, to: r)
        unsafe set(&signature.s, to: s)
        return unsafe digest.withUnsafeBufferPointer { digest in
            unsafe nettle_ecdsa_verify(point, digest.count, digest.baseAddress, &signature) == 1
        }
    }
}
