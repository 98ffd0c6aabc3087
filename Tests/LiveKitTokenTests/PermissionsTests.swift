import LiveKitToken
import StrictJSON
import TestSupport
import Testing

@Suite struct `permissions` {
    static let publishing: [Permissions.Publishing] = [
        .nothing, .only([.camera]), .only([.microphone]), .only([.camera, .screenShare]), .anything,
    ]

    @Test(
        arguments: [
            (.nothing, .nothing, .nothing),
            (.nothing, .only([.camera]), .only([.camera])),
            (.nothing, .anything, .anything),
            (.only([.camera]), .only([.camera]), .only([.camera])),
            (.only([.camera]), .only([.microphone]), .only([.camera, .microphone])),
            (
                .only([.camera, .screenShare]), .only([.screenShareAudio]),
                .only([.camera, .screenShare, .screenShareAudio])
            ),
            (.only([.camera]), .anything, .anything),
            (.anything, .anything, .anything),
        ] as [(Permissions.Publishing, Permissions.Publishing, Permissions.Publishing)]
    )
    func `a union publishes what one of the two may`(
        _ one: Permissions.Publishing,
        _ other: Permissions.Publishing,
        _ union: Permissions.Publishing
    ) {
        #expect(one.union(other) == union)
        #expect(other.union(one) == union)
    }

    static var switches: [WritableKeyPath<Permissions, Bool>] {
        [\.subscribe, \.publishData, \.updateOwnMetadata, \.roomAdmin]
    }

    @Test(arguments: 0..<4)
    func `a union has a switch on if one of the two has, and no other`(_ index: Int) {
        var on = Permissions()
        on[keyPath: Self.switches[index]] = true
        #expect(Permissions().union(on) == on)
        #expect(on.union(Permissions()) == on)
        #expect(on.union(on) == on)
        #expect(Permissions().union(Permissions()) == Permissions())
    }

    @Test func `a union does not depend on order or grouping`() {
        var all: [Permissions] = []
        for publishing in Self.publishing {
            for bits in 0..<16 {
                var permissions = Permissions(publishing: publishing)
                for (index, path) in Self.switches.enumerated() { permissions[keyPath: path] = bits >> index & 1 == 1 }
                all.append(permissions)
            }
        }
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<2000 {
            let picked = (0..<3).map { _ in all[Int.random(in: 0..<all.count, using: &generator)] }
            #expect(picked[0].union(picked[1]) == picked[1].union(picked[0]))
            #expect(picked[0].union(picked[1]).union(picked[2]) == picked[0].union(picked[1].union(picked[2])))
        }
    }

    @Test func `without a word nothing is allowed`() {
        #expect(Permissions() == Permissions(publishing: .nothing, subscribe: false, publishData: false))
        #expect(!Permissions().updateOwnMetadata)
        #expect(!Permissions().roomAdmin)
    }

    @Test func `sources have LiveKit's names`() {
        #expect(TrackSource.allCases.map(\.rawValue) == ["camera", "microphone", "screen_share", "screen_share_audio"])
    }
}
