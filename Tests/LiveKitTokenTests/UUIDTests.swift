import LiveKitToken
import StrictJSON
import TestSupport
import Testing

@Suite struct `a UUID` {
    @Test(arguments: [
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",
        "f81D4fae-7dEc-11d0-A765-00a0C91e6Bf6",
    ])
    func `either case is read and lower case is written (RFC 9562 §4)`(_ text: String) {
        let uuid = UUID(text.utf8)
        #expect(uuid?.description == "f81d4fae-7dec-11d0-a765-00a0c91e6bf6")
        #expect(uuid == UUID(high: 0xf81d_4fae_7dec_11d0, low: 0xa765_00a0_c91e_6bf6))
        #expect(
            uuid?.octets
                == [0xf8, 0x1d, 0x4f, 0xae, 0x7d, 0xec, 0x11, 0xd0, 0xa7, 0x65, 0x00, 0xa0, 0xc9, 0x1e, 0x6b, 0xf6]
        )
    }

    @Test(arguments: [
        "", "-", "f81d4fae7dec11d0a76500a0c91e6bf6", "{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}",
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "f81d4fae-7dec-11d0-a765-00a0c91e6bf",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf60",
        "f81d4fae-7dec-11d0-a76500a0c91e6bf60", "f81d4fae-7dec-11d0a765--00a0c91e6bf6",
        "f81d4fae7-dec-11d0-a765-00a0c91e6bf6",
        "f81d4fae_7dec_11d0_a765_00a0c91e6bf6", "g81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf ",
        " f81d4fae-7dec-11d0-a765-00a0c91e6bf", "f81d4fae-7dec-11d0-a765-00a0c91e6b٦",
        "-f81d4fa-7dec-11d0-a765-00a0c91e6bf6",
        "+81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    ])
    func `anything else is none`(_ text: String) {
        #expect(UUID(text.utf8) == nil)
    }

    @Test func `the vector of RFC 9562 §A.4 holds`() throws {
        let dns = try #require(UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8".utf8))
        #expect(
            UUID(namespace: dns, name: Array("www.example.com".utf8)).description
                == "2ed6657d-e927-568b-95e1-2665a8aea6a2"
        )
    }

    @Test func `a random one says so in version and variant, and is random elsewhere (RFC 9562 §5.4)`() {
        var generator = SeededGenerator(seed: 9562)
        var ones = [UInt8](repeating: 0, count: 16)
        var zeros = ones
        for _ in 0..<200 {
            let uuid = UUID.random(using: &generator)
            #expect(uuid.octets[6] >> 4 == 4)
            #expect(uuid.octets[8] >> 6 == 0b10)
            for (index, octet) in uuid.octets.enumerated() {
                ones[index] |= octet
                zeros[index] |= ~octet
            }
        }
        var varying = zip(ones, zeros).map { $0 & $1 }
        #expect(varying[6] == 0x0F)
        #expect(varying[8] == 0x3F)
        varying[6] = 0xFF
        varying[8] = 0xFF
        #expect(varying == [UInt8](repeating: 0xFF, count: 16))
    }
}

@Suite struct `a participant's identity` {
    static let golden: [(UTF8String, String)] = [
        ("ada", "user-954f465c-034f-5135-afb1-130118ad4b66"),
        ("Ada", "user-42f90a97-0554-5b94-b964-2a789f3f46cd"),
        ("user:42", "user-160c440f-ee11-5294-8ebe-aad86b3ef57c"),
        ("did:plc:z72i7hdynmk6r22z27h6tvur", "user-74c74d5a-0a66-5cc6-8ae8-bf163311ba76"),
        ("018f3a527c1b7d2e9a3f0123456789ab", "user-ad71d40a-475a-545f-b204-78ffd8d8f733"),
        ("018f3a52-7c1b-7d2e-9a3f-0123456789ag", "user-7b97b804-131c-5590-ae44-a56bf51255c1"),
    ]

    /// By Python's `uuid.uuid5`; a change here renames every participant.
    @Test(arguments: golden)
    func `a user id that is no UUID is named in a namespace that never changes`(_ user: UTF8String, _ identity: String)
    {
        #expect(ParticipantIdentity.namespace.description == "d8caf7aa-0e5e-4654-9f53-53db88a0b17d")
        #expect(ParticipantIdentity(user: user).text.description == identity)
    }

