// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "livekit-tokend",
    products: [
        .executable(name: "livekit-tokend", targets: ["livekit-tokend"])
    ],
    targets: [
        // C libraries: a module map each, and the few lines that Swift cannot read off a header.
        .systemLibrary(name: "CFastCGI"),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CNettle"),
        .systemLibrary(name: "CSQLite"),
        .systemLibrary(name: "CYAML"),

        // General libraries: a standard or one C library each, in Swift's words. None knows of rooms or tokens, and
        // only one above a C library has unsafe code.
        .target(name: "StrictJSON"),
        .target(name: "CommandLineInterface"),
        .target(name: "Cryptography", dependencies: ["CNettle"]),
        .target(name: "SQLite", dependencies: ["CSQLite"]),
        .target(name: "YAML", dependencies: ["CYAML"]),
        .target(name: "FastCGI", dependencies: ["CFastCGI", "CLinux"]),

        // The core: values in, values out. No I/O, no clock, no C library, no unsafe code.
        .target(name: "LiveKitToken", dependencies: ["Cryptography", "StrictJSON"]),
        .target(name: "RoomPattern"),
        .target(name: "RoomAccess", dependencies: ["Cryptography", "LiveKitToken", "RoomPattern", "StrictJSON"]),
        .target(name: "TokenEndpoint", dependencies: ["LiveKitToken", "RoomAccess", "StrictJSON"]),

        // The gate: who may join a room, asked by the web server before each request to LiveKit.
        .target(name: "JoinGate", dependencies: ["LiveKitToken", "RoomAccess", "StrictJSON", "TokenEndpoint"]),

        // The directory, in a file. An adapter imports no other adapter, and knows no HTTP.
        .target(
            name: "SQLiteDirectory",
            dependencies: ["LiveKitToken", "RoomAccess", "SQLite", "StrictJSON"],
            resources: [
                .embedInCode("Migrations/version1.sql"), .embedInCode("Migrations/version2.sql"),
                .embedInCode("Migrations/version3.sql"),
            ]
        ),

        // Logins of others: a bearer that is a JSON Web Token. Bytes of key sets are handed in: no I/O, no unsafe code.
        .target(name: "JWTSessions", dependencies: ["Cryptography", "LiveKitToken", "RoomAccess", "StrictJSON"]),

        // What the file and the environment settle. Bytes and look-ups are handed in: no unsafe code.
        .target(
            name: "Configuration",
            dependencies: [
                "JoinGate", "LiveKitToken", "RoomAccess", "RoomPattern", "StrictJSON", "TokenEndpoint", "YAML",
            ]
        ),

        // What a well-behaved Linux service does. It knows nothing of the domain.
        .target(name: "Daemon", dependencies: ["CLinux", "StrictJSON"]),

        // The program: commands, check, assembly. Only here all parts meet.
        .executableTarget(
            name: "livekit-tokend",
            dependencies: [
                "CommandLineInterface", "Configuration", "Daemon", "FastCGI", "JWTSessions", "JoinGate",
                "LiveKitToken", "RoomAccess", "SQLiteDirectory", "StrictJSON", "TokenEndpoint",
            ]
        ),

        // Tests: a target for each above, named after it.
        .target(
            name: "TestSupport",
            dependencies: ["LiveKitToken", "RoomAccess", "StrictJSON"],
            path: "Tests/TestSupport"
        ),
        // Readers of tokens and queries that follow LiveKit's, for tests and fuzzing.
        .target(
            name: "LiveKitReaders",
            dependencies: ["LiveKitToken", "StrictJSON"],
            path: "Tests/LiveKitReaders"
        ),
        // The contract of every directory, for the tests of each.
        .target(
            name: "Conformance",
            dependencies: ["LiveKitToken", "RoomAccess", "TestSupport"],
            path: "Tests/Conformance"
        ),
        .testTarget(name: "StrictJSONTests", dependencies: ["StrictJSON", "TestSupport"]),
        // The C library's own parser of arguments, to compare with.
        .systemLibrary(name: "CGetopt", path: "Tests/CGetopt"),
        .testTarget(
            name: "CommandLineInterfaceTests",
            dependencies: ["CGetopt", "CommandLineInterface", "TestSupport"]
        ),
        // The C library's own regular expressions, to compare with.
        .systemLibrary(name: "CRegex", path: "Tests/CRegex"),
        .testTarget(name: "RoomPatternTests", dependencies: ["CRegex", "RoomPattern", "TestSupport"]),
        .testTarget(name: "CryptographyTests", dependencies: ["CNettle", "Cryptography", "TestSupport"]),
        .testTarget(name: "SQLiteTests", dependencies: ["SQLite"]),
        .testTarget(name: "YAMLTests", dependencies: ["TestSupport", "YAML"]),
        .testTarget(name: "FastCGITests", dependencies: ["FastCGI", "TestSupport"]),
        .testTarget(
            name: "LiveKitTokenTests",
            dependencies: ["Cryptography", "LiveKitReaders", "LiveKitToken", "StrictJSON", "TestSupport"]
        ),
        .testTarget(
            name: "RoomAccessTests",
            dependencies: ["LiveKitToken", "RoomAccess", "StrictJSON", "TestSupport"]
        ),
        .testTarget(
            name: "TokenEndpointTests",
            dependencies: [
                "LiveKitToken", "RoomAccess", "RoomPattern", "StrictJSON", "TestSupport", "TokenEndpoint", "YAML",
            ]
        ),
        .testTarget(
            name: "JoinGateTests",
            dependencies: [
                "JoinGate", "LiveKitReaders", "LiveKitToken", "RoomAccess", "StrictJSON", "TestSupport",
                "TokenEndpoint",
            ]
        ),
        .testTarget(
            name: "SQLiteDirectoryTests",
            dependencies: [
                "Conformance", "Cryptography", "LiveKitToken", "RoomAccess", "SQLite", "SQLiteDirectory", "StrictJSON",
                "TestSupport",
            ]
        ),
        .testTarget(
            name: "JWTSessionsTests",
            dependencies: [
                "CNettle", "Cryptography", "JWTSessions", "LiveKitToken", "RoomAccess", "RoomPattern", "StrictJSON",
                "TestSupport", "TokenEndpoint",
            ],
            exclude: ["Cases"]
        ),
        .testTarget(
            name: "ConfigurationTests",
            dependencies: [
                "Configuration", "JoinGate", "LiveKitToken", "RoomAccess", "RoomPattern", "StrictJSON", "TestSupport",
                "TokenEndpoint", "YAML",
            ]
        ),
        .testTarget(name: "DaemonTests", dependencies: ["CLinux", "Daemon", "TestSupport"]),
        .testTarget(
            name: "TokendTests",
            dependencies: [
                "livekit-tokend", "CNettle", "CommandLineInterface", "Configuration", "Cryptography", "Daemon",
                "FastCGI", "JWTSessions", "JoinGate", "LiveKitToken", "RoomAccess", "SQLiteDirectory",
                "StrictJSON", "TestSupport", "TokenEndpoint",
            ]
        ),
        // Imports against the table of what each target above may import, and the sizes of files and folders.
        .testTarget(name: "ArchitectureTests"),
    ],
    swiftLanguageModes: [.v6]
)

