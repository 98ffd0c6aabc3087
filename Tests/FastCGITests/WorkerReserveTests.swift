import FastCGI
import Glibc
import Synchronization
import TestSupport
import Testing

/// A handler that waits where the body of a request says so, until it is let go.
private final class Waiting: Sendable {
    let reserve = WorkerReserve()
    let isOver = Flag()
    private let present = Atomic<Int>(0)
    private let most = Atomic<Int>(0)
    private let began = Atomic<Int>(0)
    private let threads = Mutex<Set<UInt>>([])

    /// How many waits have begun.
    var begun: Int { began.load(ordering: .acquiring) }
    /// The most handlers that were at work at one time, those that waited left out.
    var mostAtWork: Int { most.load(ordering: .acquiring) }
    /// How many threads have handled requests.
    var threadCount: Int { threads.withLock(\.count) }

    func handle(_ request: Request) -> [UInt8] {
        _ = threads.withLock { $0.insert(pthread_self()) }
        let answer: String
        switch String(decoding: request.body, as: UTF8.self) {
        case "wait":
            answer = wait { while !self.isOver.isRaised { usleep(500) } }
        case "nap":
            answer = wait { usleep(300) }
        case let text:
            let count = present.add(1, ordering: .acquiringAndReleasing).newValue
            most.max(count, ordering: .acquiringAndReleasing)
            usleep(200)
            present.subtract(1, ordering: .acquiringAndReleasing)
            answer = text
        }
        return ResponseDocument.bytes(status: 200, reason: "OK", headers: [], body: Array(answer.utf8))
    }

    private func wait(_ body: () -> Void) -> String {
        reserve.whileWaiting {
            began.add(1, ordering: .acquiringAndReleasing)
            body()
            return "waited"
        } ?? "none"
    }

    func responder(workers: Int, limits: Responder.Limits = .patient) throws -> RunningResponder {
        try RunningResponder(workers: workers, limits: limits, reserve: reserve) { [self] in handle($0) }
    }
}

@Suite struct `A worker whose handler waits` {
    private let waiting = Waiting()

    private func peers(_ count: Int, of responder: RunningResponder) throws -> [Peer] {
        try (0..<count).map { _ in try Peer(connectingTo: responder.path) }
    }

    private static func document(_ body: String) -> String { "Status: 200 OK\r\n\r\n\(body)" }

    @Test func `keeps no other request from being answered, where it is the only one`() throws {
        let responder = try waiting.responder(workers: 1)
        let (patient, other) = (try Peer(connectingTo: responder.path), try Peer(connectingTo: responder.path))
        patient.send(Record.request(text: "wait"))
        #expect(RunningResponder.eventually { waiting.begun == 1 })
        for number in 0..<20 {
            other.send(Record.request(text: "\(number)"))
            #expect(other.answer() == Self.document("\(number)"))
        }
        waiting.isOver.raise()
        #expect(patient.answer() == Self.document("waited"))
        #expect(responder.stop())
    }

