/// Public keys of other kinds, as a set has them.
enum SampleKey {
    /// Of RFC 7515 A.2, of 2,048 bits.
    static let modulus =
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR"
        + "T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXB"
        + "dQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9ia"
        + "GNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"

    /// With more members, and with others in place of its own.
    static func rsa(_ members: String = "", n: String = modulus, e: String = "AQAB") -> String {
        object(#""kty":"RSA","n":"\#(n)","e":"\#(e)""#, members)
    }

    /// Of RFC 7515 A.3.
    static let (x256, y256) =
        ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")

    static func p256(_ members: String = "", curve: String = "P-256", x: String = x256, y: String = y256) -> String {
        object(#""kty":"EC","crv":"\#(curve)","x":"\#(x)","y":"\#(y)""#, members)
    }

    /// The generator of P-384 (SEC 2 §2.5.1).
    static let (x384, y384) = (
        "qofKIr6LBTeOscce8yCtdG4dO2KLp5uYWfdB4IJUKjhVAvJdv1UpbDpUXjhydgq3",
        "NhfeSpYmLG9dnpi_kpLcKfj0Hb0omhR86doxE7XwuMAKYLHOHX6BnXpDHXyQ6g5f"
    )

    static func p384(_ members: String = "", x: String = x384, y: String = y384) -> String {
        object(#""kty":"EC","crv":"P-384","x":"\#(x)","y":"\#(y)""#, members)
    }

    static func object(_ members: String...) -> String {
        "{\(members.filter { !$0.isEmpty }.joined(separator: ","))}"
    }
}
