// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "livekit-tokend",
    products: [
        .executable(name: "livekit-tokend", targets: ["livekit-tokend"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.1.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.0"),  // tests only: an independent verifier
    ],
    targets: [
        // The core: values in, values out. No I/O, no clock, no C, no unsafe code.
        .target(name: "StrictJSON"),
        .target(
            name: "LiveKitToken",
            dependencies: ["StrictJSON", .product(name: "Crypto", package: "swift-crypto")]
        ),
        .target(
            name: "TokenEndpoint",
            dependencies: ["LiveKitToken", "StrictJSON", .product(name: "Crypto", package: "swift-crypto")]
        ),

        // The adapters: each knows the core and one piece of the world, never each other.
        .systemLibrary(name: "CFastCGI", pkgConfig: "fcgi", providers: [.apt(["libfcgi-dev"])]),
        .target(name: "FastCGI", dependencies: ["CFastCGI"]),
        .systemLibrary(name: "CSQLite"),
        .target(
            name: "SQLiteDirectory",
            dependencies: [
                "CSQLite", "LiveKitToken", "StrictJSON", "TokenEndpoint",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]
        ),

        // The process: settings, threads, signals, log, commands.
        .systemLibrary(name: "CProcess"),
        .executableTarget(
            name: "livekit-tokend",
            dependencies: [
                "CProcess", "FastCGI", "LiveKitToken", "SQLiteDirectory", "StrictJSON", "TokenEndpoint",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Yams", package: "Yams"),
            ]
        ),

        .testTarget(name: "StrictJSONTests", dependencies: ["StrictJSON"]),
        .testTarget(
            name: "LiveKitTokenTests",
            dependencies: ["LiveKitToken", "StrictJSON", .product(name: "JWTKit", package: "jwt-kit")]
        ),
        .testTarget(
            name: "TokenEndpointTests",
            dependencies: [
                "TokenEndpoint", "LiveKitToken", "StrictJSON", .product(name: "Yams", package: "Yams"),
            ]
        ),
        .testTarget(name: "FastCGITests", dependencies: ["FastCGI"]),
        .testTarget(
            name: "SQLiteDirectoryTests",
            dependencies: ["LiveKitToken", "SQLiteDirectory", "StrictJSON", "TokenEndpoint"]
        ),
        .testTarget(
            name: "TokendTests",
            dependencies: ["livekit-tokend", "FastCGI", "LiveKitToken", "StrictJSON", "TokenEndpoint"]
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
