import Foundation
import TestSupport
import Testing

/// Python with other people's verifiers of JSON Web Tokens: `Tests/SecondOpinions/answer.py`.
enum SecondOpinion {
    /// The variable that names a Python in which PyJWT, joserfc and livekit-api are installed; `Tests/run.sh` sets it.
    static let variable = "SECOND_OPINIONS"

    static let python = ProcessInfo.processInfo.environment[variable]
    static let isAtHand = ConditionTrait.enabled(
        if: python != nil,
        "\(variable) must name a Python with PyJWT, joserfc and livekit-api"
    )

    enum Library: String, CaseIterable, Encodable {
        case pyJWT = "PyJWT"
        case joserfc
        case liveKit = "livekit"

        /// Those that sign as well; LiveKit's signs with PyJWT.
        static let signers: [Library] = [.pyJWT, .joserfc]

        var wrongSignature: String { self == .joserfc ? "BadSignatureError" : "InvalidSignatureError" }
        var expired: String { self == .joserfc ? "ExpiredTokenError" : "ExpiredSignatureError" }
    }

    struct Question: Encodable {
        private let library: Library
        private let secret: String
        private let issuer = "APIgolden"
        private let token: String?
        private let now: Int?
        private let claims: Claims?
        private let algorithm: String?

        /// Whether a token is good at a time, in Unix seconds.
        init(verify token: String, by library: Library, secret: String, at now: Int) {
            (self.library, self.secret, self.token, self.now) = (library, secret, token, now)
            (claims, algorithm) = (nil, nil)
        }

        /// A token of theirs.
        init(sign claims: Claims, by library: Library, secret: String, algorithm: String) {
            (self.library, self.secret, self.claims, self.algorithm) = (library, secret, claims, algorithm)
            (token, now) = (nil, nil)
        }
    }

    struct Answer: Decodable {
        let claims: Claims?
        let refused: String?
        let token: String?
    }

    /// What a LiveKit server would read, with every grant that nobody may ever have.
    struct Claims: Codable, Equatable {
        struct Video: Codable, Equatable {
            var room: String
            var roomJoin: Bool
            var canPublish: Bool
            var canSubscribe: Bool
            var canPublishData: Bool
            var canUpdateOwnMetadata: Bool
            var canPublishSources: [String]?
            var roomAdmin: Bool?
            var roomCreate: Bool?
            var roomList: Bool?
            var roomRecord: Bool?
            var ingressAdmin: Bool?
            var hidden: Bool?
            var recorder: Bool?
            var agent: Bool?
            var destinationRoom: String?
        }

        var iss: String?
        var sub: String?
        /// What LiveKit's verifier calls `sub`.
        var identity: String?
        var jti: String?
        private var issuedAt: Int?
        var nbf: Int?
        var exp: Int?
        var name: String?
        var metadata: String
        var video: Video

        var iat: Int { issuedAt ?? 0 }

        init(
            iss: String,
            sub: String,
            jti: String,
            iat: Int,
            nbf: Int,
            exp: Int,
            name: String?,
            metadata: String,
            video: Video
        ) {
            (self.iss, self.sub, self.jti, issuedAt, self.nbf, self.exp) = (iss, sub, jti, iat, nbf, exp)
            (self.name, self.metadata, self.video) = (name, metadata, video)
        }

        private enum CodingKeys: String, CodingKey {
            case iss, sub, identity, jti, nbf, exp, name, metadata, video
            case issuedAt = "iat"
        }

        /// What a library hands out of these: LiveKit's checks the times and the issuer, and keeps them to itself.
        func `as`(readBy library: Library) -> Claims {
            guard library == .liveKit else { return self }
            var claims = self
            (claims.iss, claims.sub, claims.jti, claims.issuedAt, claims.nbf, claims.exp) = (
                nil, nil, nil, nil, nil, nil
            )
            claims.identity = sub
            return claims
        }

        static let sample = Claims(
            iss: "APIgolden",
            sub: "user-018f3a52-7c1b-7d2e-9a3f-0123456789ab",
            jti: "5f0c2a9e-3b1d-4c8f-8e7a-6d5b4c3a2918",
            iat: 1_795_473_630,
            nbf: 1_795_473_630,
            exp: 1_795_473_930,
            name: nil,
            metadata: "{}",
            video: Video(
                room: "stage-1",
                roomJoin: true,
                canPublish: false,
                canSubscribe: true,
                canPublishData: false,
                canUpdateOwnMetadata: false
            )
        )
    }

    /// The answers, in the order of the questions.
    static func answers(to questions: [Question]) throws -> [Answer] {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../SecondOpinions/answer.py")
        let process = try CompletedProcess(
            try #require(python),
            [script.path()],
            input: try JSONEncoder().encode(questions)
        )
        try #require(process.status == 0, "\(process.complaint)")
        let decoded = try JSONDecoder().decode([Answer].self, from: process.output)
        try #require(decoded.count == questions.count)
        return decoded
    }
}
