import CLinux
import Glibc
import Synchronization

extension Responder {
    /// Takes ready descriptors from the queue, until the responder stops and the queue is empty.
    func work(_ inFlight: InFlight) {
        var library = FCGXRequest(maximumBody: maximumBody, parameters: parameters)
        var wasWokenUp = false
        while true {
            switch queue.next() {
            case .wakeUp:
                // A wake-up goes to the end of the queue: two in a row mean that nothing is before it.
                if wasWokenUp { return }
                wasWokenUp = true
                continue
            case .listener:
                if let connection = acceptConnections() { serve(connection, isQueued: false, inFlight, with: &library) }
            case .connection(let token, let isPeerGone):
                guard let connection = idle.take(token), !isPeerGone else { break }
                serve(connection, isQueued: true, inFlight, with: &library)
            }
            wasWokenUp = false
            // Here, where no connection is held any more: one that has ended stays open for as long as somebody has it.
            reserve.rest()
        }
    }

    /// Serves one request of a connection.
    ///
    /// - Parameter isQueued: whether the queue knows the connection.
    private func serve(
        _ connection: Connection,
        isQueued: Bool,
        _ inFlight: InFlight,
        with library: inout FCGXRequest
    ) {
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
        case .kept: if !isStopping.load(ordering: .acquiring) { keep(connection, isQueued: isQueued) }
        case .closedByLibrary: connection.forgetLibraryDescriptor()
        case .mustClose: break
        }
    }

    /// Lets a connection wait in the queue for its next request.
    private func keep(_ connection: Connection, isQueued: Bool) {
        let now = monotonic_nanoseconds()
        idle.insert(connection, idleSince: now, closesAt: now + limits.idle * milliseconds)
        do throws(SystemError) {
            if isQueued { try queue.rearm(connection) } else { try queue.add(connection) }
        } catch {
            idle.take(connection.token)
        }
    }

    /// Accepts connections, a few at a time so that other workers see requests meanwhile.
    ///
    /// - Returns: the first whose request has come with it, as nginx's has. This worker serves it: to wake another one
    ///   takes longer than a look-up.
    private func acceptConnections() -> Connection? {
        var first: Connection?
        for count in 0..<16 where !isStopping.load(ordering: .acquiring) {
            do throws(SystemError) {
                let isAccepted = try acceptConnection { (connection) throws(SystemError) in
                    if first == nil, connection.hasInput { first = connection } else { try enqueue(connection) }
                }
                guard isAccepted else { break }
            } catch {
                // Whether another one waits the listener knows: room is made only for one that does.
                guard count == 0 else { break }
                makeRoom(after: error)
                return nil
            }
        }
        rearmListener()
        return first
    }

    /// Accepts a connection, unless none waits.
    ///
    /// Its second descriptor is held before it is taken from the backlog: there it waits, and here it would be closed.
    ///
    /// - Parameter take: takes the connection, unless its peer may not connect.
    /// - Returns: whether there was one.
    /// - Throws: if descriptors or memory have run out.
    private func acceptConnection(
        _ take: (Connection) throws(SystemError) -> Void
    ) throws(SystemError) -> Bool {
        let second = try spare.take(as: listener.descriptor)
        let descriptor = accept_connection(listener.descriptor)
        guard descriptor >= 0 else {
            let error = SystemError("accept")
            spare.give(second)
            guard Self.shortages.contains(error.code) else { return false }
            throw error
        }
        if let connection = admit(descriptor, second: try name(descriptor, by: second)) { try take(connection) }
        return true
    }

    /// Lets a descriptor that is held name an accepted connection.
    ///
    /// Where the limit of descriptors was lowered to below its number it can name nothing more, and another one must.
    ///
    /// - Throws: if there is no other, and no idle connection to spare; both are closed then.
    private func name(_ descriptor: Int32, by second: Int32) throws(SystemError) -> Int32 {
        if become(second, descriptor) == second { return second }
        close(second)
        do throws(SystemError) {
            return try makingRoom { () throws(SystemError) in
                let other = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
                guard other >= 0 else { throw SystemError("dup") }
                return other
            }
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Accepts what waits in the backlog.
    ///
    /// - Returns: whether all of it was taken; if not, descriptors or memory are short, and no connection is idle.
    func acceptBacklog() -> Bool {
        do throws(SystemError) {
            while try makingRoom({ () throws(SystemError) in try acceptConnection(enqueue) }) {}
            return true
        } catch {
            return false
        }
    }

    /// Takes over an accepted connection; closes it, and gives `nil`, if its peer may not connect.
    func admit(_ descriptor: Int32, second: Int32) -> Connection? {
        let user = Connection.peer(of: descriptor)
        guard let user, peers.contains(user) else {
            close(descriptor)
            close(second)
            report(.peerRefused(user: user))
            return nil
        }
        let token = nextToken.add(1, ordering: .relaxed).oldValue
        let connection = Connection(accepted: descriptor, second: second, token: token, load: load)
        connection.limitEachCall(toMilliseconds: limits.receiving)
        return connection
    }

    /// Lets an accepted connection wait in the queue for its first request.
    func enqueue(_ connection: Connection) throws(SystemError) {
        idle.insert(connection, idleSince: nil, closesAt: monotonic_nanoseconds() + limits.firstByte * milliseconds)
        do throws(SystemError) {
            try queue.add(connection)
        } catch {
            idle.take(connection.token)
            throw error
        }
    }

    /// Closes the connection that has been idle for longest, where descriptors or memory have run out.
    ///
    /// Without an idle connection the listener rests until deadlines are enforced next.
    private func makeRoom(after error: SystemError) {
        report(.acceptFailed(error))
        if idle.evictLongestIdle() { rearmListener() } else { isListenerPaused.store(true, ordering: .releasing) }
    }

    /// Does what takes descriptors; where they have run out the longest idle connections go.
    func makingRoom<Made>(_ make: () throws(SystemError) -> Made) throws(SystemError) -> Made {
        while true {
            do throws(SystemError) {
                return try make()
            } catch {
                guard Self.shortages.contains(error.code), idle.evictLongestIdle() else { throw error }
            }
        }
    }

    /// The errors that say that descriptors or memory have run out.
    static let shortages = [EMFILE, ENFILE, ENOMEM, ENOBUFS]
}

/// In nanoseconds.
private let milliseconds: Int64 = 1_000_000
