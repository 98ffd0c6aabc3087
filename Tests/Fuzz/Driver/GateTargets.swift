import Cryptography
import JoinGate
import LiveKitReaders
import LiveKitToken
import StrictJSON

/// Tokens at the gate: what is accepted was signed by the key, is valid now, and says to a reader that follows
/// LiveKit's what it says here.
///
/// An input that begins with a byte below 0x20 is a token as it is. Of one that begins with a byte above 0x7F, what
/// follows is a header and, after a byte of 0xFF, a payload, which the key signs. Of any other the first byte chooses
/// the time, and the rest is a payload.
enum GateToken {
    private static let secret = Array("a secret of no use, made for this fuzzer".utf8)
    private static let hmac = HMACSHA256(key: secret.span)
    private static let key: APIKey = {
        guard let key = try? APIKey(id: "k", secret: secret) else { finding("no key") }
        return key
    }()
    private static let ring = KeyRing([key])
    private static let times: [Int64] = [1_000, 939, 940, 941, 1_060, 1_061, 0, .max, .min, 253_402_300_859]

    static func check(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        if first < 0x20 { return whole(Array(bytes.dropFirst())) }
        if first > 0x7F { return withHeader(bytes.dropFirst()) }
        let payload = Array(bytes.dropFirst())
        let now = times[Int(first) % times.count]
        let compact = JSONWebSignature.compact(signing: payload, with: key)
        do throws(AccessTokenFault) {
            let token = try VerifiedAccessToken(verifying: compact, by: ring, at: NumericDate(now))
            check(token, payload, now)
            var changed = compact
            let place = (payload.reduce(Int(first)) { ($0 &* 31 &+ Int($1)) & 0xFFFF }) % compact.count
            changed[place] ^= 1 << (first & 7)
            want(!isAccepted(changed, at: now), "a changed token is accepted")
        } catch {
            check(error, payload, now)
        }
    }

    private static func isAccepted(_ compact: [UInt8], at now: Int64 = 1_000) -> Bool {
        (try? VerifiedAccessToken(verifying: compact, by: ring, at: NumericDate(now))) != nil
    }

    private static func whole(_ compact: [UInt8]) {
        guard isAccepted(compact) else { return }
        guard let signed = try? JSONWebSignature(compact: compact), signed.isSigned(by: key) else {
            finding("nobody signed \(String(decoding: compact, as: UTF8.self))")
        }
    }

    private static func withHeader(_ bytes: ArraySlice<UInt8>) {
        let parts = bytes.split(separator: 0xFF, maxSplits: 1, omittingEmptySubsequences: false).map(Array.init)
        let input = Base64URL.encode(parts[0]) + [UInt8(ascii: ".")] + Base64URL.encode(parts.count > 1 ? parts[1] : [])
        let code = hmac.code(for: input.span)
        guard isAccepted(input + [UInt8(ascii: ".")] + Base64URL.encode(code.indices.map { code[$0] })) else { return }
        guard case .object(let members)? = LenientJSON(parts[0]) else { finding("a header that is no object") }
        var algorithms = 0
        for (name, value) in members {
            switch name.description.lowercased() {
            case "alg":
                guard name == "alg", case .text("HS256") = value else { finding("another algorithm") }
                algorithms += 1
            case "typ": guard name == "typ", case .text("JWT") = value else { finding("another type") }
            case "crit", "b64": finding("a header of another meaning")
            default: break
            }
        }
        want(algorithms == 1, "\(algorithms) algorithms")
    }

    private static func check(_ token: VerifiedAccessToken, _ payload: [UInt8], _ now: Int64) {
        guard let reading = LiveKitReading(payload) else { finding("LiveKit refuses the claims") }
        want(reading.expiry != nil && reading.isValid(at: now), "LiveKit refuses the times")
        want(reading.issuer == "k" && token.keyID == "k", "another issuer")
        want(token.subject == reading.identity && !token.subject.utf8.isEmpty, "another identity")
        want(token.subject == reading.subject, "an identity that is no subject")
        want(token.tokenID ?? "" == reading.tokenID, "another id")
        want(token.room ?? "" == reading.room, "another room")
        want(token.mayJoin == reading.flag("roomJoin"), "another right to join")
        want(token.permissions == reading.permissions, "other permissions")
        want(reading.beyond.isEmpty || !token.foreignGrants.isEmpty, "a grant that is not seen")
        for name in ["hidden", "recorder", "agent", "roomCreate", "roomList", "roomRecord", "ingressAdmin"] {
            let isNamed = token.foreignGrants.contains(UTF8String(name))
            want(!reading.flag(name) || isNamed, "\(name) is not seen")
        }
        let roles = ["roomJoin", "canPublish", "roomAdmin", "canPublishData", "canSubscribe", "canUpdateOwnMetadata"]
        // At the top level such a name is no grant that LiveKit knows, and is one of them.
        let isOdd = (try? JSONValue(parsing: payload, within: .token))?.members?
            .contains { roles.contains($0.name.description) }
        let isOfRole = token.foreignGrants.contains { roles.contains($0.description) }
        want(!isOfRole || isOdd == true, "a role's grant is foreign")
        want(token.foreignGrants == Set(token.foreignGrants).sorted(), "grants out of order")
    }