    /// By Python's `uuid.uuid5`: the identity of `did:web:example.com:bob`, the DNS name `python.org`, and in capitals.
    @Test(
        arguments: [
            ("5a2fba6f-9f89-54a1-b797-d02ead545696", "user-2721d3c1-6e53-5993-afcd-a0b150be260c"),
            ("886313e1-3b8a-5372-9b90-0c9aee199e5d", "user-7e95dc9a-52b7-522b-9e16-11556761a0ff"),
            ("886313E1-3B8A-5372-9B90-0C9AEE199E5D", "user-7e95dc9a-52b7-522b-9e16-11556761a0ff"),
        ] as [(UTF8String, String)]
    )
    func `a user id that is a UUID of version 5 is no one's identity as it stands`(
        _ user: UTF8String,
        _ identity: String
    ) {
        #expect(ParticipantIdentity(user: user).text.description == identity)
    }

    @Test func `no id is the identity that is derived of another`() {
        for user in Self.golden.map(\.0) + ["did:web:example.com:bob"] {
            let derived = ParticipantIdentity(user: user).text
            let copy = UTF8String(String(derived.description.dropFirst("user-".count)))
            #expect(ParticipantIdentity(user: copy).text != derived)
        }
    }

    /// Version 5 in a variant that has no versions, and the other versions.
    @Test(
        arguments: [
            "886313e1-3b8a-5372-1b90-0c9aee199e5d", "886313e1-3b8a-5372-cb90-0c9aee199e5d",
            "886313e1-3b8a-3372-9b90-0c9aee199e5d", "886313e1-3b8a-4372-9b90-0c9aee199e5d",
            "886313e1-3b8a-8372-9b90-0c9aee199e5d", "00000000-0000-0000-0000-000000000000",
        ] as [UTF8String]
    )
    func `a user id that is another UUID stays as it is`(_ user: UTF8String) {
        #expect(ParticipantIdentity(user: user).text.description == "user-\(user)")
    }

    @Test(arguments: ["018f3a52-7c1b-7d2e-9a3f-0123456789ab", "018F3A52-7C1B-7D2E-9A3F-0123456789AB"] as [UTF8String])
    func `a user id that is a UUID is the identity, in lower case`(_ user: UTF8String) {
        #expect(ParticipantIdentity(user: user).text == "user-018f3a52-7c1b-7d2e-9a3f-0123456789ab")
    }

    /// SHA-256 of `bearer-1`, as the directory keeps it.
    static let digest: [UInt8] = [
        0xfe, 0x8a, 0x3b, 0xcf, 0xf6, 0x28, 0xda, 0x39, 0x02, 0xe6, 0xf1, 0xa3, 0x42, 0xe6, 0x56, 0x51, 0x6d, 0x15,
        0x25, 0xa2,
        0x42, 0x98, 0x82, 0x23, 0x24, 0x10, 0x35, 0xfd, 0xb0, 0xd3, 0x22, 0xfe,
    ]

    @Test(
        arguments: [
            ("ada", "user-66192d38-ed57-574d-9f36-d3ec8dd61e1a"),
            ("018f3a52-7c1b-7d2e-9a3f-0123456789ab", "user-3bb91384-c0fd-50f9-9e04-b9e587bc9253"),
        ] as [(UTF8String, String)]
    )
    func `a session's identity is named by the user id, a NUL and the digest of the bearer`(
        _ user: UTF8String,
        _ identity: String
    ) {
        #expect(ParticipantIdentity(user: user, sessionDigest: Self.digest).text.description == identity)
    }

    @Test func `sessions and users differ`() {
        var other = Self.digest
        other[31] ^= 1
        let identities: Set = [
            ParticipantIdentity(user: "ada"), ParticipantIdentity(user: "ada", sessionDigest: Self.digest),
            ParticipantIdentity(user: "ada", sessionDigest: other),
            ParticipantIdentity(user: "bob", sessionDigest: other),
        ]
        #expect(identities.count == 4)
    }
}
