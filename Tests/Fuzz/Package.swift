// swift-tools-version: 6.2
// The fuzzers are a package of their own, over the same sources: what is instrumented here is never what is released.
import PackageDescription

/// Makes the fuzzer see which branches an input takes, and what it is compared with.
let instrumented: [SwiftSetting] = [.unsafeFlags(["-sanitize=fuzzer"])]

let package = Package(
    name: "livekit-tokend-fuzz",
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.1.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        .target(name: "StrictJSON", swiftSettings: instrumented),
        .target(
            name: "LiveKitToken",
            dependencies: ["StrictJSON", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: instrumented
        ),
        .target(
            name: "TokenEndpoint",
            dependencies: ["LiveKitToken", "StrictJSON", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: instrumented
        ),
        // Of the program, what reads configurations and key files.
        .target(
            name: "Configuration",
            dependencies: ["LiveKitToken", "StrictJSON", "TokenEndpoint", .product(name: "Yams", package: "Yams")],
            path: "Sources/livekit-tokend",
            sources: ["Configuration", "Failure.swift", "FileStatus.swift"],
            swiftSettings: instrumented + [.unsafeFlags(["-enable-testing"])]
        ),
        .systemLibrary(name: "CLibFuzzer", path: "CLibFuzzer"),
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "CLibFuzzer", "Configuration", "LiveKitToken", "StrictJSON", "TokenEndpoint",
                .product(name: "Crypto", package: "swift-crypto"),
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
