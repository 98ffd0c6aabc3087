package import StrictJSON

/// A verified access token: what a token says that a key of the ring has signed, and that LiveKit would take now.
///
/// It is the token as the issuer signed it, or one that LiveKit renewed.
package struct VerifiedAccessToken: Equatable, Sendable {
    /// The seconds by which LiveKit lets `exp` and `nbf` be missed.
    package static let leeway: Int64 = 60

    /// `iss`: the id of the key that signed it.
    package let keyID: UTF8String
    /// `sub`, never empty.
    package let subject: UTF8String
    /// `jti`, which the issuer's own tokens have, and those that LiveKit renewed have not.
    package let tokenID: UTF8String?
    /// `video.room`, never empty; `nil` without one.
    package let room: UTF8String?
    /// `video.roomJoin`.
    package let mayJoin: Bool
    /// The permissions, with LiveKit's meaning of those that are absent.
    package let permissions: Permissions
    /// The names of grants that no role can give, in the order of their bytes.
    package let foreignGrants: [UTF8String]
    /// `metadata` as it stands in the token.
    private let metadataText: UTF8String?

    /// `sceneId`, `eventId` and `roles` of the metadata, as far as it is this program's; read anew each time.
    package var metadata: TokenMetadata {
        metadataText.flatMap(TokenMetadata.init(reading:)) ?? TokenMetadata()
    }
}

/// What the metadata of a token says, as the issuer writes it (`ParticipantMetadata`).
///
/// A participant that may write its own metadata can have written it.
package struct TokenMetadata: Equatable, Sendable {
    package var sceneID: UTF8String?
    package var eventID: UTF8String?
    package var roles: [UTF8String] = []

    package init(sceneID: UTF8String? = nil, eventID: UTF8String? = nil, roles: [UTF8String] = []) {
        self.sceneID = sceneID
        self.eventID = eventID
        self.roles = roles
    }
}

extension VerifiedAccessToken {
    /// Verifies a compact serialization.
    ///
    /// - Throws: the first fault.
    package init(verifying compact: [UInt8], by keys: KeyRing, at now: NumericDate) throws(AccessTokenFault) {
        let signature = try Self.signature(in: compact)
        guard let claims = try? JSONValue(parsing: signature.payload, within: .token), let members = claims.members
        else { throw .payload }
        guard let issuer = claims["iss"]?.text, let key = keys[issuer] else { throw .unknownKey }
        guard signature.isSigned(by: key) else { throw .signature }
        try LiveKitClaims.all.check(members)
        try Self.checkTimes(of: claims, at: now)
        guard let subject = claims["sub"]?.text, !subject.utf8.isEmpty else { throw .subjectMissing }
        // LiveKit goes by `sub`, and writes both alike.
        guard claims["identity"]?.text ?? subject == subject else { throw .payload }
        self.init(claims, members, issuer, subject)
    }

    /// Takes a compact serialization apart.
    private static func signature(in compact: [UInt8]) throws(AccessTokenFault) -> JSONWebSignature {
        let signature: JSONWebSignature
        do throws(JSONWebSignatureError) {
            signature = try JSONWebSignature(compact: compact)
        } catch {
            throw error == .malformed ? .malformed : .algorithm
        }
        for parameter in signature.header {
            let isExact = parameter.name == "alg" || parameter.name == "typ" && parameter.value == .string("JWT")
            guard isExact || !LiveKitClaims.header.contains(ClaimSchema.folded(parameter.name)) else {
                throw .malformed
            }
        }
        return signature
    }

    /// Judges `exp` and `nbf` as LiveKit does, which does not look at `iat`.
    private static func checkTimes(of claims: JSONValue, at now: NumericDate) throws(AccessTokenFault) {
        guard let expiry = try date(claims["exp"]) else { throw .expiryMissing }
        guard now <= expiry.advanced(by: leeway) else { throw .expired }
        guard let start = try date(claims["nbf"]) else { return }
        guard now.advanced(by: leeway) >= start else { throw .notYetValid }
    }

    /// Reads a time as LiveKit does, which cuts a fraction off; `nil` for none.
    private static func date(_ value: JSONValue?) throws(AccessTokenFault) -> NumericDate? {
        let latest = NumericDate.writable.upperBound
        switch value {
        case .integer(let seconds)? where (0...latest.seconds).contains(seconds): return NumericDate(seconds)
        case .number(let seconds)? where seconds.sign == .plus && seconds <= Double(latest.seconds):
            return NumericDate(Int64(seconds))
        case .null?, nil: return nil
        default: throw .payload
        }
    }

    /// Reads claims whose names and types have been checked.
    private init(_ claims: JSONValue, _ members: [JSONMember], _ issuer: UTF8String, _ subject: UTF8String) {
        let video = claims["video"]
        func flag(_ flag: LiveKitClaims.VideoFlag, absent: Bool = false) -> Bool {
            if case .bool(let value)? = video?[flag.rawValue] { value } else { absent }
        }
        keyID = issuer
        self.subject = subject
        tokenID = claims["jti"]?.text
        room = video?["room"]?.text.flatMap { $0.utf8.isEmpty ? nil : $0 }
        mayJoin = flag(.roomJoin)
        // Without a video grant there are no permissions, not even those that its flags have when absent.
        let isThere = video?.members != nil
        let canPublish = flag(.canPublish, absent: isThere)
        permissions = Permissions(
            publishing: canPublish ? Self.publishing(from: video?["canPublishSources"]) : .nothing,
            subscribe: flag(.canSubscribe, absent: isThere),
            publishData: flag(.canPublishData, absent: canPublish),
            updateOwnMetadata: flag(.canUpdateOwnMetadata),
            roomAdmin: flag(.roomAdmin)
        )
        foreignGrants = LiveKitClaims.foreignGrants(of: members)
        metadataText = claims["metadata"]?.text
    }

    /// The tracks that `canPublishSources` lets through: of an empty list or none, all.
    private static func publishing(from list: JSONValue?) -> Permissions.Publishing {
        guard case .array(let sources)? = list, !sources.isEmpty else { return .anything }
        let known = Set(sources.compactMap(LiveKitClaims.trackSource))
        return known.isEmpty ? .nothing : .only(known)
    }
}

extension TokenMetadata {
    /// Reads metadata as the issuer writes it; `nil` for anything else.
    fileprivate init?(reading text: UTF8String) {
        guard let metadata = try? JSONValue(parsing: text.utf8), let members = metadata.members,
            case .array(let roles)? = metadata["roles"]
        else { return nil }
        for member in members {
            switch member.name {
            case "roles": break
            case "sceneId", "eventId", "did": guard member.value.text != nil else { return nil }
            default: return nil
            }
        }
        let names = roles.compactMap(\.text)
        guard names.count == roles.count else { return nil }
        self.init(sceneID: metadata["sceneId"]?.text, eventID: metadata["eventId"]?.text, roles: names)
    }
}

/// Why a token is not one that LiveKit would take now.
package enum AccessTokenFault: Error, CaseIterable, Sendable {
    /// No signature in compact serialization (RFC 7515 §7.1), or a header of another type than `JWT`.
    case malformed
    /// Another algorithm than HS256, or a header that needs an extension (`crit`).
    case algorithm
    /// `iss` names no key of the ring.
    case unknownKey
    case signature
    /// The payload is no JSON object, says a thing twice, has a claim of another type than LiveKit reads or a time that
    /// no calendar has, or an `identity` beside `sub` that differs.
    case payload
    /// A name differs from that of a claim in case alone: LiveKit would take it for the claim.
    case claimInOtherCase
    case expiryMissing
    case expired
    case notYetValid
    case subjectMissing
}
