import Cryptography
package import RoomAccess
import StrictJSON

/// A set of public keys (RFC 7517 §5) of one issuer, with which its tokens are verified.
///
/// What an accident or an attack makes of a set refuses it whole, so that the last good one stays. A key of another
/// kind, or for another purpose, is skipped.
package struct JSONWebKeySet: Sendable {
    /// In bytes.
    package static let maximumLength = 65_536
    package static let maximumKeys = 64

    /// The algorithms that the deployment allows, without HS256.
    package let algorithms: Set<SignatureAlgorithm>
    /// The keys that verify, in the order of the set: at least one, and at most one for a `kid` and an algorithm.
    package let keys: [JSONWebKey]
    package let skipped: [SkippedKey]

    /// Reads a set.
    ///
    /// - Parameters:
    ///   - bytes: a file as the issuer publishes it.
    ///   - algorithms: those that the deployment allows.
    package init(parsing bytes: [UInt8], for algorithms: Set<SignatureAlgorithm>) throws(KeySetError) {
        self.algorithms = algorithms.subtracting([.hs256])
        var (read, keys, skipped): ([JSONWebKey], [JSONWebKey], [SkippedKey]) = ([], [], [])
        for (index, json) in try Self.elements(of: bytes).enumerated() {
            guard let members = json.members else { throw .notAKey(index) }
            if let member = members.first(where: { Self.privateMembers.contains($0.name) }) {
                throw .privateMember(index, member.name)
            }
            guard json["kty"] != .string("oct") else { throw .secretKey(index) }
            func skip(_ reason: SkippedKey.Reason) {
                skipped.append(SkippedKey(index: index, id: json["kid"]?.text, reason: reason))
            }
            let key: JSONWebKey
            do throws(SkippedKey.Reason) {
                key = try JSONWebKey(json, for: self.algorithms)
            } catch {
                if case .refused(.tooShort(let bits)) = error { throw .weakKey(index, bits: bits) }
                skip(error)
                continue
            }
            let rivals = read.filter { $0.id == key.id && !$0.algorithms.isDisjoint(with: key.algorithms) }
            read.append(key)
            if let id = key.id, rivals.contains(where: { $0.material != key.material }) { throw .conflict(id) }
            if rivals.contains(where: { $0.material == key.material }) { skip(.repeated) } else { keys.append(key) }
        }
        guard !keys.isEmpty else { throw .noUsableKey(skipped) }
        (self.keys, self.skipped) = (keys, skipped)
    }

    /// Members of private keys (RFC 7518 §6.2.2, §6.3.2, RFC 8037 §2) and of secret ones (RFC 7518 §6.4.1).
    private static let privateMembers: Set<UTF8String> = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]

    private static func elements(of bytes: [UInt8]) throws(KeySetError) -> [JSONValue] {
        guard bytes.count <= maximumLength else { throw .tooLong(bytes: bytes.count) }
        let set: JSONValue
        do throws(JSONError) {
            set = try JSONValue(parsing: bytes, within: .token)
        } catch {
            throw .syntax(error)
        }
        guard case .array(let elements) = set["keys"] else {
            throw set.isMapOfCertificates ? .certificates : .notASet
        }
        guard elements.count <= maximumKeys else { throw .tooManyKeys(elements.count) }
        return elements
    }

    /// The one key that a header asks for.
    func key(for algorithm: SignatureAlgorithm, id: UTF8String?) throws(TokenFault) -> JSONWebKey {
        let named = keys.filter { id == nil || $0.id == id }
        if let id, named.isEmpty { throw .keyIDUnknown(id) }
        let suitable = named.filter { $0.algorithms.contains(algorithm) }
        guard let key = suitable.first else { throw id == nil ? .noKey(algorithm) : .keyAlgorithm(algorithm) }
        guard suitable.count == 1 else { throw .ambiguousKey(algorithm) }
        return key
    }
}

extension JSONValue {
    /// Whether this is what some providers publish beside a key set: an object of certificates in PEM by `kid`.
    fileprivate var isMapOfCertificates: Bool {
        guard let members, !members.isEmpty else { return false }
        return members.allSatisfy { $0.value.text?.utf8.starts(with: "-----BEGIN CERTIFICATE-----".utf8) ?? false }
    }
}
