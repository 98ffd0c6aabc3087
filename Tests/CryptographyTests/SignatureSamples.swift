import Cryptography

/// Signatures by OpenSSL, of keys that were made for these tests and are gone.
extension `A signature` {
    private static let message = Array("what these test keys have signed".utf8)

    static func rsa(_ padding: RSAPublicKey.Padding) throws -> Sample {
        let modulus = bytes(
            hex: "b18c818ccd055e0909bac00a875eb1cecfd60bd3c17107b12858eecaf99d0cbe44fa1bfb1aa18aa68e5a8d98baf7c84c"
                + "4b9496ba86dc69280dcad32adb556f24a65630e2e68d49f5b4ea64360e9ff8ba7e15a9b2496b5dc498338389e807a67d"
                + "ed67c91c3a37cdd19894e68ddf3b28c06813d13cf4d3536067d7659fcdf9127d636b6540fc50747b85626441dfab8960"
                + "226e3569bbb9f8f5b5ca1829d22dec35f28fb95a51b43a75ae6340febccabe99e3c16c67a186ab3a4bd46894b894cccd"
                + "109de8a00df67b63a1a467db6d4e37cf3cd8ed3f04d9bf16068afc146b0e1ce76f76f4f40cf6fb1a58e8f61c584c7162"
                + "da2b4af984d417b5d92e8a2f9c3aaa53"
        )
        let signature = bytes(
            hex: padding == .pkcs1
                ? "b0bb15554f2eb83d82dab431d2ab95f157a7e612b4b26cc08df0c0620636205a929cce86be615a2193f27d627d8adff6"
                    + "6eaf988f2de4b7175e5f6e13100632b0859131564f04462ffcb16abcc02389a89a45d2ed798e749f818317081464c01d"
                    + "47c722c3e157645b77b9dadabb8f6a867388ddcedefdc32acdb03c7a988d79059f76949af51804024d0a568bce4df515"
                    + "a21846c7de93e747fece4178ce07e4ff1b2498005515847b916ea55b830d7afdb8684a59ee23779820b0955cac3c64e8"
                    + "37b34922b9e8ec15a03851946b0d741234bab2145f3bb18ca9e15e495737f28b13a8b5c6b8005b4ea3a6bece321b9565"
                    + "23d0d3f2787672b80a7e9598ce83af7c"
                : "3971e71b96444730b8ce4c5f16f9309a3592bcd9ab17e5f4db692d418378efbfe52512c62ab0f658acad70bfab0e1865"
                    + "6c4039ed70e8dd467c08809402c6874d36694996026ae45676bfbd053f3f62585169c6fe6b044d340d0a704575326698"
                    + "64faf377871ba1a6ed169df444753e733b793580a88b7201609717e8f9b5adaeb29632ddaca42f458a06825d7ec8709e"
                    + "ff6178b784344af9c8dc02d14ecd0e0b425debc35371a8a9e1886ef9ab7a2e17ebc89b466003a5436a5573d1560ebe34"
                    + "04521ac7fe976d0de78f597bfa99ba8b6cd6c413fd0b0dcb8c0c31cde28a5bd6bba383f4cc96fb16c0cf15b4a7fd39a6"
                    + "f04b2af995501643e9ac6fb5e7d257c5"
        )
        let key = try RSAPublicKey(modulus: modulus, exponent: [1, 0, 1])
        return Sample(testDescription: "RSA, \(padding)", message: message, signature: signature) {
            signature,
            message in
            key.isValid(signature, message, padding)
        }
    }

    static func ecdsa(_ curve: ECDSAPublicKey.Curve) throws -> Sample {
        let (x, y, signature) =
            curve == .p256
            ? (
                "6891312e90112980893f9d379ead20dbbf118bec538697d471ed92e4d64d2c3b",
                "87cf88be65922b40fa029884ec73c3d98a43f84bb5d41a056e4f6356dfd7339c",
                "41306ff9f276f20585f823570443bfcc84898b6f4a9f74a33aba9ce841b30818"
                    + "8f2aacb72dadfc105dc4421c6f79b8e97e19420563eb683f38ec367e22d152b0"
            )
            : (
                "0a898dec6272aee0685e4e114c84b2af6c2c07da39b3c111c727893d037ffe77c584c442b029fdb4adb87a3bd22d319f",
                "60b9281c60cbe8d2c637ead6ef59b985cadbd69c2f70f2080d19762a67945d4792697be9dfd980b1ac87daf5e9d4925c",
                "212002ef54222c53f55af7d50d2c80cadd0b67c4808b38a3a19ebcd8b371f289aa50de9f9868465873912bc635255c80"
                    + "68b4f65fa58f24c10aaad4fac8d2167395766a2ca32f5c313916e161f8fceb9fa87c32b8862a9742f66016dd17d4c837"
            )
        let key = try ECDSAPublicKey(curve: curve, x: bytes(hex: x), y: bytes(hex: y))
        return Sample(testDescription: "ECDSA, \(curve)", message: message, signature: bytes(hex: signature)) {
            signature,
            message in
            key.isValid(signature, message)
        }
    }

    static func ed25519() throws -> Sample {
        let key = try Ed25519PublicKey(bytes(hex: "daf4d0d53fd76a97627222ba28373413f9e10139bc1a02fdb5f2c81743fec1ce"))
        let signature = bytes(
            hex: "129418163849f29bca1ff0cd379b70be5b15aa885f8d7e0ba5d25a2e06b6552e"
                + "613ab7b66c159e54c299117e3c7102caca445462970e3689c8c3fce4e6076504"
        )
        return Sample(testDescription: "Ed25519", message: message, signature: signature) { signature, message in
            key.isValid(signature, message)
        }
    }
}
