import FastCGI
import Glibc
import Synchronization
import Testing

@Suite struct `The hand-over to libfcgi` {
    @Test func `passes its test at start`() throws {
        try LibfcgiSelfTest.run()
    }
}

@Suite struct `A responder` {
    @Test func `answers a request with what its handler says`() throws {
        let responder = try RunningResponder()
        let peer = try Peer(connectingTo: responder.path)
        peer.send(Record.request(text: "hello"))
        #expect(peer.answer() == "Status: 200 OK\r\n\r\nhello")
        #expect(responder.stop())
    }

    @Test func `answers many requests on a kept connection`() throws {
        let responder = try RunningResponder()
        let peer = try Peer(connectingTo: responder.path)
        for number in 0..<100 {
            peer.send(Record.request(text: "\(number)"))
            #expect(peer.answer() == "Status: 200 OK\r\n\r\n\(number)")
        }
        #expect(responder.stop())
    }

    @Test func `closes a connection that the peer does not keep`() throws {
        let responder = try RunningResponder()
        let peer = try Peer(connectingTo: responder.path)
        peer.send(Record.request(keep: false))
        #expect(peer.answer() != nil)
        #expect(peer.isClosed())
        #expect(responder.stop())
    }

    @Test func `gives kept connections no thread: more of them than workers are all served`() throws {
        let responder = try RunningResponder(workers: 2)
        let peers = try (0..<32).map { _ in try Peer(connectingTo: responder.path) }
        for _ in 0..<3 {
            for peer in peers {
                peer.send(Record.request(text: "x"))
                #expect(peer.answer() == "Status: 200 OK\r\n\r\nx")
            }
        }
        #expect(responder.stop())
    }

    @Test func `closes the connection of another user unread`() throws {
        let responder = try RunningResponder(peers: [geteuid() + 1])
        let peer = try Peer(connectingTo: responder.path)
        peer.send(Record.request())
        #expect(peer.isClosed())
        #expect(responder.received.isEmpty)
        #expect(RunningResponder.eventually { responder.reported == [.peerRefused(user: geteuid())] })
        #expect(responder.stop())
    }
}

@Suite struct `A request as the handler sees it` {
    @Test func `has the meta-variables that we read, and no others (RFC 3875 §4.1)`() throws {
        let responder = try RunningResponder()
        let peer = try Peer(connectingTo: responder.path)
        peer.send(
            Record.request([
                "REQUEST_METHOD": "POST", "SCRIPT_NAME": "/livekit/token", "HTTP_PROXY": "evil",
                "HTTP_AUTHORIZATION": "Bearer x", "CONTENT_TYPE": "",
            ])
        )
        #expect(peer.answer() != nil)
        let request = try #require(responder.received.first)
        #expect(request[.requestMethod] == Array("POST".utf8))
        #expect(request[.scriptName] == Array("/livekit/token".utf8))
        #expect(request[.authorization] == Array("Bearer x".utf8))
        #expect(request[.contentType] == nil, "an empty value is an absent one")
        #expect(request[.requestID] == nil)
        #expect(request.repeated == nil)
        #expect(responder.stop())
    }

    @Test(arguments: [("Bearer a", "Bearer b"), ("Bearer a", ""), ("", "Bearer b"), ("", "")])
    func `says which meta-variable came twice, with whatever values`(_ first: String, _ second: String) throws {
        let responder = try RunningResponder()
        let peer = try Peer(connectingTo: responder.path)
        peer.send(
            Record.request([
                "CONTENT_TYPE": "", "HTTP_AUTHORIZATION": first, "HTTP_AUTHORIZATION": second, "REQUEST_METHOD": "GET",
            ])
        )
        #expect(peer.answer() != nil)
        #expect(responder.received.first?.repeated == "HTTP_AUTHORIZATION")
        #expect(responder.stop())
    }

