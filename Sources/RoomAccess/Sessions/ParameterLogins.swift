import Cryptography
package import LiveKitToken
package import StrictJSON

/// The logins that the web server vouches for in parameters of its own, as after nginx's `auth_request`.
package struct ParameterLogins: LoginSource {
    /// Where memberships come from, as far as a login says so.
    package enum Memberships: Sendable {
        /// From elsewhere.
        case none
        /// `LIVEKIT_ROOMS`.
        case rooms
        /// `LIVEKIT_GROUPS`, whose groups stand between separators; an empty separator separates nothing.
        case groups(separator: [UInt8])
    }

    private let memberships: Memberships

    package init(memberships: Memberships) {
        self.memberships = memberships
    }

    package func examine(_ credential: Credential) throws(SessionError) {
        guard credential.login[.user] != nil else { throw .missing(.noLogin) }
    }

    package func login(for credential: Credential, at now: NumericDate) throws(SessionError) -> Session {
        let login = credential.login
        guard let text = login[.user] else { throw .missing(.noLogin) }
        guard let id = UTF8String(validating: text).flatMap({ Identifier($0) }) else {
            throw .invalid(.malformedParameter(.user))
        }
        let name = Self.name(in: login)
        var session = Session(
            user: User(id: id, did: nil, name: name?.text, isDisabled: false),
            endsAt: nil,
            key: login[.session].map { SessionDigest(bearer: $0).bytes },
            claim: claim(in: login),
            isNameDropped: name == nil && (login[.name] ?? login[.percentName]) != nil
        )
        if let text = login[.did] {
            guard let did = UTF8String(validating: text).flatMap({ DID($0) }) else {
                throw .invalid(.malformedParameter(.did), of: session)
            }
            session.user = User(id: id, did: did.text, name: name?.text, isDisabled: false)
        }
        if let text = login[.sessionEnd] {
            guard let end = NumericDate(digits: text) else {
                throw .invalid(.malformedParameter(.sessionEnd), of: session)
            }
            session.endsAt = end
            guard now < end else { throw .invalid(.expired, of: session) }
        }
        return session
    }

    /// What the login says of rooms, unjudged.
    package func claim(in login: LoginParameters) -> JSONValue? {
        switch memberships {
        case .none: return nil
        case .rooms:
            guard let text = login[.rooms] else { return nil }
            // Text that is no UTF-8 is no claim that could be read, and not the absence of one.
            return UTF8String(validating: text).map { .string($0) } ?? .null
        case .groups(let separator):
            guard let text = login[.groups] else { return nil }
            return .array(
                Self.split(text, at: separator).map { UTF8String(validating: Array($0)).map { .string($0) } ?? .null }
            )
        }
    }

    /// The name of the login, or none: one that breaks the rule for names is dropped, and never a refusal.
    package static func name(in login: LoginParameters) -> UserName? {
        let text = login[.percentName].map { percentDecoded($0) } ?? login[.name]
        return text.flatMap { UTF8String(validating: $0) }.flatMap { UserName($0) }
    }

    /// The bytes that a text stands for in percent-encoding (RFC 3986 §2.1); `nil` if a `%` has no two hexadecimal
    /// digits after it.
    package static func percentDecoded(_ text: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            if text[index] != UInt8(ascii: "%") {
                bytes.append(text[index])
                index += 1
                continue
            }
            guard index + 2 < text.count, let high = text[index + 1].hexDigitValue,
                let low = text[index + 2].hexDigitValue
            else { return nil }
            bytes.append(high << 4 | low)
            index += 3
        }
        return bytes
    }

    /// The parts of a text between separators, the empty ones too.
    private static func split(_ text: [UInt8], at separator: [UInt8]) -> [ArraySlice<UInt8>] {
        guard !separator.isEmpty else { return [text[...]] }
        var parts: [ArraySlice<UInt8>] = []
        var (start, index) = (0, 0)
        while index + separator.count <= text.count {
            if text[index..<index + separator.count].elementsEqual(separator) {
                parts.append(text[start..<index])
                index += separator.count
                start = index
            } else {
                index += 1
            }
        }
        return parts + [text[start...]]
    }
}
