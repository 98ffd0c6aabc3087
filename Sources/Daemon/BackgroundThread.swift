import Glibc

/// A thread that runs one closure and ends by itself.
package enum BackgroundThread {
    /// Starts the thread; it inherits the signal mask of the caller.
    ///
    /// - Returns: whether it could be started.
    package static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let box = unsafe Unmanaged.passRetained(Box(body)).toOpaque()
        var handle = pthread_t()
        let code = unsafe pthread_create(
            &handle,
            nil,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
                }
                return nil
            },
            box
        )
        guard code == 0 else {
            unsafe Unmanaged<Box>.fromOpaque(box).release()
            return false
        }
        pthread_detach(handle)
        return true
    }

    private final class Box: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }
}
