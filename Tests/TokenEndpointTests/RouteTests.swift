import Foundation
import RoomAccess
import StrictJSON
import Testing
import TokenEndpoint

/// The root of the repository.
private enum Root {
    static let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
}

/// The maps of `nginx/snippets/http.conf` and the locations of `server.conf` and `server-login.conf`, which repeat the
/// routes for what nginx answers itself.
@Suite struct `the routes, in nginx's configuration` {
    private static let routes = Route.all(
        tokenSource: TokenSourcePolicy(serverURL: "wss://livekit.example.com"),
        metrics: .init(type: "text/plain") { _ in [] }
    )

    private static func snippet(_ name: String) throws -> String {
        try String(contentsOf: Root.url.appending(path: "nginx/snippets/\(name)"), encoding: .utf8)
    }

    /// The entries of a map, `default` apart.
    private static func map(_ variables: String) throws -> [String: String] {
        let text = try snippet("http.conf")
        let body = try #require(text.split(separator: "map \(variables) {").last?.split(separator: "}").first)
        var entries: [String: String] = [:]
        for line in body.split(separator: "\n") {
            let entry = line.trimmingCharacters(in: [" ", ";"])
            guard let blank = entry.firstIndex(of: " "), !entry.hasPrefix("default") else { continue }
            entries[String(entry[..<blank])] = entry[blank...].trimmingCharacters(in: [" ", "\""])
        }
        return entries
    }

    /// What a server includes for the locations of all routes: for bearers, and for logins of the site's own.
    private static let servers = ["server.conf", "server-login.conf"]

    /// The directives of the location of a route, those of the files that it includes among them.
    private static func location(_ route: Route, in server: String) throws -> String {
        let locations = try snippet(server) + snippet("service.conf")
        let parts = locations.components(separatedBy: "location = \(route.path) {\n")
        try #require(parts.count == 2, "\(route.path) in \(server)")
        let own = try #require(parts[1].components(separatedBy: "\n}\n").first)
        let included = ["common.conf", "issue.conf", "login.conf"].filter { own.contains("/\($0);") }
        return try own + included.map(snippet).joined()
    }

    @Test func `take no query string, and write nothing into nginx's error log`() throws {
        let common = try Self.snippet("common.conf")
        #expect(common.contains("if ($is_args) {\n    return 400;\n}"))
        #expect(common.contains("error_log /var/log/nginx/livekit-tokend.error.log emerg;"))
        for server in Self.servers {
            for route in Self.routes {
                #expect(try Self.location(route, in: server).contains("/common.conf;\n"), "\(route.path)")
            }
        }
    }

    @Test func `have the methods that a 405 of nginx's names`() throws {
        let methods = try Self.map("$request_uri $livekit_methods")
        for route in Self.routes {
            let allow = route.methods.map(\.description).joined(separator: ", ")
            #expect(methods["\(route.path)"] ?? "POST" == allow, "\(route.path)")
        }
    }

    @Test func `have a location each`() throws {
        for server in Self.servers {
            for route in Self.routes {
                #expect(try Self.location(route, in: server).contains("set $livekit_route"), "\(route.path)")
            }
        }
    }

    @Test func `ask the site's back end for each token in the one server, and for nothing in the other`() throws {
        for route in Self.routes {
            guard route.path.utf8.starts(with: "/livekit/token".utf8) else {
                #expect(try !Self.location(route, in: "server-login.conf").contains("auth_request"), "\(route.path)")
                continue
            }
            #expect(try Self.location(route, in: "server-login.conf").contains("auth_request /livekit/auth;"))
            #expect(try !Self.location(route, in: "server.conf").contains("auth_request"))
        }
    }

    /// Two lines for one would be refused as a variable that is passed twice.
    @Test func `pass each parameter of a login once`() throws {
        let passed = try Self.snippet("fastcgi.conf") + Self.snippet("login.conf")
        for parameter in LoginParameter.allCases {
            let line = "\nfastcgi_param \(parameter.variable) "
            #expect(passed.components(separatedBy: line).count == 2, "\(parameter.variable)")
        }
    }
}

/// The limit of a body, in the files that repeat it: what nginx enforces, and what its documents tell.
@Suite struct `the limit of a body` {
    private static let bytes = HTTPRequest.maximumBodyLength
    /// With a comma, as texts have it.
    private static let spelled = "\(bytes / 1000),\(String(1000 + bytes % 1000).dropFirst())"

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Root.url.appending(path: path), encoding: .utf8)
    }

    @Test func `is nginx's`() throws {
        let limit = "client_max_body_size \(Self.bytes / 1024)k;"
        #expect(try text("nginx/snippets/bodies.conf").contains(limit))
        #expect(try text("nginx/snippets/http.conf").contains("at most \(Self.bytes) bytes"))
    }

    @Test(arguments: [
        ("nginx/openapi.yaml", "in UTF-8 of at most \(spelled) bytes", 2),
        ("nginx/openapi.yaml", "has more than \(spelled) bytes", 1),
        ("nginx/openapi.yaml", "at most \(bytes) bytes", 1), ("nginx/try/refusals.js", "at most \(spelled) bytes", 1),
        ("nginx/README.md", "at most \(spelled) bytes", 2),
    ])
    func `is the one that is told`(path: String, words: String, count: Int) throws {
        #expect(try text(path).components(separatedBy: words).count == count + 1)
    }
}
