import Cryptography
import TestSupport
import Testing

/// Octets that are no key: what nettle itself would take of them is what these tests are for.
@Suite struct `An RSA public key` {
    /// Octets that begin with a one bit and are odd, so that only a length can be wrong with them.
    static func odd(bits: Int) -> [UInt8] {
        var octets = [UInt8](repeating: 0xAB, count: (bits + 7) / 8)
        octets[0] = 1 << UInt8((bits - 1) % 8)
        return octets
    }

    @Test(arguments: [2048, 2049, 2055, 3072, 4096, 8185, 8192]) func `has 2,048 to 8,192 bits`(bits: Int) throws {
        _ = try RSAPublicKey(modulus: Self.odd(bits: bits), exponent: [1, 0, 1])
    }

    @Test(arguments: [1, 512, 1024, 2040, 2047]) func `has no fewer`(bits: Int) {
        #expect(throws: PublicKeyError.tooShort(bits: bits)) {
            try RSAPublicKey(modulus: Self.odd(bits: bits), exponent: [1, 0, 1])
        }
    }

    @Test(arguments: [8193, 16_384, 16_385, 65_536]) func `has no more`(bits: Int) {
        #expect(throws: PublicKeyError.tooLong(bits: bits)) {
            try RSAPublicKey(modulus: Self.odd(bits: bits), exponent: [1, 0, 1])
        }
    }

    @Test func `has a modulus, which is odd and has one spelling`() {
        let good = Self.odd(bits: 2048)
        var even = good
        even[255] = 0xAA
        let faults: [([UInt8], PublicKeyError)] = [
            ([], .tooShort(bits: 0)), ([0], .leadingZero), ([UInt8](repeating: 0, count: 256), .leadingZero),
            ([0] + good, .leadingZero), ([0, 0] + good.dropFirst(), .leadingZero), (even, .evenModulus),
            ([0x80] + [UInt8](repeating: 0, count: 255), .evenModulus),
        ]
        for (modulus, fault) in faults {
            #expect(throws: fault) { try RSAPublicKey(modulus: modulus, exponent: [1, 0, 1]) }
        }
    }

    @Test(arguments: [[3], [5], [17], [1, 0, 1], [0xFF, 0xFF, 0xFF, 0xFF]] as [[UInt8]])
    func `has an odd exponent from 3 to 2³² − 1`(exponent: [UInt8]) throws {
        #expect(try RSAPublicKey(modulus: Self.odd(bits: 2048), exponent: exponent).exponent == exponent)
    }

    @Test(
        arguments: [
            [], [1], [2], [4], [1, 0, 0], [0xFF, 0xFF, 0xFF, 0xFE], [1, 0, 0, 0, 1], [1, 0, 0, 0, 0, 0, 0, 0, 1],
            [UInt8](repeating: 0xFF, count: 33), [UInt8](repeating: 0xFF, count: 257),
        ] as [[UInt8]]
    )
    func `has no other exponent`(exponent: [UInt8]) {
        #expect(throws: PublicKeyError.exponent) {
            try RSAPublicKey(modulus: Self.odd(bits: 2048), exponent: exponent)
        }
    }

    @Test(arguments: [[0], [0, 3], [0, 1, 0, 1], [0, 0, 0, 0, 3]] as [[UInt8]])
    func `has one spelling of its exponent`(exponent: [UInt8]) {
        #expect(throws: PublicKeyError.leadingZero) {
            try RSAPublicKey(modulus: Self.odd(bits: 2048), exponent: exponent)
        }
    }

    @Test func `is what its numbers are`() throws {
        let (one, other) = (Self.odd(bits: 2048), Self.odd(bits: 2049))
        let key = try RSAPublicKey(modulus: one, exponent: [3])
        #expect(key == (try RSAPublicKey(modulus: one, exponent: [3])))
        #expect(key != (try RSAPublicKey(modulus: one, exponent: [5])))
        #expect(key != (try RSAPublicKey(modulus: other, exponent: [3])))
        #expect(key.modulus == one)
    }
}

