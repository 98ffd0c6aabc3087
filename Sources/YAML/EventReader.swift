import CYAML

/// Reads a document from libyaml's events: they come one by one, so that reading ends where a bound is passed.
@safe struct EventReader: ~Copyable {
    private typealias Name = UnsafeMutablePointer<yaml_char_t>
    private let source: SourceText
    /// Not copied by libyaml, which reads it for as long as it parses.
    private let input: UnsafeMutableBufferPointer<UInt8>
    /// Allocated, since libyaml keeps its address.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    /// What was read last; freed before the next.
    private var event = unsafe yaml_event_t()
    /// What an alias below stands for: of two anchors of one name the later (YAML 1.2 §3.2.2.2).
    private var anchors: [String: YAMLNode] = [:]
    private var count = 0
    /// The keys that lead to where the reader is; `?` for one that is a collection.
    private var path: [String] = []

    init(_ source: SourceText) {
        self.source = source
        unsafe input = .allocate(capacity: source.bytes.count)
        _ = unsafe input.initialize(from: source.bytes)
        unsafe parser = .allocate(capacity: 1)
        precondition(unsafe yaml_parser_initialize(parser) == 1, "there is no memory")
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        unsafe yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    }

    deinit {
        var event = unsafe event
        unsafe yaml_event_delete(&event)
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
        unsafe input.deallocate()
    }

    mutating func document() throws(YAMLError) -> YAMLNode? {
        var root: YAMLNode?
        while try next() != YAML_STREAM_END_EVENT {
            guard unsafe event.type == YAML_DOCUMENT_START_EVENT else { continue }
            guard root == nil else { throw YAMLError(kind: .secondDocument, line: line) }
            let tags = unsafe event.data.document_start.tag_directives
            guard unsafe tags.start == tags.end else { throw YAMLError(kind: .tag, line: line) }
            _ = try next()
            root = try node(level: 1)
        }
        return root
    }

    /// The node that begins with the event, at a level.
    private mutating func node(level: Int) throws(YAMLError) -> YAMLNode {
        let (line, data) = unsafe (line, event.data)
        let (content, anchor): (YAMLNode.Content, String?)
        switch unsafe event.type {
        case YAML_ALIAS_EVENT:
            let name = unsafe String(cString: data.alias.anchor)
            guard let target = anchors[name] else { throw YAMLError(kind: .undefinedAlias(name), line: line) }
            try enter(target, level: level)
            return YAMLNode(content: target.content, line: line)
        case YAML_SEQUENCE_START_EVENT:
            anchor = try unsafe enter(level, data.sequence_start.anchor, tag: data.sequence_start.tag)
            var elements: [YAMLNode] = []
            while try next() != YAML_SEQUENCE_END_EVENT { elements.append(try node(level: level + 1)) }
            content = .sequence(elements)
        case YAML_MAPPING_START_EVENT:
            anchor = try unsafe enter(level, data.mapping_start.anchor, tag: data.mapping_start.tag)
            content = .mapping(try pairs(level: level + 1))
        default:
            anchor = try unsafe enter(level, data.scalar.anchor, tag: data.scalar.tag)
            // By its length: an escaped NUL is a character of it.
            let bytes = unsafe UnsafeBufferPointer(start: data.scalar.value, count: data.scalar.length)
            let text = unsafe String(decoding: bytes, as: UTF8.self)
            let isPlain = unsafe data.scalar.style == YAML_PLAIN_SCALAR_STYLE
            if isPlain, SourceText.misusesNoBreakSpace(Array(text.unicodeScalars)) {
                let last = unsafe Int(event.end_mark.line) + 1
                throw YAMLError(kind: .noBreakSpace, line: source.misuse(in: line...last) ?? line)
            }
            content = .scalar(text, isPlain: isPlain)
        }
        let node = YAMLNode(content: content, line: line)
        if let anchor { anchors[anchor] = node }
        return node
    }

    private mutating func pairs(level: Int) throws(YAMLError) -> [(key: YAMLNode, value: YAMLNode)] {
        var (pairs, lines): ([(key: YAMLNode, value: YAMLNode)], [[UInt8]: Int]) = ([], [:])
        while try next() != YAML_MAPPING_END_EVENT {
            let key = try node(level: level)
            path.append("?")
            if case .scalar(let text, _) = key.content {
                if text.utf8.count > YAMLNode.maximumKeyLength { throw YAMLError(kind: .keyTooLong, line: key.line) }
                path[path.count - 1] = text
                if let line = lines.updateValue(key.line, forKey: Array(text.utf8)) {
                    throw YAMLError(kind: .duplicateKey(path), line: line)
                }
            }
            _ = try next()
            pairs.append((key, try node(level: level)))
            path.removeLast()
        }
        return pairs
    }

    /// Counts a node, and hands on its anchor.
    private mutating func enter(_ level: Int, _ anchor: Name? = nil, tag: Name? = nil) throws(YAMLError) -> String? {
        count += 1
        guard unsafe tag == nil else { throw YAMLError(kind: .tag, line: line) }
        guard level <= YAMLNode.maximumDepth else { throw YAMLError(kind: .tooDeep, line: line) }
        guard count <= YAMLNode.maximumCount else { throw YAMLError(kind: .tooManyNodes, line: line) }
        return unsafe anchor.map { unsafe String(cString: $0) }
    }

    /// Counts what an alias stands for.
    private mutating func enter(_ node: YAMLNode, level: Int) throws(YAMLError) {
        _ = try unsafe enter(level)
        switch node.content {
        case .scalar: break
        case .sequence(let elements): for element in elements { try enter(element, level: level + 1) }
        case .mapping(let pairs):
            for pair in pairs { for node in [pair.key, pair.value] { try enter(node, level: level + 1) } }
        }
    }

    private var line: Int { unsafe Int(event.start_mark.line) + 1 }

    private mutating func next() throws(YAMLError) -> yaml_event_type_t {
        unsafe yaml_event_delete(&event)
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw fault }
        return unsafe event.type
    }

    /// What libyaml stopped at, or its cause where that is white space that looks right.
    private var fault: YAMLError {
        guard let problem = unsafe parser.pointee.problem else { return YAMLError(kind: .outOfMemory, line: 1) }
        let (mark, context) = unsafe (parser.pointee.problem_mark, parser.pointee.context_mark)
        let line = Int(mark.line) + 1
        let start = source.line(line).prefix(Int(mark.column) + 1)
        let indents = start.last == "\t" && start.allSatisfy { [" ", "\t", "-", "?"].contains($0) }
        if indents { return YAMLError(kind: .tab, line: line) }
        // Where there is a context, what is wrong began there.
        let first = unsafe parser.pointee.context == nil ? line : min(Int(context.line) + 1, line)
        if let line = source.misuse(in: first...line) { return YAMLError(kind: .noBreakSpace, line: line) }
        return YAMLError(kind: .syntax(unsafe String(cString: problem)), line: line)
    }
}
