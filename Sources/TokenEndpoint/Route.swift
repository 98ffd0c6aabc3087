package import LiveKitToken
package import StrictJSON

/// A route: a path, the methods that it takes, and what answers there.
package struct Route: Sendable {
    package let path: UTF8String
    /// In the order in which `Allow` lists them.
    package let methods: [UTF8String]
    let handler: Handler

    static let tokenPath: UTF8String = "/livekit/token"
    static let tokenSourcePath: UTF8String = "/livekit/token-source"

    enum Handler: Sendable {
        case token(TokenSchema)
        case health
        case page(Page)
    }

    /// A page that holds no decision: its media type, and its body at a time.
    ///
    /// Requests for it are not in the log.
    package struct Page: Sendable {
        let type: String
        let body: @Sendable (NumericDate) -> [UInt8]

        package init(type: String, body: @escaping @Sendable (NumericDate) -> [UInt8]) {
            self.type = type
            self.body = body
        }
    }

    /// The routes of the endpoint: `POST /livekit/token`, `POST /livekit/token-source` where LiveKit's own clients are
    /// served, `GET /livekit/health`, `GET /livekit/metrics`.
    package static func all(tokenSource: TokenSourcePolicy?, metrics: Page) -> [Route] {
        [Route(path: tokenPath, methods: ["POST"], handler: .token(.token))]
            + (tokenSource.map {
                [Route(path: tokenSourcePath, methods: ["POST"], handler: .token(.tokenSource($0)))]
            } ?? [])
            + [
                Route(path: "/livekit/health", methods: ["GET", "HEAD"], handler: .health),
                Route(path: "/livekit/metrics", methods: ["GET", "HEAD"], handler: .page(metrics)),
            ]
    }
}
