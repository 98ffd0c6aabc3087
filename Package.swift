// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "livekit-tokend",
    products: [
        .executable(name: "livekit-tokend", targets: ["livekit-tokend"])
    ],
    targets: [
        // One C library each, in Swift's words: general, and the only places with unsafe code of that library's.
        .systemLibrary(name: "CNettle"),
        .target(name: "Cryptography", dependencies: ["CNettle"]),
        .systemLibrary(name: "CSQLite"),
        .target(name: "SQLite", dependencies: ["CSQLite"]),
        .systemLibrary(name: "CYAML"),
        .target(name: "YAML", dependencies: ["CYAML"]),
        .systemLibrary(name: "CFastCGI"),
        .target(name: "FastCGI", dependencies: ["CFastCGI", "CLinux"]),

        // Arguments, help, man page and completions from one declaration: general, and no C.
        .target(name: "CommandLineInterface"),

        // The core: values in, values out. No I/O, no clock, no C, no unsafe code.
        .target(name: "StrictJSON"),
        .target(name: "LiveKitToken", dependencies: ["Cryptography", "StrictJSON"]),
        .target(name: "TokenEndpoint", dependencies: ["Cryptography", "LiveKitToken", "StrictJSON"]),

        // The directory, in a file.
        .target(
            name: "SQLiteDirectory",
            dependencies: ["LiveKitToken", "SQLite", "StrictJSON", "TokenEndpoint"]
        ),

        // The process: settings, threads, signals, log, commands.
        .systemLibrary(name: "CLinux"),
        .executableTarget(
            name: "livekit-tokend",
            dependencies: [
                "CLinux", "CommandLineInterface", "FastCGI", "LiveKitToken", "SQLiteDirectory", "StrictJSON",
                "TokenEndpoint", "YAML",
            ]
        ),

        // What several test targets need.
        .target(name: "TestSupport", path: "Tests/TestSupport"),
        .testTarget(name: "CryptographyTests", dependencies: ["CNettle", "Cryptography", "TestSupport"]),
        .testTarget(name: "SQLiteTests", dependencies: ["SQLite"]),
        .testTarget(name: "YAMLTests", dependencies: ["TestSupport", "YAML"]),
        // The C library's own parser of arguments, to compare with.
        .systemLibrary(name: "CGetopt", path: "Tests/CGetopt"),
        .testTarget(
            name: "CommandLineInterfaceTests",
            dependencies: ["CGetopt", "CommandLineInterface", "TestSupport"]
        ),
        .testTarget(name: "StrictJSONTests", dependencies: ["StrictJSON", "TestSupport"]),
        .testTarget(name: "LiveKitTokenTests", dependencies: ["LiveKitToken", "StrictJSON", "TestSupport"]),
        .testTarget(name: "TokenEndpointTests", dependencies: ["TokenEndpoint", "LiveKitToken", "StrictJSON", "YAML"]),
        .testTarget(name: "FastCGITests", dependencies: ["FastCGI"]),
        .testTarget(
            name: "SQLiteDirectoryTests",
            dependencies: ["LiveKitToken", "SQLite", "SQLiteDirectory", "StrictJSON", "TokenEndpoint"]
        ),
        .testTarget(
            name: "TokendTests",
            dependencies: [
                "livekit-tokend", "CommandLineInterface", "FastCGI", "LiveKitToken", "StrictJSON", "TestSupport",
                "TokenEndpoint", "YAML",
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .treatAllWarnings(as: .error),
        .strictMemorySafety(),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
}