    @Test func `has meta-variables that span records (FastCGI specification §3.3)`() throws {
        let responder = try RunningResponder()
        let peer = try Peer(connectingTo: responder.path)
        let pair = Array(Record.parameters(["REQUEST_METHOD": "POST"]).dropFirst(Record.headerLength))
        peer.send(
            Record.begin(keepsConnection: true) + Record.bytes(.parameters, Array(pair.prefix(7)))
                + Record.bytes(.parameters, Array(pair.dropFirst(7)))
                + Record.bytes(.parameters)
                + Record.bytes(.stdin)
        )
        #expect(peer.answer() != nil)
        #expect(responder.received.first?[.requestMethod] == Array("POST".utf8))
        #expect(responder.stop())
    }

    @Test func `has at most one byte more of the body than is of interest, and the connection is not kept then`() throws
    {
        let responder = try RunningResponder(maximumBody: 16)
        let peer = try Peer(connectingTo: responder.path)
        peer.send(Record.request(text: String(repeating: "x", count: 5000)))
        #expect(peer.answer() != nil)
        #expect(responder.received.first?.body.count == 17)
        #expect(peer.isClosed())
        #expect(responder.stop())
    }
}

/// What a peer may do wrong, and what must not come of it: the handler is not called.
enum Fault: String, CaseIterable, CustomTestStringConvertible {
    case garbage = "no FastCGI at all"
    case wrongVersion = "another version of the protocol"
    case authorizer = "the role of an authorizer"
    case filter = "the role of a filter"
    case unknownRole = "a role that there is not"
    case onlyBegin = "nothing after FCGI_BEGIN_REQUEST"
    case halfHeader = "half a record header"
    case halfParameters = "half of the parameters"
    case halfBody = "half of the body"
    case abort = "FCGI_ABORT_REQUEST in the midst of the body"

    var testDescription: String { rawValue }

    var bytes: [UInt8] {
        let upToBody =
            Record.begin(keepsConnection: true) + Record.parameters(["REQUEST_METHOD": "POST"])
            + Record.bytes(.parameters)
        return switch self {
        case .garbage: Array("GET / HTTP/1.1\r\n\r\n".utf8)
        case .wrongVersion: [2] + Record.begin(keepsConnection: true).dropFirst()
        case .authorizer: Record.request(role: 2)
        case .filter: Record.request(role: 3)
        case .unknownRole: Record.request(role: 9)
        case .onlyBegin: Record.begin(keepsConnection: true)
        case .halfHeader: [1, 1, 0]
        case .halfParameters:
            Record.begin(keepsConnection: true) + Record.parameters(["REQUEST_METHOD": "POST"]).dropLast(3)
        case .halfBody: upToBody + Record.bytes(.stdin, Array("hello".utf8)).dropLast(2)
        case .abort: upToBody + Record.bytes(.stdin, Array("hello".utf8)) + Record.bytes(.abortRequest)
        }
    }
}

@Suite struct `A request that is printed` {
    @Test func `shows no value: the bearer is among them`() throws {
        let responder = try RunningResponder()
        let peer = try Peer(connectingTo: responder.path)
        peer.send(Record.request(["HTTP_AUTHORIZATION": "Bearer secret", "SCRIPT_NAME": "secret"], text: "secret"))
        #expect(peer.answer() != nil)
        let request = try #require(responder.received.first)
        #expect(request[.authorization] == Array("Bearer secret".utf8))
        var (printed, dumped) = ("", "")
        print(request, to: &printed)
        dump(request, to: &dumped)
        #expect(printed == "Request\n")
        #expect(dumped == "- Request\n")
        #expect(Mirror(reflecting: request).children.isEmpty)
        #expect(String(reflecting: request) == "Request")
        #expect(responder.stop())
    }
}

