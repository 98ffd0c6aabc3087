import Daemon
import Glibc
import Testing

@testable import livekit_tokend

/// A folder that looks like `/proc`.
private struct Processes {
    let folder: Folder

    init() throws {
        folder = try Folder()
        try folder.write("stat", "cpu 1 2\nbtime 1000\nprocesses 7\n")
    }

    func add(
        _ number: Int,
        _ title: String,
        users: String,
        parent: Int = 1,
        program: String? = "/usr/sbin/nginx",
        ticks: Int = 0
    ) throws {
        let path = "\(number)"
        try folder.write("\(path)/cmdline", "\(title)\0\0\0")
        try folder.write(
            "\(path)/status",
            "Name:\tx\nPPid:\t\(parent)\nUid:\t\(users.replacing(" ", with: "\t"))\nGid:\t1\t1\t1\t1\n"
        )
        let fields = Array(repeating: "0", count: 18).joined(separator: " ")
        try folder.write("\(path)/stat", "\(number) (a) b) S \(fields) \(ticks) 0\n")
        if let program { try #require(unsafe symlink(program, "\(folder.path)/\(path)/exe") == 0) }
    }

    var host: Host { Host(processes: folder.path) }
}

@Suite struct `A worker of nginx` {
    @Test func `is one that root's nginx has started`() throws {
        let processes = try Processes()
        let second = Int(sysconf(Int32(_SC_CLK_TCK)))
        try processes.add(1, "/sbin/init", users: "0 0 0 0", program: "/usr/lib/systemd/systemd")
        try processes.add(20, "nginx: master process nginx -p /srv/x/ -c nginx.conf -e log", users: "0 0 0 0")
        try processes.add(21, "nginx: worker process", users: "33 33 33 33", parent: 20, ticks: 5 * second)
        try processes.add(22, "nginx: worker process is shutting down", users: "101 101 101 101", parent: 20)
        try processes.add(23, "nginx: cache manager process", users: "33 33 33 33", parent: 20)
        #expect(
            processes.host.nginxWorkers == [
                NginxWorker(user: 33, isOfRoot: true, startedAt: 1005, configuration: "/srv/x/nginx.conf")
            ]
        )
        #expect(Host(processes: "\(processes.folder.path)/missing").nginxWorkers.isEmpty)
    }

    /// Any user can give a process any title, and have a program of any name.
    @Test func `is not what calls itself one`() throws {
        let games = "5 5 5 5"
        let cases: [(String, String, String?, String?)] = [
            // The master: its title and users; the program of the master and of the worker.
            ("/sbin/init", "0 0 0 0", "/sbin/init", "/bin/sleep"),
            ("nginx: master process", games, "/home/games/nginx", "/home/games/nginx"),
            ("nginx: master process", "5 0 0 0", "/usr/sbin/nginx", "/usr/sbin/nginx"),
            ("nginx: master process", "0 0 0 0", "/usr/bin/sudo", "/usr/bin/sudo"),
            ("nginx: master process", "0 0 0 0", "/usr/sbin/nginx", "/home/games/nginx"),
            ("nginx: master process", "0 0 0 0", "/usr/sbin/nginx", nil),
            ("nginx: master process", "0 0 0 0", nil, nil),
        ]
        for (title, users, master, worker) in cases {
            let processes = try Processes()
            try processes.add(20, title, users: users, program: master)
            try processes.add(21, "nginx: worker process", users: games, parent: 20, program: worker)
            let workers = processes.host.nginxWorkers
            #expect(workers.map(\.user) == [5] && workers.map(\.isOfRoot) == [false], "\(title) \(users)")
            #expect(workers.first?.configuration == nil)
        }
    }

    @Test func `is one after nginx itself was upgraded`() throws {
        let processes = try Processes()
        try processes.add(20, "nginx: master process", users: "0 0 0 0", program: "/usr/sbin/nginx (deleted)")
        try processes.add(
            21,
            "nginx: worker process",
            users: "33 33 33 33",
            parent: 20,
            program: "/usr/sbin/nginx (deleted)"
        )
        #expect(processes.host.nginxWorkers.map(\.isOfRoot) == [true])
    }
}

@Suite struct `The configuration of nginx` {
    @Test(
        arguments: [
            ("user www-data;\nworker_processes auto;\n", "www-data"),
            ("# user x;\n  user\tnginx nginx; # why\n", "nginx"), ("user 'www-data';", "www-data"),
            ("username x;\n", nil), ("http { user x; }", nil), ("worker_processes 1;\n", nil), ("", nil),
        ] as [(String, String?)]
    )
    func `has the user of its workers`(_ text: String, _ user: String?) throws {
        let folder = try Folder()
        try folder.write("nginx.conf", text)
        #expect(NginxConfiguration("\(folder.path)/nginx.conf").user == user)
    }

    @Test func `has the servers of its upstreams, in whatever file they are`() throws {
        let folder = try Folder()
        try folder.write(
            "nginx.conf",
            "http {\n  log_format x '{\"a\": ${b}; }';\n  include sites-enabled/*;\n include missing.conf;\n}"
        )
        try folder.write("sites-enabled/a", "include snippets/http.conf;\nserver { listen 80; server_name x; }\n")
        try folder.write(
            "snippets/http.conf",
            "# upstream livekit_tokend { server unix:/no; }\nupstream livekit_tokend {\n    keepalive 512;\n"
                + "    server \"unix:/run/a b.sock\";\n}\nupstream other { server 127.0.0.1:9000 weight=5; }\n"
        )
        let configuration = NginxConfiguration("\(folder.path)/nginx.conf")
        #expect(
            configuration.upstreams == [
                "livekit_tokend": [.init(server: "unix:/run/a b.sock", place: "\(folder.path)/snippets/http.conf:4")],
                "other": [.init(server: "127.0.0.1:9000", place: "\(folder.path)/snippets/http.conf:6")],
            ]
        )
        #expect(
            configuration.files.map { $0.dropFirst(folder.path.count + 1) } == [
                "nginx.conf", "sites-enabled/a", "snippets/http.conf",
            ]
        )
        #expect(configuration.unreadable == ["\(folder.path)/missing.conf"])
    }

    @Test func `is read to an end where it includes itself`() throws {
        let folder = try Folder()
        try folder.write("nginx.conf", "events {\ninclude nginx.conf;\ninclude nginx.conf;\n")
        #expect(NginxConfiguration("\(folder.path)/nginx.conf").files.count <= 1_000)
    }
}

@Suite struct `A snippet in the site's folder` {
    @Test(arguments: [
        ("# moved\n\ninclude /usr/share/livekit-tokend/nginx/http.conf;\n", true), ("", false),
        ("include /usr/share/livekit-tokend/nginx/http.conf;\nlimit_conn x 1;\n", false),
        ("include other.conf;", false),
    ])
    func `is of this release if it includes ours and has nothing else`(text: String, isInclude: Bool) {
        #expect(Snippet.isInclude(text) == isInclude)
    }

    @Test func `is of an earlier release by what stands in it`() {
        #expect(
            Snippet.lacks(
                "limit_req_zone $http_authorization zone=a:10m rate=2r/s;\n# limit_req_zone $binary_remote_addr"
            )
                == ["a limit of each session, however its header is spelled"]
        )
        #expect(Snippet.lacks("map $http_authorization $livekit_session_key {\n}").isEmpty)
    }
}
