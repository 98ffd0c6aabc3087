/// A secret value, which no print, dump or interpolation shows.
package struct Redacted<Value: Sendable>: Sendable {
    package let value: Value

    package init(_ value: Value) {
        self.value = value
    }
}

extension Redacted: CustomStringConvertible, CustomReflectable {
    package var description: String { "redacted" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
