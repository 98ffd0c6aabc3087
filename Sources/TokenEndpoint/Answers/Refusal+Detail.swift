import LiveKitToken
import RoomAccess
import StrictJSON

extension Refusal {
    /// What would be right, for people, in ASCII: of the request it has no more than the cleaned name of a field, and
    /// one visible character that is out of place.
    var detail: String {
        switch self {
        case .notFound: "There is nothing here; tokens are at POST \(Route.tokenPath)."
        case .methodNotAllowed(let methods):
            "The method must be \(methods.map(\.description).joined(separator: ", "))."
        case .bodyTooLarge: "The body must have at most \(HTTPRequest.maximumBodyLength) bytes."
        case .unsupportedMediaType: "The Content-Type must be application/json; its charset, if any, utf-8."
        case .sessionMissing(.noLogin), .sessionMissing(.noToken):
            "The request is of no one who has logged in; log in on this site first."
        case .sessionMissing(let why): "\(why.detail); send the session as Authorization: Bearer <session>."
        case .sessionInvalid: "The session is not valid, or not for long enough; sign in again."
        case .malformedRequest(let malformation): malformation.detail
        case .unknownField(let name, let known, let hint):
            "There is no field \(name.sanitized(32))"
                + (hint.map { ": \($0). Known here: " } ?? "; known here: ")
                + "\(known.joined(separator: ", "))."
        case .invalidID(let field, .notAnIdentifier(let fault), let spelling):
            "\(spelling ?? field.rawValue) must be 1 to \(Identifier.maximumLength) visible ASCII characters; "
                + "\(fault.words)."
        case .invalidID(let field, .outsidePattern(let id, let index), let spelling):
            "\(spelling ?? field.rawValue) does not match the pattern that this deployment has for ids: "
                + "\(id.misfit(at: index)). Its operator knows the pattern (rooms.pattern)."
        case .fieldRefused(let field, let why): why.detail(of: field.sanitized(64))
        case .forbidden, .claimUnreadable: "This session may not enter this room now."
        case .unavailable: "No token can be issued at the moment; try again."
        case .internal, .repeatedMetaVariable: "No token could be made; the operator's log says why."
        }
    }
}

extension SessionError.Missing {
    /// The rule that a request without a bearer breaks, and how.
    fileprivate var detail: String {
        switch self {
        case .noAuthorization: "The request has no Authorization header"
        case .otherScheme: "The Authorization header does not begin with the word Bearer and a space"
        case .malformedAuthorization(.empty): "The Authorization header has nothing after Bearer"
        case .malformedAuthorization(.tooLong):
            "The session in the Authorization header is longer than \(BearerToken.maximumLength) bytes"
        case .malformedAuthorization(let fault):
            "A session consists of letters, digits and - . _ ~ + /, with = at its end alone (RFC 6750), "
                + "and the one in the Authorization header has \(fault.words)"
        case .placeholder: "The Authorization header has a word for no value, such as undefined or null"
        case .noLogin, .noToken: "The web server vouches for no user"
        }
    }
}

extension BearerToken.Fault {
    fileprivate var words: String {
        switch self {
        case .empty: "nothing"
        case .tooLong: "too many characters"
        case .equalsSign: "a = elsewhere"
        case .character(let character): character.words
        }
    }
}

extension Identifier.Fault {
    fileprivate var words: String {
        switch self {
        case .empty: "it is empty"
        case .tooLong: "it has more"
        case .character(let character): "it has \(character.words)"
        }
    }
}

extension ForeignCharacter {
    /// The character itself only where it is visible ASCII, whatever a client or a terminal makes of others.
    fileprivate var words: String {
        switch self {
        case .visible(UInt8(ascii: "\"")), .visible(UInt8(ascii: "'")), .visible(UInt8(ascii: "`")): "a quotation mark"
        case .visible(UInt8(ascii: "|")): "a vertical bar"
        case .visible(let byte): "\"\(Unicode.Scalar(byte))\""
        case .space: "a space"
        case .control: "a control character"
        case .notASCII: "a character that is not ASCII"
        }
    }
}

extension UTF8String {
    /// Where an id leaves the pattern of the deployment.
    fileprivate func misfit(at index: Int?) -> String {
        guard let index else { return "it ends too early" }
        return "character \(index + 1), \(ForeignCharacter(utf8[index]).words), has no place there"
    }
}