    /// What is plainly good is not refused; nor is one fault taken for another where two readers agree on it.
    private static func check(_ fault: AccessTokenFault, _ payload: [UInt8], _ now: Int64) {
        want(fault != .malformed && fault != .algorithm && fault != .signature, "\(fault) of our own token")
        guard let reading = LiveKitReading(payload) else { return }
        switch fault {
        case .expired: want(reading.expiry.map { now > Int64(clamping: $0) + 60 } ?? false, "not expired")
        case .notYetValid: want(reading.start.map { now < Int64(clamping: $0) - 60 } ?? false, "valid already")
        case .expiryMissing: want(reading.expiry == nil, "it has an end")
        case .subjectMissing: want(reading.subject == "", "it has a subject")
        default: break
        }
    }
}

extension Int64 {
    /// The whole part of a number that a token may have as its time.
    fileprivate init(clamping seconds: Double) {
        self = Int64(Swift.max(-1e15, Swift.min(1e15, seconds)))
    }
}

/// Queries at the gate: refused exactly where another reading finds a fault, and else LiveKit reads of what it is
/// handed all that it would have read of the whole but for the token, the room and a second identity.
enum GateQuery {
    private static let names = ["access_token", "room", "publish", "join_request"]

    static func check(_ target: [UInt8]) {
        let whole = query(of: target)
        let reading = QueryReading(whole)
        do throws(SignallingQueryFault) {
            check(try SignallingQuery(ofTarget: target), of: reading)
            want(faults(in: whole, reading).isEmpty, "accepted with \(faults(in: whole, reading))")
        } catch {
            want(faults(in: whole, reading).contains(error), "\(error), and not \(faults(in: whole, reading))")
        }
    }

    private static func check(_ query: SignallingQuery, of whole: QueryReading) {
        let passed = QueryReading(query.rewritten)
        want(!whole.hasFaults && !passed.hasFaults, "LiveKit leaves something out")
        want(query.rewritten.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x23 && $0 != 0x3B }, "odd characters")
        want(whole.values(of: "access_token").first ?? [] == query.token ?? [], "another token")
        want(query.token != [], "an empty token")
        let expected = whole.parameters.filter { parameter in
            let isJoinRequest = parameter.name == Array("join_request".utf8)
            return isJoinRequest || !names.contains { $0.utf8.elementsEqual(parameter.name.map(\.lowercase)) }
        }
        want(passed.parameters == expected, "other parameters")
        for name in ["access_token", "room", "publish"] {
            want(passed.values(of: name).isEmpty, "\(name) is passed on")
        }
        want(passed.values(of: "join_request").count <= 1, "two join requests")
        let again = try? SignallingQuery(ofTarget: Array("/rtc?".utf8) + query.rewritten)
        want(again?.rewritten == query.rewritten && again?.token == nil, "another reading of what was written")
    }

    /// What follows the first question mark, up to a fragment.
    private static func query(of target: [UInt8]) -> [UInt8] {
        let end = target.firstIndex(of: UInt8(ascii: "#")) ?? target.endIndex
        guard let start = target.firstIndex(of: UInt8(ascii: "?")), start < end else { return [] }
        return Array(target[(start + 1)..<end])
    }

    /// Every fault of a query, where the gate stops at the first.
    private static func faults(in whole: [UInt8], _ reading: QueryReading) -> Set<SignallingQueryFault> {
        var faults: Set<SignallingQueryFault> = []
        let decoded = reading.parameters.flatMap { $0.name + $0.value }
        if reading.hasFaults || whole.contains(where: { $0 <= 0x20 || $0 >= 0x7F || $0 == 0x3B })
            || decoded.contains(where: { $0 < 0x20 || $0 == 0x7F })
        {
            faults.insert(.malformed)
        }
        // The plain names and values, in the order of the decoded ones where nothing is left out.
        let pairs = whole.split(separator: UInt8(ascii: "&"))
            .map { $0.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false) }
        let tokens = pairs.filter { QueryReading(Array($0[0]) + [0x3D]).values(of: "access_token").count == 1 }
        if tokens.count > 1 || tokens.contains(where: { !$0[0].elementsEqual("access_token".utf8) }) {
            faults.insert(.tokenTwice)
        }
        if tokens.contains(where: { $0.count > 1 && $0[1].contains { $0 == 0x25 || $0 == 0x2B } }) {
            faults.insert(.tokenEscaped)
        }
        if reading.values(of: "join_request").count > 1 { faults.insert(.joinRequestTwice) }
        if !reading.values(of: "publish").isEmpty { faults.insert(.publish) }
        return faults
    }
}
