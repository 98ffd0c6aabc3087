import CLinux
import Glibc
import Synchronization

extension Responder {
    /// Takes ready descriptors from the queue, until the responder stops and the queue is empty.
    func work(_ inFlight: InFlight) {
        var library = FCGXRequest(maximumBody: maximumBody)
        var wasWokenUp = false
        while true {
            switch queue.next() {
            case .wakeUp:
                // A wake-up goes to the end of the queue: two in a row mean that nothing is before it.
                if wasWokenUp { return }
                wasWokenUp = true
                continue
            case .listener:
                acceptConnections()
            case .connection(let token, let isPeerGone):
                guard let connection = idle.take(token), !isPeerGone else { break }
                serve(connection, inFlight, with: &library)
            }
            wasWokenUp = false
        }
    }

    private func serve(_ connection: Connection, _ inFlight: InFlight, with library: inout FCGXRequest) {
        let startedAt = monotonic_nanoseconds()
        inFlight.begin(on: connection, deadline: startedAt + limits.receiving * milliseconds)
        let document: [UInt8]?
        switch library.receive(from: connection.libraryDescriptor, startedAt: startedAt) {
        case .request(let request):
            inFlight.extend(to: startedAt + limits.total * milliseconds)
            document = handler(request)
        case .unusable, .nothing:
            report(.requestBroken)
            document = nil
        }
        let end = library.finish(sending: document)
        inFlight.end()
        switch end {
        case .kept: if !isStopping.load(ordering: .acquiring) { keep(connection) }
        case .closedByLibrary: connection.forgetLibraryDescriptor()
        case .mustClose: break
        }
    }

    /// Lets a connection wait in the queue for its next request.
    private func keep(_ connection: Connection) {
        idle.insert(connection, closesAt: monotonic_nanoseconds() + limits.idle * milliseconds)
        do throws(SystemError) {
            try queue.rearm(connection)
        } catch {
            idle.take(connection.token)
        }
    }

    /// Accepts connections, a few at a time so that other workers see requests meanwhile.
    private func acceptConnections() {
        for _ in 0..<16 {
            let descriptor = accept_connection(listener.descriptor)
            guard descriptor >= 0 else {
                guard [EMFILE, ENFILE, ENOMEM, ENOBUFS].contains(errno) else { break }
                return evictLongestIdle(after: SystemError("accept"))
            }
            do throws(SystemError) {
                try admit(descriptor)
            } catch {
                return evictLongestIdle(after: error)
            }
        }
        rearmListener()
    }

    /// Puts an accepted connection into the queue, or closes it if its peer may not connect.
    func admit(_ descriptor: Int32) throws(SystemError) {
        let user = Connection.peer(of: descriptor)
        guard let user, peers.contains(user) else {
            close(descriptor)
            return report(.peerRefused(user: user))
        }
        let token = nextToken.add(1, ordering: .relaxed).oldValue
        let connection = try Connection(accepted: descriptor, token: token, load: load)
        connection.limitEachCall(toMilliseconds: limits.receiving)
        idle.insert(connection, closesAt: monotonic_nanoseconds() + limits.firstByte * milliseconds)
        do throws(SystemError) {
            try queue.add(connection)
        } catch {
            idle.take(token)
            throw error
        }
    }

    /// Closes the connection that has been idle for longest, where descriptors or memory have run out.
    ///
    /// Without an idle connection the listener rests until deadlines are enforced next.
    private func evictLongestIdle(after error: SystemError) {
        report(.acceptFailed(error))
        if idle.evictLongestIdle() { rearmListener() } else { isListenerPaused.store(true, ordering: .releasing) }
    }
}

/// In nanoseconds.
private let milliseconds: Int64 = 1_000_000
