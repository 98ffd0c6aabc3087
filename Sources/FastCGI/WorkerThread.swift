import Glibc

/// A joinable thread that runs one closure.
struct WorkerThread {
    private let handle: pthread_t

    /// Starts the thread; it inherits the signal mask of the caller.
    init(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
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
            throw SystemError("pthread_create", code: code)
        }
        self.handle = handle
    }

    /// Lets the thread end by itself; to be called once, in place of `join()`.
    func detach() {
        pthread_detach(handle)
    }

    /// Waits for the end of the closure (pthread_join(3)); to be called once.
    func join() {
        pthread_join(handle, nil)
    }

    private final class Box: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }
}