@Suite struct `The load of a responder` {
    @Test func `has the open connections, and the workers that are busy`() throws {
        let mayAnswer = Flag()
        let responder = try RunningResponder(handler: { _ in
            _ = RunningResponder.eventually { mayAnswer.isRaised }
            return Array("Status: 200 OK\r\n\r\n".utf8)
        })
        let load = responder.load
        do {
            let peers = try (0..<3).map { _ in try Peer(connectingTo: responder.path) }
            #expect(RunningResponder.eventually { load.connections == 3 })
            #expect(load.busyWorkers == 0)
            peers[0].send(Record.request())
            #expect(RunningResponder.eventually { load.busyWorkers == 1 })
            #expect(load.connections == 3)
            mayAnswer.raise()
            #expect(peers[0].answer() != nil)
            #expect(RunningResponder.eventually { load.busyWorkers == 0 })
            #expect(load.connections == 3)
        }
        #expect(RunningResponder.eventually { load.connections == 0 }, "closed by their peers")
        #expect(responder.stop())
    }
}

@Suite struct `A peer that does not keep to the protocol` {
    @Test(arguments: Fault.allCases)
    func `never reaches the handler, and the next one is served`(fault: Fault) throws {
        let responder = try RunningResponder()
        let wrong = try Peer(connectingTo: responder.path)
        wrong.send(fault.bytes)
        wrong.halfClose()
        while wrong.answer() != nil {}
        #expect(responder.received.isEmpty)

        let right = try Peer(connectingTo: responder.path)
        right.send(Record.request(text: "hello"))
        #expect(right.answer() == "Status: 200 OK\r\n\r\nhello")
        #expect(responder.stop())
    }

    @Test(arguments: [Fault.halfHeader, .onlyBegin, .halfParameters, .halfBody])
    func `is cut off when it stalls, four times as many as workers, and the next one is served`(fault: Fault) throws {
        var limits = Responder.Limits.patient
        limits.receiving = 500
        let responder = try RunningResponder(workers: 2, limits: limits)
        let stalled = try (0..<8).map { _ in try Peer(connectingTo: responder.path) }
        for peer in stalled { peer.send(fault.bytes) }
        let right = try Peer(connectingTo: responder.path)
        right.send(Record.request(text: "hello"))
        #expect(right.answer() == "Status: 200 OK\r\n\r\nhello")
        for peer in stalled { #expect(peer.isClosed()) }
        #expect(responder.received.count == 1)
        #expect(responder.stop())
    }

    @Test func `is cut off at the deadline when it sends a byte now and then`() throws {
        var limits = Responder.Limits.patient
        limits.receiving = 300
        let responder = try RunningResponder(limits: limits)
        let peer = try Peer(connectingTo: responder.path)
        let sent = Mutex(0)
        for byte in Record.request(text: "hello").dropLast() {
            peer.send([byte])
            sent.withLock { $0 += 1 }
            usleep(50_000)
            if responder.reported.contains(.deadlinePassed) { break }
        }
        #expect(responder.reported.contains(.deadlinePassed))
        #expect(responder.received.isEmpty)
        #expect(responder.stop())
    }

    @Test func `is closed when it connects and says nothing`() throws {
        var limits = Responder.Limits.patient
        limits.firstByte = 100
        let responder = try RunningResponder(limits: limits)
        let peer = try Peer(connectingTo: responder.path)
        #expect(peer.isClosed())
        #expect(responder.stop())
    }

    @Test func `is closed when it keeps a connection idle for too long`() throws {
        var limits = Responder.Limits.patient
        limits.idle = 100
        let responder = try RunningResponder(limits: limits)
        let peer = try Peer(connectingTo: responder.path)
        peer.send(Record.request())
        #expect(peer.answer() != nil)
        #expect(peer.isClosed())
        #expect(responder.stop())
    }
}

@Suite struct `A responder that stops` {
    @Test func `finishes the request that it is handling`() throws {
        let isHandling = Flag()
        let mayAnswer = Flag()
        let responder = try RunningResponder(handler: { _ in
            isHandling.raise()
            _ = RunningResponder.eventually { mayAnswer.isRaised }
            return Array("Status: 200 OK\r\n\r\nlate".utf8)
        })
        let peer = try Peer(connectingTo: responder.path)
        peer.send(Record.request())
        #expect(RunningResponder.eventually { isHandling.isRaised })
        responder.beginStop()
        usleep(100_000)
        mayAnswer.raise()
        #expect(peer.answer() == "Status: 200 OK\r\n\r\nlate")
        #expect(peer.isClosed(), "a kept connection ends with the responder")
        #expect(responder.stop())
    }