@Suite struct `An ECDSA public key` {
    /// The generators of both curves (SEC 2 §2.4.2, §2.5.1).
    static let generators: [(ECDSAPublicKey.Curve, x: [UInt8], y: [UInt8])] = [
        (
            .p256, bytes(hex: "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
            bytes(hex: "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")
        ),
        (
            .p384,
            bytes(
                hex: "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a38"
                    + "5502f25dbf55296c3a545e3872760ab7"
            ),
            bytes(
                hex: "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c0"
                    + "0a60b1ce1d7e819d7a431d7c90ea0e5f"
            )
        ),
    ]

    /// p of each curve, big-endian (FIPS 186-4 §D.1.2).
    static let primes = [
        bytes(hex: "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"),
        bytes(
            hex: "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff"
        ),
    ]

    @Test(arguments: [0, 1]) func `is a point of its curve`(index: Int) throws {
        let (curve, x, y) = Self.generators[index]
        let key = try ECDSAPublicKey(curve: curve, x: x, y: y)
        #expect((key.x, key.y) == (x, y))
        #expect(key == (try ECDSAPublicKey(curve: curve, x: x, y: y)))
        // −y is on the curve too.
        #expect(key != (try ECDSAPublicKey(curve: curve, x: x, y: subtracting(y, from: Self.primes[index]))))

        var off = y
        off[off.count - 1] ^= 1
        let zero = [UInt8](repeating: 0, count: x.count)
        let ones = [UInt8](repeating: 0xFF, count: x.count)
        for (x, y) in [(x, off), (y, x), (zero, zero), (x, zero), (zero, y), (ones, ones), (x, ones)] {
            #expect(throws: PublicKeyError.notOnCurve) { try ECDSAPublicKey(curve: curve, x: x, y: y) }
        }
        #expect(throws: PublicKeyError.notOnCurve, "a coordinate that is p is not reduced") {
            try ECDSAPublicKey(curve: curve, x: Self.primes[index], y: y)
        }
    }

    @Test(arguments: [0, 1]) func `has coordinates of its curve's length, and no other`(index: Int) {
        let (curve, x, y) = Self.generators[index]
        let other = Self.generators[1 - index]
        let faults: [([UInt8], [UInt8], Int)] = [
            ([], y, 0), (x, [], 0), (Array(x.dropFirst()), y, x.count - 1), (x, Array(y.dropLast()), x.count - 1),
            ([0] + x, y, x.count + 1), (x, [0] + y, x.count + 1), (other.x, other.y, other.x.count),
        ]
        for (x, y, length) in faults {
            #expect(throws: PublicKeyError.wrongLength(length)) { try ECDSAPublicKey(curve: curve, x: x, y: y) }
        }
    }

    /// The difference of two numbers of one length.
    private func subtracting(_ small: [UInt8], from large: [UInt8]) -> [UInt8] {
        var (difference, borrow) = (large, 0)
        for index in large.indices.reversed() {
            let digit = Int(large[index]) - Int(small[index]) - borrow
            borrow = digit < 0 ? 1 : 0
            difference[index] = UInt8(digit & 0xFF)
        }
        return difference
    }
}

@Suite struct `An Ed25519 public key` {
    /// RFC 8032 §7.1, test 1.
    static let good = bytes(hex: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")

    @Test(arguments: [0, 1, 31, 33, 64]) func `has 32 octets`(count: Int) throws {
        #expect(try Ed25519PublicKey(Self.good).octets == Self.good)
        let octets = Array((Self.good + Self.good).prefix(count))
        #expect(throws: PublicKeyError.wrongLength(count)) { try Ed25519PublicKey(octets) }
    }

    /// y of the points of order 1, 2, 4 and 8, and the spellings of the first three that are not reduced.
    static let smallOrders = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ]

    @Test(arguments: smallOrders) func `is of no small order, with either sign of x`(y: String) {
        var octets = bytes(hex: y)
        #expect(throws: PublicKeyError.smallOrder) { try Ed25519PublicKey(octets) }
        octets[31] |= 0x80
        #expect(throws: PublicKeyError.smallOrder) { try Ed25519PublicKey(octets) }
    }

    @Test func `that is no point of the curve verifies nothing`() throws {
        // y = 2 has no x.
        let key = try Ed25519PublicKey([2] + [UInt8](repeating: 0, count: 31))
        #expect(!key.isValid([UInt8](repeating: 0, count: 64), []))
        #expect(!key.isValid([1] + [UInt8](repeating: 0, count: 63), []))
    }
}
