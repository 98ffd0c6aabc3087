import LiveKitToken
import StrictJSON
import TestSupport

extension UUID {
    /// `018f3a52-7c1b-7d2e-9a3f-0123456789ab`.
    static let sampleUser = UUID(high: 0x018f_3a52_7c1b_7d2e, low: 0x9a3f_0123_4567_89ab)
    /// `5f0c2a9e-3b1d-4c8f-8e7a-6d5b4c3a2918`.
    static let sampleToken = UUID(high: 0x5f0c_2a9e_3b1d_4c8f, low: 0x8e7a_6d5b_4c3a_2918)
}

extension ClaimGrants {
    static func sample(
        lifetime: Int64 = 300,
        name: UTF8String? = nil,
        metadata: ParticipantMetadata = ParticipantMetadata(sceneID: nil, eventID: nil, roles: ["viewer"], did: nil),
        permissions: Permissions = Permissions(subscribe: true)
    ) -> ClaimGrants {
        ClaimGrants(
            issuer: "APIgolden",
            identity: ParticipantIdentity(.sampleUser),
            tokenID: .sampleToken,
            issuedAt: .sample,
            expiresAt: NumericDate.sample.advanced(by: lifetime),
            name: name,
            metadata: metadata,
            video: VideoGrant(room: "stage-1", permissions: permissions)
        )
    }
}
