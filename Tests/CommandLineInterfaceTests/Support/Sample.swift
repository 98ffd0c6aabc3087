import CommandLineInterface

/// A program of a library of books, with every kind of command and parameter.
struct Library: CommandGroup {
    static let name = "my-library"
    static let abstract = "Lends books to readers."
    static let discussion = "A book is lent once at a time."
    static let commands: [any Command.Type] = [Lend.self, Shelf.self]

    static let tree = CommandTree(Library.self, version: "1.2.3", manualSection: 1, synonyms: synonyms)

    /// One of them is the name of another command.
    static let synonyms = ["list": ["ls"], "add": ["new", "list"]]
}

struct Lend: Command, Equatable {
    static let name = "lend"
    static let abstract = "Lend a book."
    static let discussion = """
        The reader's card is checked first, with `card check`; a reader whose card has expired, or who has not paid \
        for a book that was lost, gets none.

        .A line that begins with a full stop is a line like any other.
        """
    static let examples = [
        "my-library lend 'Ulysses' ada --role adult --until 2026-12-24 --config ./the-name-of-a-file.yaml",
        "my-library lend ~/book.txt ada \\\n    --role child",
    ]

    let book: String
    let reader: String?
    let role: String
    let until: String?
    let config: String
    let json: Bool

    init(_ arguments: inout Arguments) {
        book = arguments.operand("book", "The book.")
        reader = arguments.operand("reader", "Who takes it; without one, the last one who came.")
        role = arguments.option("role", "role", "What the reader is [adult or child].")
        until = arguments.option("until", "time", "When it comes back: a date, or + and a number of days from today.")
        config = arguments.option("config", "file", "The library's rules.", default: "/etc/library.yaml")
        json = arguments.flag("json", "Print JSON.")
    }

    func validate() throws(UsageError) {
        guard role != "child" || until != nil else { throw UsageError("a child says until when: give --until") }
    }

    func run() {}
}

struct Shelf: CommandGroup {
    static let name = "shelf"
    static let abstract = "Add and list shelves."
    static let commands: [any Command.Type] = [Add.self, List.self]

    struct Add: Command, Equatable {
        static let name = "add"
        static let abstract = "Add a shelf."

        let name: String

        init(_ arguments: inout Arguments) {
            name = arguments.operand("name", "Its name.", default: "new")
        }

        func run() {}
    }

    struct List: Command {
        static let name = "list"
        static let abstract = "List all shelves."
        static let operandAdvice = "a list takes nothing"

        init(_ arguments: inout Arguments) {}

        func run() {}
    }
}

/// A program whose commands have an option in common.
struct Choir: CommandGroup {
    static let name = "choir"
    static let abstract = "Sings."
    static let commands: [any Command.Type] = [Sing.self, Rest.self]

    static let tree = CommandTree(Choir.self, version: "1", manualSection: 1)

    struct Sing: Command {
        static let name = "sing"
        static let abstract = "Sing."

        init(_ arguments: inout Arguments) {
            let _: String? = arguments.option("hall", "file", "The plan of the hall.")
            let _: String? = arguments.operand("song", "The song.")
        }

        func run() {}
    }

    struct Rest: Command {
        static let name = "rest"
        static let abstract = "Rest."

        init(_ arguments: inout Arguments) {
            let _: String? = arguments.option("hall", "file", "The plan of the hall.")
            let _: Bool = arguments.flag("loud", "Snore.")
        }

        func run() {}
    }
}

/// A program with a command that can be run, and has another below it.
struct Porter: CommandGroup {
    static let name = "porter"
    static let abstract = "Keeps the door."
    static let commands: [any Command.Type] = [Bar.self]

    static let tree = CommandTree(Porter.self, version: "1", manualSection: 1, synonyms: ["list": ["ls"]])

    struct Bar: Command {
        static let name = "bar"
        static let abstract = "Bar a guest."
        static let commands: [any Command.Type] = [List.self]

        let guest: String
        let door: String?

        init(_ arguments: inout Arguments) {
            guest = arguments.operand("guest", "The guest.")
            door = arguments.option("door", "door", "The door.")
        }

        func run() {}

        struct List: Command {
            static let name = "list"
            static let abstract = "List the guests."

            init(_ arguments: inout Arguments) {}

            func run() {}
        }
    }
}

/// The values of `lend`, to compare.
struct Lent: Equatable {
    var book = "b"
    var reader: String?
    var role = "adult"
    var until: String?
    var config = "/etc/library.yaml"
    var json = false
}

extension Lent {
    init(_ command: Lend) {
        self.init(
            book: command.book,
            reader: command.reader,
            role: command.role,
            until: command.until,
            config: command.config,
            json: command.json
        )
    }
}

/// What a command line came to.
enum Outcome: Equatable {
    case lent(Lent)
    case added(String)
    case listed
    case printed(String)
    case refused(String)

    init(_ words: [String]) {
        do {
            switch try Library.tree.request(words) {
            case .print(let text): self = .printed(text)
            case .run(let command as Lend): self = .lent(Lent(command))
            case .run(let command as Shelf.Add): self = .added(command.name)
            case .run: self = .listed
            }
        } catch {
            self = .refused(error.message)
        }
    }
}
