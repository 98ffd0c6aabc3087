import Daemon
import Testing

@Suite struct `A watchdog` {
    /// The service and systemd, as the watchdog meets them.
    private final class Surroundings {
        var progress: Watchdog.Progress = .waiting
        var isReachable = true
        var status = "Serving"
        var sent = 0
        var told: [SystemdNotifier.Notification] = []

        func watchdog(interval: Int64?) -> Watchdog {
            Watchdog(
                interval: interval,
                notify: { [self] in
                    if isReachable { told += $0 }
                    return isReachable
                },
                sendProbe: { [self] in
                    sent += 1
                    return { [self] in progress }
                },
                status: { [self] in status }
            )
        }
    }

    private let second: Int64 = 1_000_000_000

    @Test func `says ready when a worker has finished the first request, not before`() {
        let world = Surroundings()
        var watchdog = world.watchdog(interval: nil)
        watchdog.tick(at: 0)
        watchdog.tick(at: 1)
        #expect(world.told.isEmpty && world.sent == 1 && !watchdog.isReady)
        world.progress = .finished
        watchdog.tick(at: 2)
        #expect(world.told == [.ready, .alive, .status("Serving")] && watchdog.isReady)
        watchdog.tick(at: 100 * second)
        #expect(world.sent == 1, "no other is wanted")
    }

    @Test func `gives a sign of life twice in its interval while workers finish requests, and none once they hang`() {
        let world = Surroundings()
        var watchdog = world.watchdog(interval: 10 * second)
        world.progress = .finished
        for time in 0...20 { watchdog.tick(at: Int64(time) * second) }
        #expect(world.told.count { $0 == .alive } == 4, "those sent at 0, 5, 10 and 15 s")
        world.progress = .waiting
        world.told = []
        for time in 21...60 { watchdog.tick(at: Int64(time) * second) }
        #expect(world.told.isEmpty)
        #expect(world.sent == 13, "it goes on asking")
        world.progress = .finished
        watchdog.tick(at: 61 * second)
        #expect(world.told == [.alive], "and is alive again when one is finished")
    }

    @Test(arguments: [Watchdog.Progress.failed, .waiting])
    func `gives no sign for a probe that is not finished`(_ progress: Watchdog.Progress) {
        let world = Surroundings()
        world.progress = progress
        var watchdog = world.watchdog(interval: 10 * second)
        for time in 0...60 { watchdog.tick(at: Int64(time) * second) }
        #expect(world.told.isEmpty && world.sent == 13)
    }

    @Test func `repeats what did not get through`() {
        let world = Surroundings()
        var watchdog = world.watchdog(interval: nil)
        world.progress = .finished
        world.isReachable = false
        for time in 0...3 { watchdog.tick(at: Int64(time)) }
        #expect(!watchdog.isReady)
        world.isReachable = true
        watchdog.tick(at: 4)
        #expect(world.told.first == .ready && watchdog.isReady)
    }

    @Test func `tells of a reload before and after it, with the status of then`() {
        let world = Surroundings()
        var watchdog = world.watchdog(interval: nil)
        world.progress = .finished
        for time in 0...1 { watchdog.tick(at: Int64(time)) }
        world.told = []
        watchdog.reload(at: 2) {
            #expect(world.told == [.reloading(since: 2)])
            world.status = "Serving as before"
        }
        for time in 3...20 { watchdog.tick(at: Int64(time) * second) }
        #expect(world.told == [.reloading(since: 2), .ready, .status("Serving as before")])
    }

    @Test func `repeats that a reload is over until it gets through`() {
        let world = Surroundings()
        var watchdog = world.watchdog(interval: nil)
        world.progress = .finished
        for time in 0...1 { watchdog.tick(at: Int64(time)) }
        world.told = []
        watchdog.reload(at: 2) { world.isReachable = false }
        for time in 3...5 { watchdog.tick(at: Int64(time)) }
        #expect(world.told == [.reloading(since: 2)])
        world.isReachable = true
        for time in 6...8 { watchdog.tick(at: Int64(time)) }
        #expect(world.told == [.reloading(since: 2), .ready, .status("Serving")])
    }

    @Test func `says nothing of a reload before it has said ready`() {
        let world = Surroundings()
        var watchdog = world.watchdog(interval: nil)
        var reloads = 0
        watchdog.reload(at: 0) { reloads += 1 }
        for time in 1...3 { watchdog.tick(at: Int64(time)) }
        #expect(world.told.isEmpty && reloads == 1)
    }

    @Test func `sends a status when it has changed, every five seconds at most`() {
        let world = Surroundings()
        var watchdog = world.watchdog(interval: nil)
        world.progress = .finished
        for time in 0...50 {
            world.status = time < 20 ? "Serving: \(time)" : "Serving: many"
            watchdog.tick(at: Int64(time) * second)
        }
        let statuses = world.told.dropFirst(2)
        #expect(
            Array(statuses) == [
                .status("Serving: 1"), .status("Serving: 6"), .status("Serving: 11"), .status("Serving: 16"),
                .status("Serving: many"),
            ]
        )
    }
}
