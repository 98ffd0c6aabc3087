// swift-tools-version: 6.2
// The fuzzers are a package of their own, over the same sources: what is instrumented here is never what is released.
import PackageDescription

/// Makes the fuzzer see which branches an input takes, and what it is compared with.
let instrumented: [SwiftSetting] = [.unsafeFlags(["-sanitize=fuzzer"])]

let package = Package(
    name: "livekit-tokend-fuzz",
    targets: [
        .systemLibrary(name: "CNettle"),
        .target(name: "Cryptography", dependencies: ["CNettle"], swiftSettings: instrumented),
        .systemLibrary(name: "CYAML"),
        .target(name: "YAML", dependencies: ["CYAML"], swiftSettings: instrumented),
        // Not fuzzed itself: what makes a text harmless is its own.
        .target(name: "CommandLineInterface"),
        .target(name: "StrictJSON", swiftSettings: instrumented),
        .target(name: "LiveKitToken", dependencies: ["Cryptography", "StrictJSON"], swiftSettings: instrumented),
        .target(
            name: "TokenEndpoint",
            dependencies: ["Cryptography", "LiveKitToken", "StrictJSON"],
            swiftSettings: instrumented
        ),
        // Of the program, what reads configurations and key files.
        .target(
            name: "Configuration",
            dependencies: ["CommandLineInterface", "LiveKitToken", "StrictJSON", "TokenEndpoint", "YAML"],
            path: "Sources/livekit-tokend",
            sources: ["Configuration", "Failure.swift", "FileStatus.swift"],
            swiftSettings: instrumented + [.unsafeFlags(["-enable-testing"])]
        ),
        .systemLibrary(name: "CLibFuzzer", path: "CLibFuzzer"),
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "CLibFuzzer", "Configuration", "Cryptography", "LiveKitToken", "StrictJSON", "TokenEndpoint", "YAML",
            ],
            path: "Driver",
            linkerSettings: [.linkedLibrary("stdc++")]
        ),
    ],
    swiftLanguageModes: [.v6]
)

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
