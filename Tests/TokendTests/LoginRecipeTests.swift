import Testing

@testable import livekit_tokend

/// The recipes of nginx/logins.md for providers of tokens, as they are written there but for the places of the site.
///
/// What the providers have issued is in Tests/Recorded/logins; the clock stands at a second in which it was valid.
@Suite struct `A recipe for tokens` {
    @Test(arguments: RecipeRow.all)
    func `makes of a recorded token what it says`(row: RecipeRow) throws {
        let site = try RecipeSite(row.recipe, tokens: row.provider)
        let token = try #require(IssuedTokens.all.tokens[row.token], "\(row.token)")
        let outcome = try site.outcome(of: token.token, in: row.room, at: token.validAt)
        #expect(outcome == row.outcome)
    }

    /// A token lives until its end, which its own says; nothing that the provider learns later is asked for.
    @Test(arguments: ["keycloak", "dex", "supabase", "hydra", "kratos-jwt", "better-auth"])
    func `is refused by the second at which a token ends`(recipe: String) throws {
        let row = try #require(RecipeRow.all.first { $0.recipe == recipe })
        let site = try RecipeSite(recipe, tokens: row.provider)
        let token = try #require(IssuedTokens.all.tokens[row.token])
        let outcomes = try [-10, 0].map { try site.outcome(of: token.token, in: row.room, at: token.end + $0) }
        #expect(outcomes == [row.outcome, .refused("token_expired")])
    }

    @Test(arguments: Recipes.configurations.keys.sorted())
    func `is a configuration that the service takes`(recipe: String) throws {
        #expect(throws: Never.self) { try RecipeSite(recipe, tokens: nil) }
    }

    /// The two places of Supabase's and Clerk's tokens that users write themselves.
    @Test(arguments: ["user_metadata", "unsafe_metadata"])
    func `is none where users write the claim`(writable: String) throws {
        let text = try #require(Recipes.configurations["supabase"])
        let changed = text.replacing("[app_metadata, livekit_rooms]", with: "[\(writable), livekit_rooms]")
        try #require(changed != text)
        let failure = #expect(throws: Failure.self) { try RecipeSite(configuration: changed, tokens: nil) }
        #expect(failure?.message.contains("is below \(writable), which users write themselves") == true)
    }
}

// MARK: - What is expected

enum Verdict: Equatable {
    case granted(user: String, name: String?, roles: [String])
    /// The reason in the log.
    case refused(String)
}

struct RecipeRow: CustomTestStringConvertible {
    let recipe: String
    let token: String
    let room: String
    let outcome: Verdict

    private init(_ recipe: String, _ token: String, in room: String = "stage-1", _ outcome: Verdict) {
        (self.recipe, self.token, self.room, self.outcome) = (recipe, token, room, outcome)
    }

    private init(_ recipe: String, _ token: String, in room: String = "stage-1", _ reason: String) {
        self.init(recipe, token, in: room, .refused(reason))
    }

    /// Whose tokens those are.
    var provider: String { String(token.prefix { $0 != "/" }) }
    var testDescription: String { "\(recipe): \(token) in \(room)" }

    private static let zoe = "Zoë “Z” Müller-Ōkami 🎤"
    private static func ada(_ id: String, _ role: String, name: String? = "Ada Lovelace") -> Verdict {
        .granted(user: id, name: name, roles: [role])
    }

    static let all: [RecipeRow] = keycloak + dex + supabase + hydra + others

    private static let keycloak = [
        RecipeRow("keycloak", "keycloak/web-access", ada("68c08ba6-0970-4342-906b-a72f17b47b84", "host")),
        // The mapper's type is String where the recipe says JSON.
        RecipeRow("keycloak", "keycloak/web-stringclaim-access", ada("68c08ba6-0970-4342-906b-a72f17b47b84", "host")),
        RecipeRow("keycloak", "keycloak/web-rfc9068-access", ada("68c08ba6-0970-4342-906b-a72f17b47b84", "host")),
        RecipeRow("keycloak", "keycloak/web-access", in: "office", "unknown_room"),
        RecipeRow("keycloak", "keycloak/web-access", in: "team-42-a", "not_member_of_scene_or_event"),
        RecipeRow("keycloak", "keycloak/web-unicode-access", "unknown_room"),
        RecipeRow("keycloak", "keycloak/service-account-access", "token_refused"),
        RecipeRow("keycloak", "keycloak/web-id", "token_audience"),
        RecipeRow("keycloak", "keycloak/bare-access", "token_audience"),
        RecipeRow("keycloak", "keycloak/web-refresh", "token_algorithm"),
        RecipeRow("keycloak", "keycloak/web-logout-token", "token_typ"),
        RecipeRow("keycloak", "keycloak/web-dpop-access", "token_bound"),
        RecipeRow("keycloak", "keycloak/web-nosub-access", "token_user"),
        RecipeRow("keycloak", "keycloak/web-lightweight-access", "token_audience"),
    ]

    private static let dexAda = "CiQwOGE4Njg0Yi1kYjg4LTRiNzMtOTBhOS0zY2QxNjYxZjU0NjYSBWxvY2Fs"
    private static let dex = [
        RecipeRow("dex", "dex/ada-1-id", .granted(user: dexAda, name: "Ada Lovelace", roles: ["host", "speaker"])),
        RecipeRow("dex", "dex/ada-1-access", in: "stage-7", ada(dexAda, "host")),
        RecipeRow("dex", "dex/ada-1-id", in: "office", "unknown_room"),
        RecipeRow("dex", "dex/zoe-1-id", "unknown_room"),
    ]

    private static let supabase = [
        RecipeRow(
            "supabase",
            "supabase/es256-app-metadata",
            .granted(user: "d8847528-1368-465f-bdba-b8a2d7324340", name: zoe, roles: ["host"])
        ),
        // The user has written `{"*": ["host"]}` into what is theirs, and may enter what the app has given, no more.
        RecipeRow("supabase", "supabase/es256-user-metadata-forged", in: "office", "unknown_room"),
        RecipeRow("supabase", "supabase/es256-key-a", "unknown_room"),
        RecipeRow("supabase", "supabase/anonymous-hs256", "token_algorithm"),
    ]

    private static let hydra = [
        RecipeRow("hydra", "hydra/jwt-access", ada("ada@example.com", "host")),
        RecipeRow("hydra", "hydra/jwt-machine-access", "token_required"),
        RecipeRow("hydra", "hydra/jwt-id", "token_audience"),
    ]

    private static let others = [
        RecipeRow("oauth2-proxy-token", "oauth2-proxy/access", ada("68c08ba6-0970-4342-906b-a72f17b47b84", "host")),
        RecipeRow("kratos-jwt", "kratos/tokenized", ada("e6670912-df4b-43f5-8c66-b58b8b3da79a", "host")),
        RecipeRow("better-auth", "better-auth/es256-1", ada("3UWriZbMx4Z7RUdijBNveoc8Aov52G1K", "host")),
        // A key that its set does not have: the fetch that is asked for may bring it.
        RecipeRow("better-auth", "better-auth/default-1", "key_set_pending"),
    ]
}