// Set by Tests/Fuzz/run.sh, which builds in a place of its own: what is instrumented is never what is released. The
// program is not linked then, nor are tests, as they lack the fuzzer's own functions.
if Context.environment["LIVEKIT_TOKEND_FUZZ"] != nil {
    package.targets.removeAll { $0.type == .test }
    for target in package.targets where target.type == .regular {
        // Lets the fuzzer see which branches an input takes, and what it is compared with.
        target.swiftSettings = [.unsafeFlags(["-sanitize=fuzzer"])]
    }
    package.targets += [
        .systemLibrary(name: "CLibFuzzer", path: "Tests/Fuzz/CLibFuzzer"),
        // Other engines for patterns, to compare with.
        .target(
            name: "CPatternOracles",
            path: "Tests/Fuzz/CPatternOracles",
            linkerSettings: [.linkedLibrary("pcre2-8"), .linkedLibrary("re2")]
        ),
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "CLibFuzzer", "CNettle", "CPatternOracles", "Configuration", "Cryptography", "Daemon", "JWTSessions",
                "JoinGate", "LiveKitReaders", "LiveKitToken", "RoomAccess", "RoomPattern", "StrictJSON",
                "TokenEndpoint",
                "YAML",
            ],
            path: "Tests/Fuzz/Driver",
            linkerSettings: [.linkedLibrary("stdc++")]
        ),
    ]
}

// Set by Tests/Benchmark/Micro/digests.sh, identities.sh, patterns.sh and signatures.sh.
if Context.environment["LIVEKIT_TOKEND_BENCHMARK"] != nil {
    package.targets += [
        .executableTarget(
            name: "Digests",
            dependencies: ["Cryptography"],
            path: "Tests/Benchmark/Digests"
        ),
        .executableTarget(
            name: "Identities",
            dependencies: ["LiveKitToken", "RoomAccess", "SQLiteDirectory", "StrictJSON"],
            path: "Tests/Benchmark/Identities"
        ),
        .executableTarget(
            name: "Patterns",
            dependencies: ["RoomPattern"],
            path: "Tests/Benchmark/Patterns"
        ),
        .executableTarget(
            name: "Signatures",
            dependencies: ["Cryptography", "JWTSessions", "LiveKitToken", "RoomAccess", "StrictJSON"],
            path: "Tests/Benchmark/Signatures"
        ),
    ]
}

for target in package.targets where target.type != .system {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .treatAllWarnings(as: .error),
            .strictMemorySafety(),
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
        ]
}