    @Test func `takes one thread more in 1,000 rounds, and the workers are as many as before after each`() throws {
        let responder = try waiting.responder(workers: 1)
        let peers = try peers(3, of: responder)
        for _ in 0..<1000 {
            peers[0].send(Record.request(text: "nap"))
            for peer in peers.dropFirst() { peer.send(Record.request(text: "x")) }
            for peer in peers { _ = try #require(peer.answer()) }
        }
        #expect(waiting.begun == 1000)
        #expect(waiting.threadCount == 2)
        for _ in 0..<50 {
            for peer in peers { peer.send(Record.request(text: "x")) }
            for peer in peers { #expect(peer.answer() == Self.document("x")) }
        }
        #expect(responder.stop())
    }

    @Test func `leaves as many at work as are configured, while others wait and afterwards`() throws {
        let responder = try waiting.responder(workers: 2)
        let failures = Atomic<Int>(0)
        inThreads(12) {
            guard let peer = try? Peer(connectingTo: responder.path) else { return }
            var generator = SystemRandomNumberGenerator()
            for _ in 0..<150 {
                let text = ["nap", "x", "y"].randomElement(using: &generator) ?? "x"
                peer.send(Record.request(text: text))
                let expected = text == "nap" ? "waited" : text
                if peer.answer() != Self.document(expected) { failures.add(1, ordering: .relaxed) }
            }
        }
        #expect(failures.load(ordering: .relaxed) == 0)
        #expect(waiting.begun > 0 && waiting.mostAtWork <= 2)
        #expect(responder.stop())
    }

    @Test func `is one of at most 32: the next is told so at once, and others are answered`() throws {
        let responder = try waiting.responder(workers: 2)
        let patient = try peers(WorkerReserve.capacity, of: responder)
        for peer in patient { peer.send(Record.request(text: "wait")) }
        #expect(RunningResponder.eventually { waiting.begun == WorkerReserve.capacity })
        let other = try Peer(connectingTo: responder.path)
        for _ in 0..<10 {
            other.send(Record.request(text: "wait"))
            #expect(other.answer() == Self.document("none"))
            other.send(Record.request(text: "x"))
            #expect(other.answer() == Self.document("x"))
        }
        waiting.isOver.raise()
        for peer in patient { #expect(peer.answer() == Self.document("waited")) }
        #expect(waiting.threadCount <= 2 + WorkerReserve.capacity)
        // And the places are free again.
        for peer in patient { peer.send(Record.request(text: "wait")) }
        for peer in patient { #expect(peer.answer() == Self.document("waited")) }
        #expect(responder.stop())
    }

    @Test(arguments: [1, 2, 8]) func `is answered where the responder stops meanwhile`(workers: Int) throws {
        let responder = try waiting.responder(workers: workers)
        let patient = try peers(12, of: responder)
        for peer in patient { peer.send(Record.request(text: "wait")) }
        #expect(RunningResponder.eventually { waiting.begun == 12 })
        let late = try peers(4, of: responder)
        responder.beginStop()
        for peer in late { peer.send(Record.request(text: "x")) }
        for peer in late { #expect(peer.answer() == Self.document("x")) }
        waiting.isOver.raise()
        for peer in patient { #expect(peer.answer() == Self.document("waited")) }
        #expect(responder.stop())
    }

    @Test func `is stopped with it where it sleeps`() throws {
        let responder = try waiting.responder(workers: 1)
        let patient = try peers(8, of: responder)
        for peer in patient { peer.send(Record.request(text: "wait")) }
        #expect(RunningResponder.eventually { waiting.begun == 8 })
        waiting.isOver.raise()
        for peer in patient { #expect(peer.answer() == Self.document("waited")) }
        #expect(responder.stop())
    }

    @Test func `closes the connection of its request, and rests after that`() throws {
        let responder = try waiting.responder(workers: 1)
        let patient = try Peer(connectingTo: responder.path)
        patient.send(Record.request(text: "wait", keep: false))
        #expect(RunningResponder.eventually { waiting.begun == 1 })
        waiting.isOver.raise()
        #expect(patient.isClosed())
        #expect(responder.stop())
    }

    @Test func `is cut off at the deadline of its request, and its place is given back`() throws {
        var limits = Responder.Limits.patient
        limits.total = 2000
        let responder = try waiting.responder(workers: 1, limits: limits)
        let patient = try peers(3, of: responder)
        for peer in patient { peer.send(Record.request(text: "wait")) }
        for peer in patient { #expect(peer.isClosed()) }
        waiting.isOver.raise()
        #expect(RunningResponder.eventually { responder.load.busyWorkers == 0 })
        let other = try Peer(connectingTo: responder.path)
        for _ in 0..<10 {
            other.send(Record.request(text: "nap"))
            #expect(other.answer() == Self.document("waited"))
        }
        #expect(waiting.mostAtWork == 0)
        #expect(responder.reported == Array(repeating: .deadlinePassed, count: 3))
        #expect(responder.stop())
    }

    @Test func `waits all the same where its peer has gone`() throws {
        let responder = try waiting.responder(workers: 1)
        do {
            let patient = try Peer(connectingTo: responder.path)
            patient.send(Record.request(text: "wait"))
            #expect(RunningResponder.eventually { waiting.begun == 1 })
        }
        let other = try Peer(connectingTo: responder.path)
        other.send(Record.request(text: "x"))
        #expect(other.answer() == Self.document("x"))
        waiting.isOver.raise()
        #expect(RunningResponder.eventually { responder.load.busyWorkers == 0 })
        #expect(responder.stop())
    }
}

@Suite struct `A reserve of workers` {
    @Test func `lets wait where there is no responder, and has no thread`() {
        let reserve = WorkerReserve()
        #expect(reserve.whileWaiting { 1 } == 1)
    }

    @Test func `has no thread where no handler waits`() throws {
        let waiting = Waiting()
        let responder = try waiting.responder(workers: 2)
        let peers = try (0..<16).map { _ in try Peer(connectingTo: responder.path) }
        for _ in 0..<20 {
            for peer in peers { peer.send(Record.request(text: "x")) }
            for peer in peers { #expect(peer.answer() == "Status: 200 OK\r\n\r\nx") }
        }
        #expect(waiting.threadCount <= 2)
        #expect(responder.stop())
    }
}
