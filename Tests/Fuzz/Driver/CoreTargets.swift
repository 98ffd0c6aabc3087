import CLibFuzzer
import Cryptography
import LiveKitToken
import RoomAccess
import RoomPattern
import StrictJSON
import TokenEndpoint

/// The JSON parser: what it reads, the writer writes, and the parser reads the same in it; and what it is to keep is
/// what it keeps.
enum JSON {
    static func check(_ bytes: [UInt8]) {
        do throws(JSONError) {
            let value = try JSONValue(parsing: bytes)
            let written = written(value)
            let again = try? JSONValue(parsing: written)
            want(again == value, "it does not read what it wrote: \(written)")
            want(again.map(self.written) == written, "it writes the same value in two ways")
            want(!written.contains { $0 < 0x20 || $0 == 0x7F }, "a control character is written raw")
            let names = (value.members ?? []).enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element.name)
            let kept = try JSONValue(parsing: bytes, keeping: names)
            want(kept == value.keeping(names), "it does not keep \(names)")
        } catch {
            want((0...bytes.count).contains(error.offset), "the offset \(error.offset) is outside")
        }
    }

    /// Answers a line for each line of hexadecimal on standard input, for a second parser to judge: `-` if the text is
    /// refused, else how we write what we read in it.
    static func answer() {
        while let bytes = readHexadecimalLine() {
            if let value = try? JSONValue(parsing: bytes) {
                print(String(decoding: written(value), as: UTF8.self))
            } else {
                print("-")
            }
        }
    }

    private static func written(_ value: JSONValue) -> [UInt8] {
        var writer = JSONWriter()
        writer.value(value)
        return writer.bytes
    }
}

extension JSONValue {
    fileprivate func keeping(_ names: [UTF8String]) -> JSONValue {
        switch self {
        case .object(let members):
            .object(
                members.filter { names.contains($0.name) }
                    .map { JSONMember(name: $0.name, value: $0.value.keeping(names)) }
            )
        case .array(let elements): .array(elements.map { $0.keeping(names) })
        default: self
        }
    }
}

/// The bearer: accepted exactly where another reading of RFC 6750 §2.1 accepts it, and then its digest is the token's.
enum Bearer {
    static func check(_ bytes: [UInt8]) {
        let token = token(of: bytes)
        let bearer = try? Credential(authorization: Redacted(bytes)).bearerToken
        want((bearer != nil) == (token != nil), "two readings of one header")
        guard let token, let bearer else { return }
        let digest = SHA256.digest(of: token.span)
        want(bearer.digest.bytes == digest.indices.map { digest[$0] }, "another token's digest")
    }

    private static func token(of header: [UInt8]) -> ArraySlice<UInt8>? {
        guard header.count <= BearerToken.maximumLength + 7, header.count > 7, header[6] == 0x20,
            String(decoding: header[..<6], as: UTF8.self).lowercased() == "bearer",
            header[..<6].allSatisfy({ $0 < 0x80 })
        else { return nil }
        var token = header[6...]
        while token.first == 0x20 { token.removeFirst() }
        var stem = token
        while stem.last == 0x3D { stem.removeLast() }
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/".utf8)
        let words = ["undefined", "null", "None", "nil"]
        guard !words.contains(String(decoding: token, as: UTF8.self)) else { return nil }
        return !stem.isEmpty && stem.allSatisfy(alphabet.contains) ? token : nil
    }
}

/// The body: an accepted one is an object of ids that keep to the hard rule, and of no other fields.
enum Body {
    private static let anything: IDPattern = {
        guard let pattern = try? RoomPattern(".+") else { finding("no pattern") }
        return IDPattern(pattern)
    }()

