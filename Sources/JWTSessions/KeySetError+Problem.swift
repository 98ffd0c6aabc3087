// What is wrong with a key set, in words for an operator.

import Cryptography
import RoomAccess
import StrictJSON

extension KeySetError {
    /// What is wrong, and where, for an operator.
    package var problem: String {
        switch self {
        case .tooLong(let bytes): "has \(bytes) bytes, of at most \(JSONWebKeySet.maximumLength)"
        case .syntax(let error): "is not JSON: \(error.kind.rawValue) at byte \(error.offset)"
        case .notASet:
            "is not a key set, an object with an array \"keys\" (RFC 7517); an issuer's discovery document has the URL "
                + "of one as jwks_uri"
        case .certificates: "holds certificates by kid, and is not a key set; the issuer has one at another URL"
        case .tooManyKeys(let count): "has \(count) keys, of at most \(JSONWebKeySet.maximumKeys)"
        case .notAKey(let index): "keys[\(index)] is not an object"
        case .privateMember(let index, let name): "keys[\(index)] has \"\(name)\": a private key was published"
        case .secretKey(let index): "keys[\(index)] is of kind \"oct\": a secret was published"
        case .weakKey(let index, let bits): "keys[\(index)] is RSA of \(bits) bits, of at least 2048"
        case .conflict(let id):
            "two different keys have the kid \"\(TokenFault.cleaned(id))\" and an algorithm in common"
        case .noUsableKey(let skipped):
            "has no key that verifies: "
                + (skipped.isEmpty ? "\"keys\" is empty" : skipped.map(\.problem).joined(separator: "; "))
        }
    }
}

extension SkippedKey {
    /// Which key it is, and what keeps it from verifying, for an operator.
    package var problem: String {
        let name = id.map { " (kid \"\(TokenFault.cleaned($0))\")" } ?? ""
        return "keys[\(index)]\(name) \(reason.problem)"
    }
}

extension SkippedKey.Reason {
    fileprivate var problem: String {
        switch self {
        case .unsupported(let member, let value):
            "has \(member) \"\(TokenFault.cleaned(value))\", which is not supported"
        case .notForVerifying: "has key_ops without \"verify\""
        case .malformed(let member): "has no well-formed \"\(member)\""
        case .refused(let error): error.problem
        case .notConfigured(let own):
            "is for \(own.map(\.name.description).sorted().joined(separator: ", ")), which the configuration does not "
                + "allow"
        case .repeated: "is the same key as one before it"
        }
    }
}

extension PublicKeyError {
    /// What is wrong with a key, for an operator: a predicate.
    var problem: String {
        switch self {
        case .leadingZero: "has a number that begins with a zero octet"
        case .tooShort(let bits): "is RSA of \(bits) bits, of at least 2048"
        case .tooLong(let bits): "is RSA of \(bits) bits, of at most 8192"
        case .evenModulus: "has an even modulus"
        case .exponent: "has an exponent that is not odd, or not from 3 to 2^32 - 1"
        case .wrongLength(let octets): "has a coordinate of \(octets) octets, which its curve does not have"
        case .notOnCurve: "is not a point of its curve"
        case .smallOrder: "is a point of small order"
        }
    }
}
