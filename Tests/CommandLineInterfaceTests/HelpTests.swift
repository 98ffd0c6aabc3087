import CommandLineInterface
import Testing

@Suite struct `Help` {
    @Test func `of a command says how it is used, what it does, with examples, and what it takes`() {
        #expect(
            Outcome(["help", "lend"])
                == .printed(
                    #"""
                    Lend a book.

                    Usage: my-library lend <book> [<reader>] --role <role> [--until <time>]
                               [--config <file>] [--json]

                    The reader's card is checked first, with `card check`; a reader whose card has
                    expired, or who has not paid for a book that was lost, gets none.

                    .A line that begins with a full stop is a line like any other.

                      my-library lend 'Ulysses' ada --role adult --until 2026-12-24 --config ./the-name-of-a-file.yaml
                      my-library lend ~/book.txt ada \
                          --role child

                    Arguments:
                      <book>           The book.
                      <reader>         Who takes it; without one, the last one who came.

                    Options:
                      --role <role>    What the reader is [adult or child].
                      --until <time>   When it comes back: a date, or + and a number of days from
                                       today.
                      --config <file>  The library's rules. (default: /etc/library.yaml)
                      --json           Print JSON.
                      --version        Show the version.
                      -h, --help       Show help information.

                    """#
                )
        )
    }

    @Test func `of a group lists its commands, and says where there is more`() {
        #expect(
            Outcome(["shelf"])
                == .printed(
                    """
                    Add and list shelves.

                    Usage: my-library shelf <subcommand>

                    Options:
                      --version   Show the version.
                      -h, --help  Show help information.

                    Subcommands:
                      add         Add a shelf.
                      list        List all shelves.

                    See 'my-library help shelf <subcommand>' for detailed help.

                    """
                )
        )
    }

    @Test func `gives a term that is too long for its column a line to itself`() {
        guard case .printed(let help) = Outcome(["help"]) else { return #expect(Bool(false), "no help") }
        #expect(
            help.contains(
                """
                  --generate-completion-script <bash|zsh|fish>
                                          Print completion.
                  --generate-man-page     Print a page for man.

                """
            )
        )
    }
}

@Suite struct `The manual page` {
    private let page: [String]

    init() throws {
        guard case .print(let text) = try Library.tree.request(["--generate-man-page"]) else {
            throw UsageError("no page")
        }
        page = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    }

    @Test func `begins with the program, and what it is for`() {
        #expect(
            page.prefix(10) == [
                #".TH MY\-LIBRARY 1 "" "my\-library 1.2.3""#, ".nh", ".SH NAME",
                #"my\-library \- lends books to readers"#,
                ".SH SYNOPSIS", #"\fBmy\-library\fR \fIcommand\fR [\fIarguments\fR]"#,
                ".SH DESCRIPTION", ".PP", "A book is lent once at a time.", ".SH COMMANDS",
            ]
        )
        #expect(page.last == "" && !page.dropLast().contains(""))
    }

    @Test func `has a section for each command`() {
        #expect(
            page.filter { $0.hasPrefix(".SS") } == [
                #".SS "lend""#, #".SS "shelf""#, #".SS "shelf add""#, #".SS "shelf list""#,
            ]
        )
        #expect(page.contains(#"\fBmy\-library shelf add\fR [\fIname\fR]"#))
    }

    @Test func `shows literals in bold, and dashes and apostrophes as they are typed`() throws {
        let start = try #require(page.firstIndex(of: #".SS "lend""#))
        let end = try #require(page.firstIndex(of: #".SS "shelf""#))
        #expect(
            page[start..<end] == [
                #".SS "lend""#,
                #"\fBmy\-library lend\fR \fIbook\fR [\fIreader\fR] \fB\-\-role\fR\ \fIrole\fR "#
                    + #"[\fB\-\-until\fR\ \fItime\fR] [\fB\-\-config\fR\ \fIfile\fR] [\fB\-\-json\fR]"#,
                ".PP", "Lend a book.", ".PP",
                #"The reader\(aqs card is checked first, with \fBcard check\fR; a reader whose card has expired, or "#
                    + "who has not paid for a book that was lost, gets none.",
                ".PP", #"\&.A line that begins with a full stop is a line like any other."#,
                ".PP", ".RS 4", ".nf",
                #"my\-library lend \(aqUlysses\(aq ada \-\-role adult \-\-until 2026\-12\-24 "#
                    + #"\-\-config ./the\-name\-of\-a\-file.yaml"#,
                #"my\-library lend \(ti/book.txt ada \e"#, #"    \-\-role child"#, ".fi", ".RE",
                ".TP", #"\fIbook\fR"#, "The book.",
                ".TP", #"\fIreader\fR"#, "Who takes it; without one, the last one who came.",
                ".TP", #"\fB\-\-role\fR\ \fIrole\fR"#, "What the reader is [adult or child].",
                ".TP", #"\fB\-\-until\fR\ \fItime\fR"#,
                "When it comes back: a date, or + and a number of days from today.",
                ".TP", #"\fB\-\-config\fR\ \fIfile\fR"#, #"The library\(aqs rules. Default: /etc/library.yaml."#,
                ".TP", #"\fB\-\-json\fR"#, "Print JSON.",
            ]
        )
    }

    @Test func `describes an option that all commands share once, among the program's`() throws {
        guard case .print(let text) = try Choir.tree.request(["--generate-man-page"]) else {
            throw UsageError("no page")
        }
        let page = text.split(separator: "\n").map { String($0) }
        let commands = try #require(page.firstIndex(of: ".SH COMMANDS"))
        #expect(
            page[commands...].prefix { !$0.contains("generate") } == [
                ".SH COMMANDS",
                #".SS "sing""#, #"\fBchoir sing\fR [\fIsong\fR]"#, ".PP", "Sing.",
                ".TP", #"\fIsong\fR"#, "The song.",
                ".SS \"rest\"", #"\fBchoir rest\fR [\fB\-\-loud\fR]"#, ".PP", "Rest.",
                ".TP", #"\fB\-\-loud\fR"#, "Snore.",
                ".SH OPTIONS", ".TP", #"\fB\-\-hall\fR\ \fIfile\fR"#, "The plan of the hall.", ".TP",
            ]
        )
    }
}