    static func check(_ bytes: [UInt8]) {
        guard let request = try? TokenRequest(decoding: bytes, ids: anything) else { return }
        // Null and empty are the same as absent.
        let members = ((try? JSONValue(parsing: bytes))?.members ?? []).filter {
            $0.value != .null && $0.value.text != ""
        }
        let ids = [("roomId", request.room), ("sceneId", request.scene), ("eventId", request.event)]
        for (name, id) in ids {
            want(
                members.first { $0.name == UTF8String(name) }?.value.text == id?.text,
                "\(name) is not what stands there"
            )
            let utf8 = id?.text.utf8 ?? [0x21]
            want((1...256).contains(utf8.count) && utf8.allSatisfy { (0x21...0x7E).contains($0) }, "\(name) is no id")
        }
        want(members.count == ids.count { $0.1 != nil }, "a field too many")
    }
}

/// The token: any claims, signed, are read back as they were, and no other byte is as good.
enum Token {
    static func check(_ bytes: [UInt8]) {
        var input = Input(bytes)
        let flags = input.byte()
        func optional(_ bit: UInt8) -> UTF8String? { flags & bit == 0 ? nil : input.text() }
        let sources = input.byte()
        let publishing: Permissions.Publishing =
            switch flags >> 6 {
            case 0: .nothing
            case 1: .anything
            default:
                .only(Set(TrackSource.allCases.enumerated().filter { sources >> $0.offset & 1 == 1 }.map(\.element)))
            }
        let claims = ClaimGrants(
            issuer: input.text(),
            identity: ParticipantIdentity(user: input.text()),
            tokenID: UUID(high: UInt64(bitPattern: input.integer()), low: UInt64(bitPattern: input.integer())),
            issuedAt: NumericDate(input.integer()),
            expiresAt: NumericDate(input.integer()),
            name: optional(1),
            metadata: ParticipantMetadata(
                sceneID: optional(2),
                eventID: optional(4),
                roles: (0..<input.byte() % 4).map { _ in input.text() },
                did: optional(8)
            ),
            video: VideoGrant(
                room: input.text(),
                permissions: Permissions(
                    publishing: publishing,
                    subscribe: sources & 16 != 0,
                    publishData: sources & 32 != 0,
                    updateOwnMetadata: sources & 64 != 0,
                    roomAdmin: sources & 128 != 0
                )
            )
        )
        do throws(AccessTokenError) {
            let token = try AccessToken(signing: claims, with: key)
            want(token.compact.utf8.count <= AccessToken.maximumLength, "a token that is too long")
            check(token.compact.utf8, says: claims)
            let place = Int(input.byte()) << 8 | Int(input.byte())
            isRefused(token.compact.utf8, changedAt: place % token.compact.utf8.count, by: input.byte())
        } catch {
            guard case .tooLong(let count) = error else { finding("it does not sign what it was given: \(claims)") }
            want(count > AccessToken.maximumLength, "a short token is too long")
        }
    }

    private static let key: APIKey = {
        guard let key = try? APIKey(id: "APIfuzz", secret: Array("a secret of no use, made for this fuzzer".utf8))
        else {
            finding("no key")
        }
        return key
    }()

    private static func check(_ compact: [UInt8], says claims: ClaimGrants) {
        guard let signature = try? JSONWebSignature(compact: compact), signature.isSigned(by: key),
            let read = try? JSONValue(parsing: signature.payload), let video = read["video"],
            let metadata = (read["metadata"]?.text?.utf8).flatMap({ try? JSONValue(parsing: $0) })
        else { finding("a token that cannot be read") }
        let permissions = claims.video.permissions
        let sources: JSONValue? =
            if case .only(let only) = permissions.publishing {
                .array(TrackSource.allCases.filter(only.contains).map { .string(UTF8String($0.rawValue)) })
            } else {
                nil
            }
        let said: [(JSONValue?, JSONValue?)] = [
            (read["iss"], .string(claims.issuer)), (read["sub"], .string(claims.identity.text)),
            (read["jti"], .string(UTF8String(claims.tokenID.description))),
            (read["iat"], .integer(claims.issuedAt.seconds)),
            (read["nbf"], .integer(claims.issuedAt.advanced(by: -10).seconds)),
            (read["exp"], .integer(claims.expiresAt.seconds)),
            (read["name"], claims.name.map { .string($0) }), (video["room"], .string(claims.video.room)),
            (video["roomJoin"], .bool(true)), (video["canPublish"], .bool(permissions.publishing != .nothing)),
            (video["canSubscribe"], .bool(permissions.subscribe)), (video["canPublishSources"], sources),
            (video["canPublishData"], .bool(permissions.publishData)),
            (video["canUpdateOwnMetadata"], .bool(permissions.updateOwnMetadata)),
            (video["roomAdmin"], permissions.roomAdmin ? .bool(true) : nil),
            (metadata["sceneId"], claims.metadata.sceneID.map { .string($0) }),
            (metadata["eventId"], claims.metadata.eventID.map { .string($0) }),
            (metadata["did"], claims.metadata.did.map { .string($0) }),
            (metadata["roles"], .array(claims.metadata.roles.map { .string($0) })),
        ]
        for (read, meant) in said { want(read == meant, "it says \(read as Any) for \(meant as Any)") }
    }

