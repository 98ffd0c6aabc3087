import Glibc

/// Runs a body in several threads at once, and waits for all.
package func inThreads(_ count: Int, _ body: @escaping @Sendable () -> Void) {
    let box = unsafe Unmanaged.passRetained(Body(body))
    defer { unsafe box.release() }
    let threads = (0..<count).map { _ in
        var thread = pthread_t()
        _ = unsafe pthread_create(
            &thread,
            nil,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<Body>.fromOpaque(argument).takeUnretainedValue().run()
                }
                return nil
            },
            box.toOpaque()
        )
        return thread
    }
    for thread in threads { pthread_join(thread, nil) }
}

private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}