    @Test func `waits a moment for the request of a connection that it has just accepted`() throws {
        var limits = Responder.Limits.patient
        limits.grace = 10_000
        let responder = try RunningResponder(limits: limits)
        let peer = try Peer(connectingTo: responder.path)
        #expect(RunningResponder.eventually { responder.load.connections == 1 })
        responder.beginStop()
        usleep(100_000)
        peer.send(Record.request(text: "hello"))
        #expect(peer.answer() == "Status: 200 OK\r\n\r\nhello")
        #expect(peer.isClosed())
        #expect(responder.stop())
    }

    @Test func `waits for no connection that says nothing, nor for one that has had its answer`() throws {
        let responder = try RunningResponder()
        let (silent, idle) = (try Peer(connectingTo: responder.path), try Peer(connectingTo: responder.path))
        idle.send(Record.request())
        #expect(idle.answer() != nil)
        #expect(responder.stop())
        #expect(silent.isClosed())
        #expect(idle.isClosed())
    }

    @Test func `serves the backlog of its own socket, which has no process after it`() throws {
        let mayAnswer = Flag()
        let responder = try RunningResponder(
            workers: 1,
            handler: { request in
                _ = RunningResponder.eventually { mayAnswer.isRaised }
                return ResponseDocument.bytes(status: 200, reason: "OK", headers: [], body: request.body)
            }
        )
        // The one worker is busy, and so accepts nothing.
        let first = try Peer(connectingTo: responder.path)
        first.send(Record.request())
        #expect(RunningResponder.eventually { responder.received.count == 1 })
        let waiting = try (0..<20).map { _ in try Peer(connectingTo: responder.path) }
        for peer in waiting { peer.send(Record.request(text: "hello")) }
        responder.beginStop()
        #expect(RunningResponder.eventually { responder.load.connections == 21 })
        #expect(!ListeningSocket.hasListener(at: responder.path))
        mayAnswer.raise()
        for peer in waiting { #expect(peer.answer() == "Status: 200 OK\r\n\r\nhello") }
        #expect(responder.stop())
    }

    @Test func `ends although a worker hangs`() throws {
        let mayEnd = Flag()
        defer { mayEnd.raise() }
        var limits = Responder.Limits.patient
        (limits.receiving, limits.total) = (1000, 1500)
        let responder = try RunningResponder(
            limits: limits,
            handler: { _ in
                while !mayEnd.isRaised { usleep(10_000) }
                return []
            }
        )
        let peer = try Peer(connectingTo: responder.path)
        peer.send(Record.request())
        #expect(RunningResponder.eventually { responder.received.count == 1 })
        #expect(responder.stop())
        #expect(peer.isClosed())
    }

    @Test func `leaves an inherited socket listening for whoever comes next`() throws {
        let path = "/tmp/fastcgi-inherited-\(getpid())"
        let socket = try ListeningSocket(path: path, groups: [])
        let copy = dup(socket.descriptor)
        defer {
            close(copy)
            remove(path)
        }
        do {
            let responder = try Responder(
                listener: ListeningSocket(inheriting: fcntl(copy, F_DUPFD_CLOEXEC, 0)),
                peers: [geteuid()],
                workers: 1,
                maximumBody: 1,
                handler: { _ in [] },
                report: { _ in }
            )
            try responder.start()
            responder.stop()
        }
        _ = try Peer(connectingTo: path)
        #expect(ListeningSocket.hasListener(at: path))
    }
}