    private static func isRefused(_ compact: [UInt8], changedAt place: Int, by change: UInt8) {
        guard change != 0 else { return }
        var forged = compact
        forged[place] ^= change
        let isTaken = (try? JSONWebSignature(compact: forged))?.isSigned(by: key) ?? false
        want(!isTaken, "a changed token is accepted")
    }
}

/// Tokens of strangers, as `token decode` reads them: nothing that we did not sign is signed by us.
enum Signature {
    private static let key = try? APIKey(id: "APIfuzz", secret: [], strength: .any)

    static func check(_ bytes: [UInt8]) {
        guard let signature = try? JSONWebSignature(compact: bytes) else { return }
        _ = try? JSONValue(parsing: signature.payload)
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        want(parts.count == 3 && Base64URL.encode(signature.payload) == Array(parts[1]), "two spellings of a payload")
    }
}

/// Instants: what is read agrees with the C library's calendar, and with what is written of it.
enum Instant {
    static func check(_ bytes: [UInt8]) {
        var input = Input(bytes)
        let any = NumericDate(input.integer())
        let clamped = min(max(any, NumericDate.writable.lowerBound), NumericDate.writable.upperBound)
        want(NumericDate(rfc3339: any.rfc3339.description) == clamped, "it does not read \(any.rfc3339)")

        let text = String(decoding: bytes, as: UTF8.self)
        guard let read = NumericDate(rfc3339: text) else { return }
        want(read == inTheCLibrary(Array(text.utf8)), "\(text) is read as \(read.seconds)")
        guard NumericDate.writable.contains(read) else { return }
        want(NumericDate(rfc3339: read.rfc3339.description) == read, "\(text) does not come back")
    }

    /// What timegm(3) makes of a text that we accept, whose fields stand where RFC 3339 has them.
    private static func inTheCLibrary(_ text: [UInt8]) -> NumericDate? {
        func number(_ range: Range<Int>) -> Int32 { text[range].reduce(0) { $0 * 10 + Int32($1 - 0x30) } }
        let local = utc_seconds(
            number(0..<4),
            number(5..<7),
            number(8..<10),
            number(11..<13),
            number(14..<16),
            number(17..<19)
        )
        guard let last = text.last, last | 0x20 != UInt8(ascii: "z") else { return NumericDate(local) }
        let end = text.count
        let offset = Int64(number(end - 5..<end - 3) * 3600 + number(end - 2..<end) * 60)
        return NumericDate(local - (text[end - 6] == UInt8(ascii: "-") ? -offset : offset))
    }
}

/// base64url: every value has one spelling.
enum Encoding {
    static func check(_ bytes: [UInt8]) {
        let encoded = Base64URL.encode(bytes)
        want(encoded.count == (bytes.count * 4 + 2) / 3, "a wrong length")
        want(Base64URL.decode(encoded) == bytes, "it does not read what it wrote")
        if let decoded = Base64URL.decode(bytes) {
            want(Base64URL.encode(decoded) == bytes, "two spellings of a value")
        }
    }
}
