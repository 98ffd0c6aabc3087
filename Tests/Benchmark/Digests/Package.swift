// swift-tools-version: 6.2
// A package of its own over the same sources, so that what is released has no target that is not.
import PackageDescription

let package = Package(
    name: "livekit-tokend-digests",
    targets: [
        .systemLibrary(name: "CNettle"),
        .target(name: "Cryptography", dependencies: ["CNettle"]),
        .executableTarget(name: "Digests", dependencies: ["Cryptography"], path: "Driver"),
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
