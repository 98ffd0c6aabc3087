import FastCGI
import Glibc
import Testing

@Suite struct `A request of a responder to itself` {
    private func comes(to progress: LoopbackRequest.Progress, _ request: LoopbackRequest) -> Bool {
        RunningResponder.eventually { request.progress() == progress }
    }

    @Test func `is finished by a worker, and comes to the handler`() throws {
        let responder = try RunningResponder()
        let request = try responder.sendLoopbackRequest()
        #expect(comes(to: .finished, request))
        #expect(request.progress() == .finished, "however often one asks")
        #expect(responder.received.map { $0[.scriptName] } == [Array(LoopbackRequest.path.utf8)])
        #expect(responder.stop())
    }

    @Test func `waits for as long as all workers hang`() throws {
        let mayAnswer = Flag()
        let responder = try RunningResponder(
            workers: 2,
            handler: { request in
                if request[.scriptName] == nil { _ = RunningResponder.eventually { mayAnswer.isRaised } }
                return Array("Status: 200 OK\r\n\r\n".utf8)
            }
        )
        let peers = try (0..<2).map { _ in try Peer(connectingTo: responder.path) }
        for peer in peers { peer.send(Record.request()) }
        #expect(RunningResponder.eventually { responder.received.count == 2 })
        let request = try responder.sendLoopbackRequest()
        usleep(200_000)
        #expect(request.progress() == .waiting)
        mayAnswer.raise()
        #expect(comes(to: .finished, request))
        #expect(responder.stop())
    }

    @Test func `takes another way where the socket has lost its name`() throws {
        let responder = try RunningResponder()
        remove(responder.path)
        #expect(comes(to: .finished, try responder.sendLoopbackRequest()))
        #expect(responder.stop())
    }

    @Test func `fails where the connection is refused`() throws {
        let responder = try RunningResponder(peers: [geteuid() + 1])
        #expect(comes(to: .failed, try responder.sendLoopbackRequest()))
        #expect(responder.stop())
    }
}