extension Refusal.Malformation {
    fileprivate var detail: String {
        switch self {
        case .notJSON(let error): "The body is not JSON: \(error.kind.rawValue), at byte \(error.offset)."
        case .notAnObject: "The body must be a JSON object."
        case .wrongType(let name, let shape): "\(name.sanitized(32)) must be \(shape.rawValue)."
        case .spelledTwice(let name): "\(name) came in both of its spellings; send one."
        case .roomMissing: "roomId is missing; name the room."
        case .roomNameMissing: "room_name is missing; name the room (roomName in LiveKit's SDKs)."
        case .lengthMismatch: "Content-Length must be the length of the body in bytes."
        }
    }
}

extension Refusal.FieldRefusal {
    fileprivate func detail(of field: String) -> String {
        switch self {
        case .notAllowed: "A client may not set \(field) here, or not to this; leave it out."
        case .repeated: "\(field) may name each agent once."
        case .notInItsCase:
            "\(field) is the identity of this session's user but for the case of letters, which counts; "
                + "write them small, or leave it out."
        case .notAName:
            "\(field) must be 1 to \(UserName.maximumLength) bytes of text that can be seen, "
                + "without control characters or marks that turn its direction."
        case .tooLong: "\(field) is too long for a token; shorten it."
        }
    }
}

extension UTF8String {
    /// The name of a field in a request, fit to stand in a message: at most so many characters, each of which is safe
    /// without an escape.
    fileprivate func sanitized(_ length: Int) -> String {
        let allowed = utf8.prefix(length).map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                byte
            default: UInt8(ascii: "?")
            }
        }
        return String(decoding: allowed, as: UTF8.self)
    }
}

// MARK: - For the operator

extension LoginParameter {
    /// The rule for the value of a parameter that refuses a login.
    fileprivate var rule: String {
        switch self {
        case .user: "must be 1 to \(Identifier.maximumLength) visible ASCII characters"
        case .did: "must begin with did: and have at most \(DID.maximumLength) visible ASCII characters"
        case .sessionEnd: "must be the seconds since 1970, in digits"
        case .name, .percentName, .session, .rooms, .groups, .jwt, .answer: "is not of its form"
        }
    }
}

extension Refusal {
    /// What happened, for the operator, where more than the reason is known.
    ///
    /// It holds no more of the request than the detail does, and an id that is an `Identifier` (visible ASCII). Of a
    /// login's claim it may hold a name, which the log writes with escapes.
    package var fault: String? {
        switch self {
        case .unavailable(.directory(let error)): error.reason
        case .claimUnreadable(let fault): "what the login says of memberships \(fault)"
        case .internal(.tooLong(let bytes)):
            "\(bytes) bytes, at most \(AccessToken.maximumLength): shorten the user's name or did"
        case .sessionMissing(.noLogin): "\(LoginParameter.user.variable) is empty: the web server vouches for no user"
        case .sessionInvalid(.loginDenied):
            "\(LoginParameter.answer.variable) is not 2xx: the site's back end says no (authStatus in nginx's access "
                + "log)"
        case .sessionMissing(.noToken): "\(LoginParameter.jwt.variable) is empty: the web server passes no token"
        case .sessionInvalid(.token(let refusal)): refusal.problem
        case .sessionInvalid(.noKey):
            "token.identity is session, and this login has nothing that tells its session from others: let it have "
                + "that, or set token.identity to user"
        case .unavailable(.keys(let why)): why.problem
        case .sessionInvalid(.malformedParameter(let parameter)): "\(parameter.variable) \(parameter.rule)"
        case .repeatedMetaVariable(let name):
            "\(name) came more than once; let the web server pass it once (one fastcgi_param)"
        case .invalidID(let field, .outsidePattern(let id, _), let spelling):
            "\(spelling ?? field.rawValue) \(id) does not match rooms.pattern"
        case .fieldRefused(let field, .notAllowed(let setting?)):
            "\(setting) does not allow \(field.sanitized(64))"
        case .fieldRefused(let field, .notAllowed(nil)): "no setting allows \(field.sanitized(64))"
        case .sessionMissing(.malformedAuthorization), .malformedRequest, .unknownField, .invalidID, .fieldRefused:
            detail
        default: nil
        }
    }
}
