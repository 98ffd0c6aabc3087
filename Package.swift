// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "livekit-tokend",
    targets: [
        // One C library each, in Swift's words: general, and the only places with unsafe code of that library's.
        .systemLibrary(name: "CNettle"),
        .target(name: "Cryptography", dependencies: ["CNettle"]),
        .systemLibrary(name: "CFastCGI"),
        .target(name: "FastCGI", dependencies: ["CFastCGI"]),

        // The core: values in, values out. No I/O, no clock, no C, no unsafe code.
        .target(name: "StrictJSON"),
        .target(name: "LiveKitToken", dependencies: ["Cryptography", "StrictJSON"]),
        .target(name: "TokenEndpoint", dependencies: ["Cryptography", "LiveKitToken", "StrictJSON"]),

        .testTarget(name: "CryptographyTests", dependencies: ["CNettle", "Cryptography"]),
        .testTarget(name: "StrictJSONTests", dependencies: ["StrictJSON"]),
        .testTarget(name: "LiveKitTokenTests", dependencies: ["LiveKitToken", "StrictJSON"]),
        .testTarget(
            name: "TokenEndpointTests",
            dependencies: ["TokenEndpoint", "LiveKitToken", "StrictJSON"],
            exclude: ["OpenAPITests.swift"]
        ),
        .testTarget(name: "FastCGITests", dependencies: ["FastCGI"]),
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
