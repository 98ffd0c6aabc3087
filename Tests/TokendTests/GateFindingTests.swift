import Glibc
import Testing

@testable import livekit_tokend

@Suite struct `check of the gate` {
    private let folder: Folder

    init() throws { folder = try Folder() }

    /// The findings on the gate and LiveKit, of a deployment with these lines and this server of nginx.
    private func findings(_ gate: String, nginx: String) throws -> [Finding] {
        try folder.write(
            "config.yaml",
            "directory: {url: 'sqlite:\(folder.path)/d.sqlite'}\npeers: []\n\(gate)\n"
        )
        try folder.write(
            "nginx.conf",
            "http { upstream livekit_tokend { server unix:/run/x.sock; }\nserver {\nlisten 127.0.0.1:1;\n\(nginx)\n} }\n"
        )
        var host = Host(
            processes: "\(folder.path)/proc",
            nginxConfiguration: "\(folder.path)/nginx.conf",
            units: SystemdUnits(directories: [])
        )
        host.addresses = { ["192.0.2.1"] }
        let user = EffectiveUser(user: geteuid(), group: getegid(), name: "tester", isImpersonating: false)
        return Check(path: "\(folder.path)/config.yaml", as: user, on: host).findings
            .filter { ["gate", "livekit"].contains($0.subject) }
    }

    private static let asks = "location = /livekit/gate { fastcgi_param LIVEKIT_GATE $livekit_gate if_not_empty; }"

    @Test func `says nothing where there is none`() throws {
        #expect(try findings("", nginx: "") == [])
        #expect(try findings("gate: off", nginx: "location / { proxy_pass http://127.0.0.1:7880; }") == [])
    }

    @Test func `says that nginx asks a gate that is off`() throws {
        let found = try findings("gate: off", nginx: Self.asks)
        #expect(found.map(\.level) == [.error] && found.map(\.isConfiguration) == [true])
        #expect(found.first?.message.hasPrefix("nginx asks the gate (\(folder.path)/nginx.conf:") == true, "\(found)")
        #expect(found.first?.message.contains("everybody is refused") == true)
    }

    @Test func `says that nginx asks nowhere`() throws {
        let found = try findings("gate: on", nginx: "location / { proxy_pass http://127.0.0.1:7880; }")
        #expect(found.map(\.level) == [.error] && found.map(\.isConfiguration) == [false])
        #expect(found.first?.message.contains("no join is barred") == true, "\(found)")
    }

    /// Port 1 of this machine is closed.
    @Test func `says what is not running, and what is on other machines`() throws {
        func upstream(_ server: String) -> String {
            "\(Self.asks) } upstream livekit_server { server \(server); "
        }
        let closed = try findings("gate: on", nginx: upstream("127.0.0.1:1"))
        #expect(closed.map(\.subject) == ["livekit", "gate"] && closed.map(\.level) == [.warning, .warning])
        #expect(closed[0].message.hasPrefix("LiveKit does not answer at 127.0.0.1:1"))
        #expect(closed[1].message.contains("takes no connection"))
        let elsewhere = try findings("gate: on", nginx: upstream("192.0.2.9:7880"))
        #expect(elsewhere.first?.level == .warning)
        #expect(elsewhere.first?.message.contains("let its firewall take TCP port 7880") == true, "\(elsewhere)")
        let own = try findings("gate: on", nginx: upstream("192.0.2.1:7880"))
        #expect(own.first?.level == .error)
        #expect(own.first?.message.contains("set bind_addresses: [127.0.0.1]") == true, "\(own)")
    }
}
